package engine

import (
	"strings"

	"github.com/feature-flag-platform/sdk/go/internal/values"
)

const conditionDepthMax = 16

type conditionForm uint8

const (
	comparison conditionForm = iota
	allOf
	anyOf
	negation
	inSegment
)

// condition is whom something is for. `operator`, `attribute` and `literal` are those of a comparison, `segment` of a membership,
// `parts` of the others.
type condition struct {
	form      conditionForm
	attribute attribute
	operator  string
	literal   any
	segment   string
	parts     []*condition
	// passes is the operator's positive test, `negated` whether the comparison is its negation; `defect` says why there is none.
	passes  test
	negated bool
	defect  *fieldError
}

const conditionForms = "attribute, and, or, not or segment"

// condition reads the authoring form, and the older ones of docs/evaluation.md. An operator that isn't known is kept.
func (reading *reading) condition(value any, path string) *condition {
	return reading.conditionAt(value, path, 1)
}

func (reading *reading) conditionAt(value any, path string, depth int) *condition {
	if depth > conditionDepthMax {
		reading.fail(path, "conditions nest at most %d deep", conditionDepthMax)
		return nil
	}
	object := reading.object(value, path)
	if _, ok := object.members["attribute"]; ok {
		return object.comparison("attribute", "operator")
	}
	if _, ok := object.members["field"]; ok {
		return object.comparison("field", "op")
	}
	if object.members["operator"] == "in_segment" {
		object.refuseOthers("operator", "value")
		return object.segments(object.members["value"], at(path, "value"))
	}
	if len(object.members) != 1 {
		reading.fail(path, "must have exactly one of %s", conditionForms)
		return nil
	}
	for form, content := range object.members {
		return reading.joined(form, content, at(path, form), depth)
	}
	return nil
}

func (reading *reading) joined(form string, content any, path string, depth int) *condition {
	switch form {
	case "and", "or":
		elements := reading.asList(content, path)
		if len(elements) == 0 {
			reading.fail(path, "must not be empty")
		}
		joined := &condition{form: allOf, parts: make([]*condition, len(elements))}
		if form == "or" {
			joined.form = anyOf
		}
		for index, element := range elements {
			joined.parts[index] = reading.conditionAt(element, indexed(path, index), depth+1)
		}
		return joined
	case "not":
		return &condition{form: negation, parts: []*condition{reading.conditionAt(content, path, depth+1)}}
	case "segment":
		return &condition{form: inSegment, segment: reading.asText(content, path)}
	case "in_segment":
		return reading.segments(content, path)
	default:
		reading.fail(path, "is no condition; there are %s", conditionForms)
		return nil
	}
}

func (object object) comparison(attributeName, operatorName string) *condition {
	object.refuseOthers(attributeName, operatorName, "value")
	attribute, operator := object.text(attributeName), object.text(operatorName)
	literal, there := object.members["value"]
	path := at(object.path, "value")
	if operator == "in_segment" {
		return object.segments(literal, path)
	}
	read := &condition{form: comparison, attribute: attributeOf(attribute), operator: operator, literal: literal}
	if isPresence(operator) {
		if literal != nil && literal != true {
			object.fail(path, "%s takes no value", operator)
		}
		read.literal = nil
		return read
	}
	if !there {
		object.fail(path, "is missing")
	}
	read.prepare()
	return read
}

// prepare makes the test of a comparison, once for all functions that ask it.
func (condition *condition) prepare() {
	operator, known := operators[condition.operator]
	if !known {
		condition.defect = &fieldError{"operator", "unknown operator " + quoted(condition.operator)}
		return
	}
	passes, err := operator.prepare(condition.literal)
	if err != nil {
		condition.defect = &fieldError{"value", err.Error()}
		return
	}
	condition.passes, condition.negated = passes, operator.negated
}

// segments reads the older form in which a key or a list of keys is named.
func (reading *reading) segments(content any, path string) *condition {
	keys, isList := content.([]any)
	if !isList {
		return &condition{form: inSegment, segment: reading.asText(content, path)}
	}
	if len(keys) == 0 {
		reading.fail(path, "must not be empty")
	}
	joined := &condition{form: anyOf, parts: make([]*condition, len(keys))}
	for index, key := range keys {
		joined.parts[index] = &condition{form: inSegment, segment: reading.asText(key, indexed(path, index))}
	}
	if len(keys) == 1 {
		return joined.parts[0]
	}
	return joined
}

// segmentsIn are the keys of the segments that conditions name, at any depth, each once.
func segmentsIn(conditions ...*condition) []string {
	var keys []string
	known := map[string]struct{}{}
	var visit func(*condition)
	visit = func(condition *condition) {
		if condition.form == inSegment {
			if _, ok := known[condition.segment]; !ok {
				known[condition.segment] = struct{}{}
				keys = append(keys, condition.segment)
			}
		}
		for _, part := range condition.parts {
			visit(part)
		}
	}
	for _, condition := range conditions {
		if condition != nil {
			visit(condition)
		}
	}
	return keys
}

// attribute is the name of an attribute, and the path that it is where there is none of that name.
type attribute struct {
	name string
	path []string
}

const targetingKey = "targetingKey"

func attributeOf(name string) attribute {
	if strings.Contains(name, ".") {
		return attribute{name, strings.Split(name, ".")}
	}
	return attribute{name: name}
}

// of is the attribute's value as values.Normal gives it; nil if it is missing or null.
//
// It is looked up as written; only if there is no such attribute, the path is followed through objects.
func (attribute *attribute) of(context map[string]any) any {
	value, there := context[attribute.name]
	if !there && attribute.path != nil {
		value = follow(context, attribute.path)
	}
	switch value.(type) {
	case string, nil, float64, int, bool:
		return value
	}
	return values.Normal(value)
}

func follow(members map[string]any, path []string) any {
	last := len(path) - 1
	for _, step := range path[:last] {
		below, ok := values.Normal(members[step]).(map[string]any)
		if !ok {
			return nil
		}
		members = below
	}
	return members[path[last]]
}
