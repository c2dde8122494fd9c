package values

import (
	"encoding/json"
	"math"
	"math/big"
	"strconv"
	"strings"
)

type numberKind uint8

const (
	integral numberKind = iota
	floating
	large
)

// Number is a number by its exact value: 1 and 1.0 are the same one, and 2^53 and 2^53 + 1 are two.
//
// An integer that an int64 holds is kept as that; else what a float64 holds exactly as that; the rest are integers of any size.
type Number struct {
	kind    numberKind
	integer int64
	float   float64
	large   *big.Int
}

// Integer is the number of an integer.
func Integer(value int64) Number { return Number{integer: value} }

const int64Bound = float64(1 << 63)

func float(value float64) Number {
	if value >= -int64Bound && value < int64Bound {
		if integer := int64(value); float64(integer) == value {
			return Integer(integer)
		}
	}
	return Number{kind: floating, float: value}
}

func largeInteger(value *big.Int) Number {
	if value.IsInt64() {
		return Integer(value.Int64())
	}
	if held, accuracy := new(big.Float).SetInt(value).Float64(); accuracy == big.Exact {
		return Number{kind: floating, float: held}
	}
	return Number{kind: large, large: value}
}

func unsigned(value uint64) Number {
	if value <= math.MaxInt64 {
		return Integer(int64(value))
	}
	return largeInteger(new(big.Int).SetUint64(value))
}

// singleFloat takes a float32 as its shortest decimal digits say, which is what people mean and JSON has.
func singleFloat(value float32) float64 {
	var space [32]byte
	double, err := strconv.ParseFloat(string(strconv.AppendFloat(space[:0], float64(value), 'g', -1, 32)), 64)
	if err != nil {
		return float64(value)
	}
	return double
}

// IsIntegerLiteral says whether JSON writes it without fraction and exponent.
func IsIntegerLiteral(text string) bool { return !strings.ContainsAny(text, ".eE") }

func literalNumber(text string) (Number, bool) {
	if IsIntegerLiteral(text) {
		if integer, err := strconv.ParseInt(text, 10, 64); err == nil {
			return Integer(integer), true
		}
		value, ok := new(big.Int).SetString(text, 10)
		if !ok {
			return Number{}, false
		}
		return largeInteger(value), true
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil && !math.IsInf(value, 0) {
		return Number{}, false
	}
	return float(value), true
}

// NumberOf is the number that a value is; false for what is none, such as a boolean.
func NumberOf(value any) (Number, bool) {
	switch value := value.(type) {
	case float64:
		return float(value), true
	case int:
		return Integer(int64(value)), true
	case int64:
		return Integer(value), true
	case json.Number:
		return literalNumber(string(value))
	case int32:
		return Integer(int64(value)), true
	case float32:
		return float(singleFloat(value)), true
	case uint:
		return unsigned(uint64(value)), true
	case uint64:
		return unsigned(value), true
	case int16:
		return Integer(int64(value)), true
	case int8:
		return Integer(int64(value)), true
	case uint32:
		return Integer(int64(value)), true
	case uint16:
		return Integer(int64(value)), true
	case uint8:
		return Integer(int64(value)), true
	}
	return Number{}, false
}

// IsFinite is false for NaN and the infinities.
func (number Number) IsFinite() bool {
	return number.kind != floating || !math.IsNaN(number.float) && !math.IsInf(number.float, 0)
}

// Int64 is the integer, if it is one that an int64 holds.
func (number Number) Int64() (int64, bool) { return number.integer, number.kind == integral }

// Float64 is the nearest float; infinite where none is near.
func (number Number) Float64() float64 {
	switch number.kind {
	case integral:
		return float64(number.integer)
	case floating:
		return number.float
	default:
		nearest, _ := new(big.Float).SetInt(number.large).Float64()
		return nearest
	}
}

// Compare is -1, 0 or 1, and false where NaN has no order.
func (number Number) Compare(other Number) (int, bool) {
	if number.kind == integral && other.kind == integral {
		return compare(number.integer, other.integer), true
	}
	if math.IsNaN(number.float) || math.IsNaN(other.float) {
		return 0, false
	}
	if number.kind == floating && other.kind == floating {
		return compare(number.float, other.float), true
	}
	return number.exact().Cmp(other.exact()), true
}

func (number Number) exact() *big.Float {
	switch number.kind {
	case integral:
		return new(big.Float).SetInt64(number.integer)
	case floating:
		return new(big.Float).SetFloat64(number.float)
	default:
		return new(big.Float).SetInt(number.large)
	}
}

func compare[T int64 | float64 | int](left, right T) int {
	switch {
	case left < right:
		return -1
	case left > right:
		return 1
	default:
		return 0
	}
}

// NumberSet is a set of numbers by their exact values.
type NumberSet struct {
	small  map[Number]struct{}
	others []*big.Int
}

// Add puts a number in.
func (set *NumberSet) Add(number Number) {
	if number.kind == large {
		set.others = append(set.others, number.large)
		return
	}
	if set.small == nil {
		set.small = map[Number]struct{}{}
	}
	set.small[number] = struct{}{}
}

// Holds says whether an equal number is in it.
func (set *NumberSet) Holds(number Number) bool {
	if number.kind != large {
		_, found := set.small[number]
		return found
	}
	for _, other := range set.others {
		if other.Cmp(number.large) == 0 {
			return true
		}
	}
	return false
}
