package values

import (
	"encoding/json"
	"math"
	"math/big"
	"reflect"
	"slices"
	"testing"
	"time"
)

func TestNumbersCompareByTheirExactValue(t *testing.T) {
	wide := func(text string) json.Number { return json.Number(text) }
	for _, each := range []struct {
		left, right any
		order       int
	}{
		{1, 1.0, 0}, {int64(1<<53 + 1), float64(1 << 53), 1}, {int64(math.MaxInt64), float64(1 << 63), -1},
		{uint64(1 << 63), float64(1 << 63), 0}, {uint64(1<<63 + 1), float64(1 << 63), 1}, {wide("9223372036854775808"), uint64(1 << 63), 0},
		{wide("1e2"), 100, 0}, {wide("-0.0"), 0, 0}, {wide("100000000000000000000001"), 1e23, 1}, {math.Inf(1), wide("1" + string(make0(400))), 1},
		{float32(0.1), 0.1, 0}, {0.1, wide("0.1"), 0}, {int8(-1), uint8(1), -1}, {wide("5e-324"), 0, 1},
	} {
		left, leftOK := NumberOf(each.left)
		right, rightOK := NumberOf(each.right)
		order, comparable := left.Compare(right)
		if !leftOK || !rightOK || !comparable || order != each.order {
			t.Errorf("%v and %v: %d", each.left, each.right, order)
		}
		var set NumberSet
		set.Add(left)
		if set.Holds(right) != (each.order == 0) {
			t.Errorf("a set of %v and %v", each.left, each.right)
		}
	}
	for _, value := range []any{true, "1", nil, []any{1}, json.Number("x"), json.Number("")} {
		if number, ok := NumberOf(value); ok {
			t.Errorf("%#v is %v", value, number)
		}
	}
	if _, comparable := float(math.NaN()).Compare(Integer(1)); comparable {
		t.Error("NaN has an order")
	}
}

func make0(count int) []byte {
	zeros := make([]byte, count)
	for index := range zeros {
		zeros[index] = '0'
	}
	return zeros
}

func TestJSONIsPlainAllTheWayDownAndTellsWhatItLeavesOut(t *testing.T) {
	type named string
	loop := map[string]any{}
	loop["again"] = loop
	text := "x"
	for _, each := range []struct {
		value   any
		wanted  string
		leftOut []string
	}{
		{map[string]any{"a": int32(1), "b": []string{"x"}, "c": nil, "d": named("n")}, `{"a":1,"b":["x"],"c":null,"d":"n"}`, nil},
		{map[string]any{"f": func() {}, "s": struct{}{}, "l": []any{1, make(chan int)}}, `{"l":[1,null]}`, []string{"f", "l[1]", "s"}},
		{map[string]any{"n": math.NaN(), "i": []float64{math.Inf(1)}}, `{"i":[null]}`, []string{"i[0]", "n"}},
		{map[string]any{"p": &text, "q": (*string)(nil)}, `{"p":"x","q":null}`, nil},
		{time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC), `"2026-01-05T10:00:00Z"`, nil},
		{map[string]any{"t": time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC)}, `{}`, []string{"t"}},
		{[]any{uint64(math.MaxUint64), new(big.Int).Lsh(big.NewInt(1), 70), big.NewRat(1, 2), json.Number("2.50")},
			`[18446744073709551615,1180591620717411303424,0.5,2.5]`, nil},
	} {
		var left []string
		plain := JSON(each.value, func(path string) { left = append(left, path) })
		written, err := json.Marshal(plain)
		slices.Sort(left)
		if err != nil || string(written) != each.wanted || !slices.Equal(left, each.leftOut) {
			t.Errorf("%v: %s, left out %q, %v", each.value, written, left, err)
		}
	}
	deepest := 0
	for at, ok := JSON(loop, nil).(map[string]any), true; ok && at != nil; at, ok = at["again"].(map[string]any) {
		deepest++
	}
	if deepest != depthMax {
		t.Errorf("what contains itself ends after %d", deepest)
	}
}

func TestSurrogatesAreHashedAsEverywhere(t *testing.T) {
	for text, wanted := range map[string]string{
		"plain ☃":                    "plain ☃",
		"\xed\xa0\xbd\xed\xb8\x80":   "😀",
		"a\xed\xa0\xbdb":             "a\uFFFDb",
		"\xed\xb8\x80\xed\xa0\xbd":   "\uFFFD\uFFFD",
		"\xff\xfe":                   "\uFFFD\uFFFD",
		"\xed\xa0\xbd\xed\xa0\xbd\n": "\uFFFD\uFFFD\n",
	} {
		if found := WellFormed(text); found != wanted {
			t.Errorf("%q: %q", text, found)
		}
	}
}

func TestPercentagesAreHundredthsExactly(t *testing.T) {
	for text, wanted := range map[string]int{"0": 0, "33.33": 3333, "100": 10_000, "0.01": 1, "15.6": 1560, "99.99": 9999, "12.50": 1250, "1e1": 1000} {
		if found, reason := Hundredths(json.Number(text)); found != wanted || reason != "" {
			t.Errorf("%s: %d %s", text, found, reason)
		}
	}
	for text, wanted := range map[string]string{
		"33.333": "has more than two decimals", "-1": "must be between 0 and 100", "100.01": "must be between 0 and 100", "1e400": "must be a number of percent",
	} {
		if _, reason := Hundredths(json.Number(text)); reason != wanted {
			t.Errorf("%s: %q", text, reason)
		}
	}
	if _, reason := Hundredths("50"); reason == "" {
		t.Error("a text was taken")
	}
}

func TestAPatchChangesNeitherTargetNorPatch(t *testing.T) {
	target := map[string]any{"a": map[string]any{"b": 1, "c": 2}, "d": []any{1}}
	patch := map[string]any{"a": map[string]any{"b": nil, "e": map[string]any{"f": nil}}, "d": "x", "g": nil}
	result := Patched(target, patch)
	if wanted := any(map[string]any{"a": map[string]any{"c": 2, "e": map[string]any{}}, "d": "x"}); !reflect.DeepEqual(result, wanted) {
		t.Errorf("%v", result)
	}
	if len(target) != 2 || len(target["a"].(map[string]any)) != 2 || len(patch) != 3 {
		t.Errorf("%v, %v", target, patch)
	}
}

func TestClassesOfCharactersAreThoseOfRE2(t *testing.T) {
	for pattern, wanted := range map[string]bool{
		`\p{Greek}`: true, `\pL`: true, `\p{^Lu}`: true, `\p{Any}`: true, `\Q\p{Letter}\E`: true, `\\p{Letter}`: true, `\Q\p{Letter}`: true,
		`\p{Letter}`: false, `\p{greek}`: false, `[\p{Cn}]`: false, `\P{LC}`: false, `\Qx\E\p{Letter}`: false,
	} {
		if _, err := CompilePattern(pattern); (err == nil) != wanted {
			t.Errorf("%s: %v", pattern, err)
		}
	}
}
