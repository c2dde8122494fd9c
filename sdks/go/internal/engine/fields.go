package engine

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/feature-flag-platform/sdk/go/internal/values"
)

// fieldError is what is wrong with a document, by the path of the field.
type fieldError struct {
	field  string
	reason string
}

func (err *fieldError) Error() string {
	if err.field == "" {
		return err.reason
	}
	return err.field + ": " + err.reason
}

// reading is the reading of one entity. It remembers the first thing that is wrong; what is read after it doesn't matter.
type reading struct {
	err *fieldError
}

func (reading *reading) fail(path, form string, arguments ...any) {
	if reading.err == nil {
		reading.err = &fieldError{path, fmt.Sprintf(form, arguments...)}
	}
}

func at(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func indexed(path string, index int) string { return path + "[" + strconv.Itoa(index) + "]" }

// object is a JSON object that is being read.
type object struct {
	*reading
	members map[string]any
	path    string
}

func (reading *reading) object(value any, path string) object {
	members, ok := value.(map[string]any)
	if !ok {
		reading.fail(path, "must be an object")
	}
	return object{reading, members, path}
}

// refuseOthers fails if the object has a field that is none of the names: a typing error must not change a rule.
func (object object) refuseOthers(names ...string) {
	for name := range object.members {
		known := false
		for _, each := range names {
			known = known || each == name
		}
		if !known {
			object.fail(at(object.path, name), "is unknown here; known: %s", strings.Join(names, ", "))
		}
	}
}

// required is the member, which must be there and no null.
func (object object) required(name string) (any, string) {
	value, there := object.members[name]
	path := at(object.path, name)
	if !there {
		object.fail(path, "is missing")
	}
	return value, path
}

func (object object) text(name string) string {
	value, path := object.required(name)
	return object.asText(value, path)
}

func (reading *reading) asText(value any, path string) string {
	text, ok := value.(string)
	if !ok {
		reading.fail(path, "must be a string")
	}
	return text
}

// optionalText is nil where there is none.
func (object object) optionalText(name string) *string {
	value := object.members[name]
	if value == nil {
		return nil
	}
	text := object.asText(value, at(object.path, name))
	return &text
}

func (object object) flag(name string, otherwise bool) bool {
	value := object.members[name]
	if value == nil {
		return otherwise
	}
	held, ok := value.(bool)
	if !ok {
		object.fail(at(object.path, name), "must be true or false")
	}
	return held
}

func (object object) integer(name string) int64 {
	value, path := object.required(name)
	return object.asInteger(value, path)
}

// asInteger takes an integer of any size: a time further off than int64 reaches is as far off as that.
func (reading *reading) asInteger(value any, path string) int64 {
	literal, ok := value.(json.Number)
	if !ok || !values.IsIntegerLiteral(string(literal)) {
		reading.fail(path, "must be an integer")
		return 0
	}
	integer, err := strconv.ParseInt(string(literal), 10, 64)
	if err != nil && strings.HasPrefix(string(literal), "-") {
		return math.MinInt64
	}
	if err != nil {
		return math.MaxInt64
	}
	return integer
}

// optionalInteger is nil where there is none.
func (object object) optionalInteger(name string) *int64 {
	value := object.members[name]
	if value == nil {
		return nil
	}
	integer := object.asInteger(value, at(object.path, name))
	return &integer
}

func (object object) integerOr(name string, otherwise int64) int64 {
	if integer := object.optionalInteger(name); integer != nil {
		return *integer
	}
	return otherwise
}

func (object object) list(name string) ([]any, string) {
	value, path := object.required(name)
	return object.asList(value, path), path
}

func (reading *reading) asList(value any, path string) []any {
	elements, ok := value.([]any)
	if !ok {
		reading.fail(path, "must be a list")
	}
	return elements
}

// optionalList is empty where there is none.
func (object object) optionalList(name string) ([]any, string) {
	path := at(object.path, name)
	value := object.members[name]
	if value == nil {
		return nil, path
	}
	return object.asList(value, path), path
}

// optionalTexts is a list of texts.
func (object object) optionalTexts(name string) []string {
	elements, path := object.optionalList(name)
	if elements == nil {
		return nil
	}
	texts := make([]string, len(elements))
	for index, element := range elements {
		text, ok := element.(string)
		if !ok {
			object.fail(indexed(path, index), "must be a string")
		}
		texts[index] = text
	}
	return texts
}

// member is an object below this one.
func (object object) member(name string) object {
	value, path := object.required(name)
	return object.reading.object(value, path)
}

// plain is a JSON object as an answer has it; empty where there is none.
func (object object) plain(name string) map[string]any {
	value := object.members[name]
	if value == nil {
		return nil
	}
	members := object.reading.object(value, at(object.path, name)).members
	values.Decoded(members)
	return members
}
