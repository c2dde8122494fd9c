package engine

import (
	"encoding/json"
	"math"
	"sort"
	"strconv"

	"github.com/feature-flag-platform/sdk/go/internal/values"
)

const (
	booleanType = "boolean"
	stringType  = "string"
	integerType = "integer"
	numberType  = "number"
	objectType  = "object"
)

var flagTypes = map[string]string{
	booleanType: "true or false",
	stringType:  "a string",
	integerType: "an integer between -9007199254740991 and 9007199254740991",
	numberType:  "a number",
	objectType:  "an object or a list",
}

func readFlag(document object) *flag {
	kind := document.text("type")
	if _, known := flagTypes[kind]; !known {
		document.fail(at(document.path, "type"), "must be one of boolean, string, integer, number, object")
	}
	variations := document.member("variations")
	return &flag{
		kind:               kind,
		variations:         variations.members,
		order:              sortedKeys(variations.members),
		offVariation:       document.text("off_variation"),
		fallback:           document.member("default").serve(),
		enabled:            document.flag("enabled", true),
		archived:           document.flag("archived", false),
		clientVisible:      document.flag("client_visible", false),
		reportExposures:    document.flag("report_exposures", false),
		prerequisites:      document.prerequisites(),
		targets:            document.targets(),
		rules:              document.rules(variations.members),
		version:            document.integerOr("version", 0),
		metadata:           document.metadata(),
		exposureAttributes: document.optionalTexts("exposure_attributes"),
	}
}

func sortedKeys[Value any](table map[string]Value) []string {
	keys := make([]string, 0, len(table))
	for key := range table {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}

// metadata reads texts, numbers and booleans by name.
func (object object) metadata() map[string]any {
	notes := object.plain("metadata")
	for _, name := range sortedKeys(notes) {
		switch notes[name].(type) {
		case string, bool, int64, float64, json.Number:
		default:
			object.fail(at(at(object.path, "metadata"), name), "must be a text, a number or a boolean")
		}
	}
	return notes
}

func (object object) prerequisites() []prerequisite {
	elements, path := object.optionalList("prerequisites")
	prerequisites := make([]prerequisite, len(elements))
	for index, element := range elements {
		one := object.reading.object(element, indexed(path, index))
		prerequisites[index] = prerequisite{one.text("flag"), one.text("variation")}
	}
	return prerequisites
}

func (object object) targets() []target {
	elements, path := object.optionalList("targets")
	targets := make([]target, len(elements))
	for index, element := range elements {
		one := object.reading.object(element, indexed(path, index))
		targets[index] = target{one.text("key"), one.text("variation"), one.optionalInteger("expires_at"), one.flag("override", false)}
	}
	return targets
}

func (object object) rules(variations map[string]any) []rule {
	elements, path := object.optionalList("rules")
	rules := make([]rule, len(elements))
	for index, element := range elements {
		rules[index] = object.reading.object(element, indexed(path, index)).rule(index, variations)
	}
	return rules
}

// rule reads the rule at `index`, whose id comes from its index if it has none. The form {field, op, value, enabled} of older
// clients serves the variation whose value is `enabled`.
func (object object) rule(index int, variations map[string]any) rule {
	read := rule{id: "rule-" + strconv.Itoa(index+1)}
	if id := object.optionalText("id"); id != nil {
		read.id = *id
	}
	if description := object.optionalText("description"); description != nil {
		read.description = *description
	}
	if _, isSimple := object.members["field"]; isSimple {
		object.refuseOthers("id", "description", "field", "op", "value", "enabled")
		comparison := map[string]any{}
		for _, name := range []string{"field", "op", "value"} {
			if value, there := object.members[name]; there {
				comparison[name] = value
			}
		}
		read.when = object.condition(comparison, object.path)
		read.serve = serve{variation: object.variationOf(object.flag("enabled", true), variations)}
		return read
	}
	object.refuseOthers("id", "description", "if", "then")
	when, path := object.required("if")
	read.when = object.condition(when, path)
	read.serve = object.member("then").serve()
	return read
}

func (object object) variationOf(enabled bool, variations map[string]any) string {
	for _, key := range sortedKeys(variations) {
		if variations[key] == enabled {
			return key
		}
	}
	object.fail(at(object.path, "enabled"), "no variation of the flag has this value")
	return ""
}

const integerMax = 1<<53 - 1

// served is a variation's value as the flag's type says it: an integer is int64, a number float64. False for a value of
// another type.
func served(kind string, value any) (any, bool) {
	switch kind {
	case booleanType:
		_, ok := value.(bool)
		return value, ok
	case stringType:
		_, ok := value.(string)
		return value, ok
	case objectType:
		switch value.(type) {
		case []any, map[string]any:
			return values.Decoded(value), true
		}
		return nil, false
	}
	number, ok := values.NumberOf(value)
	if !ok {
		return nil, false
	}
	if kind == integerType {
		integer, ok := number.Int64()
		return integer, ok && integer >= -integerMax && integer <= integerMax
	}
	held := number.Float64()
	return held, !math.IsInf(held, 0) && !math.IsNaN(held)
}
