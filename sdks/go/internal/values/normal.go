// Package values holds what contexts and literals are made of: JSON values as Go programs write them, numbers, instants,
// versions, addresses, patterns and units, each with its exact order.
package values

import (
	"encoding"
	"encoding/json"
	"math"
	"math/big"
	"reflect"
	"strconv"
	"time"
)

// depthMax ends what contains itself.
const depthMax = 32

// Normal is the value as conditions read it: nil, a bool, a string, a number (NumberOf takes it), []any or map[string]any.
// Of a list or an object only the outside is looked at. A pointer is what it points to, a time is RFC 3339 text in UTC, and
// a value with MarshalText is that text. Nil stands for what can't be JSON, such as a function or a struct.
func Normal(value any) any {
	switch value.(type) {
	case nil, string, bool, float64, int, int64, []any, map[string]any, json.Number,
		int32, float32, uint, uint64, int16, int8, uint32, uint16, uint8:
		return value
	}
	return unusual(value)
}

func unusual(value any) any {
	switch value := value.(type) {
	case time.Time:
		return timeText(value)
	case *big.Int:
		if value == nil {
			return nil
		}
		return json.Number(value.String())
	case *big.Float:
		if value == nil {
			return nil
		}
		nearest, _ := value.Float64()
		return nearest
	case *big.Rat:
		if value == nil {
			return nil
		}
		nearest, _ := value.Float64()
		return nearest
	}
	reflected := reflect.ValueOf(value)
	if reflected.Kind() == reflect.Pointer {
		if reflected.IsNil() {
			return nil
		}
		if _, ok := reflected.Elem().Interface().(time.Time); ok || reflected.Elem().Kind() != reflect.Struct {
			return Normal(reflected.Elem().Interface())
		}
	}
	if marshaler, ok := value.(encoding.TextMarshaler); ok {
		text, err := marshaler.MarshalText()
		if err != nil {
			return nil
		}
		return string(text)
	}
	return byKind(reflected)
}

func timeText(moment time.Time) any {
	moment = moment.UTC()
	if moment.Year() < 0 || moment.Year() > 9999 {
		return nil
	}
	return moment.Format(time.RFC3339Nano)
}

func byKind(value reflect.Value) any {
	switch value.Kind() {
	case reflect.String:
		return value.String()
	case reflect.Bool:
		return value.Bool()
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return value.Int()
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return value.Uint()
	case reflect.Float32:
		return singleFloat(float32(value.Float()))
	case reflect.Float64:
		return value.Float()
	case reflect.Slice, reflect.Array:
		return list(value)
	case reflect.Map:
		return object(value)
	default:
		return nil
	}
}

// list is nil for bytes, which JSON has no form of.
func list(value reflect.Value) any {
	if value.Type().Elem().Kind() == reflect.Uint8 || value.Kind() == reflect.Slice && value.IsNil() {
		return nil
	}
	elements := make([]any, value.Len())
	for index := range elements {
		elements[index] = value.Index(index).Interface()
	}
	return elements
}

func object(value reflect.Value) any {
	if value.IsNil() || value.Type().Key().Kind() != reflect.String {
		return nil
	}
	members := make(map[string]any, value.Len())
	for entries := value.MapRange(); entries.Next(); {
		members[entries.Key().String()] = entries.Value().Interface()
	}
	return members
}

// JSON is the value as JSON all the way down: nil, bool, string, int64, float64, json.Number for what neither holds, []any and
// map[string]any, none of which is the caller's. What can't be JSON is left out of objects, and null in lists; `leftOut`, if
// it isn't nil, is told the path of each. NaN, infinities and what is nested too deep can't be JSON.
func JSON(value any, leftOut func(path string)) any {
	return deep(value, "", 0, leftOut)
}

func deep(value any, path string, depth int, leftOut func(string)) any {
	normal := Normal(value)
	if number, ok := NumberOf(normal); ok {
		if plain := number.json(normal); plain != nil {
			return plain
		}
		normal = nil
	} else if depth >= depthMax {
		switch normal.(type) {
		case []any, map[string]any:
			normal = nil
		}
	}
	switch normal := normal.(type) {
	case nil:
		if !isNull(value) && leftOut != nil {
			leftOut(path)
		}
		return nil
	case []any:
		elements := make([]any, len(normal))
		for index, element := range normal {
			elements[index] = deep(element, path+"["+strconv.Itoa(index)+"]", depth+1, leftOut)
		}
		return elements
	case map[string]any:
		members := make(map[string]any, len(normal))
		for name, member := range normal {
			below := name
			if path != "" {
				below = path + "." + name
			}
			if plain := deep(member, below, depth+1, leftOut); plain != nil || isNull(member) {
				members[name] = plain
			}
		}
		return members
	default:
		return normal
	}
}

// isNull tells what means null from what can't be JSON.
func isNull(value any) bool {
	if value == nil {
		return true
	}
	switch reflected := reflect.ValueOf(value); reflected.Kind() {
	case reflect.Pointer, reflect.Interface, reflect.Map, reflect.Slice:
		return reflected.IsNil()
	default:
		return false
	}
}

// json is nil for NaN and infinities.
func (number Number) json(written any) any {
	switch {
	case number.kind == integral:
		return number.integer
	case !number.IsFinite():
		return nil
	case number.kind == floating:
		if literal, ok := written.(json.Number); ok && IsIntegerLiteral(string(literal)) {
			return literal
		}
		if whole, ok := written.(uint64); ok {
			return json.Number(strconv.FormatUint(whole, 10))
		}
		return number.float
	default:
		return json.Number(number.large.String())
	}
}

// Decoded is a value of a JSON decoder that used json.Number: integers become int64 and fractions float64 all the way down,
// where they stand. What neither holds stays json.Number.
func Decoded(value any) any {
	switch value := value.(type) {
	case json.Number:
		if IsIntegerLiteral(string(value)) {
			if integer, err := strconv.ParseInt(string(value), 10, 64); err == nil {
				return integer
			}
			return value
		}
		if held, err := strconv.ParseFloat(string(value), 64); err == nil && !math.IsInf(held, 0) {
			return held
		}
	case []any:
		for index, element := range value {
			value[index] = Decoded(element)
		}
	case map[string]any:
		for name, member := range value {
			value[name] = Decoded(member)
		}
	}
	return value
}
