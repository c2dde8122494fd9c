package engine

import (
	"encoding/json"
	"fmt"
	"testing"
)

// measuredSet has flags of three rules with two conditions each, one of them a segment of four, and a rollout; the measured
// context passes the first two rules and is split by the third.
func measuredSet(tb testing.TB, count int) *FlagSet {
	tb.Helper()
	set, err := FromDocument(measuredDocument(tb, count), nil)
	if err != nil {
		tb.Fatal(err)
	}
	return set
}

func measuredDocument(tb testing.TB, count int) []byte {
	tb.Helper()
	is := func(attribute, operator string, value any) any {
		return map[string]any{"attribute": attribute, "operator": operator, "value": value}
	}
	rule := func(then any, conditions ...any) any {
		return map[string]any{"if": map[string]any{"and": conditions}, "then": then}
	}
	on := map[string]any{"variation": "on"}
	halves := map[string]any{"rollout": map[string]any{"variations": []any{
		map[string]any{"key": "on", "weight": 50}, map[string]any{"key": "off", "weight": 50}}}}
	flags := map[string]any{}
	for number := range count {
		flags[fmt.Sprintf("flag-%d", number)] = map[string]any{
			"type": "boolean", "variations": map[string]any{"on": true, "off": false}, "off_variation": "off",
			"default": map[string]any{"variation": "off"}, "version": number,
			"rules": []any{
				rule(on, is("country", "in", []any{"US", "DE", fmt.Sprintf("X%d", number)}), is("plan", "eq", "pro")),
				rule(on, is("age", "gte", 18), map[string]any{"segment": "beta"}),
				rule(halves, is("email", "ends_with", "@example.com"), is("version", "semver_gte", "1.2.0")),
			},
		}
	}
	document, err := json.Marshal(map[string]any{"salt": "benchmark-salt", "version": 1, "flags": flags, "segments": map[string]any{
		"beta": map[string]any{"if": map[string]any{"and": []any{
			is("country", "eq", "US"), is("plan", "ne", "free"), is("age", "gt", 18), is("email", "contains", "+")}}}}})
	if err != nil {
		tb.Fatal(err)
	}
	return document
}

func measuredContext() map[string]any {
	return map[string]any{
		"targetingKey": "user-123456", "country": "US", "plan": "team", "age": 31, "email": "bob@example.com", "version": "1.3.0",
	}
}

func BenchmarkSplit(b *testing.B) {
	set, context := measuredSet(b, 50), measuredContext()
	b.ReportAllocs()
	for b.Loop() {
		set.Evaluate("flag-7", context, 1)
	}
}

func BenchmarkSplitInParallel(b *testing.B) {
	set := measuredSet(b, 50)
	b.ReportAllocs()
	b.RunParallel(func(loop *testing.PB) {
		context := measuredContext()
		for loop.Next() {
			set.Evaluate("flag-7", context, 1)
		}
	})
}

func BenchmarkTenThousandFlagsAreRead(b *testing.B) {
	document := measuredDocument(b, 10_000)
	b.ReportAllocs()
	b.SetBytes(int64(len(document)))
	for b.Loop() {
		if _, err := FromDocument(document, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAnEditAmongTenThousandFlags(b *testing.B) {
	set := measuredSet(b, 10_000)
	change := []byte(`{"version": 2, "flags": {"flag-7": {"type": "boolean", "variations": {"on": true}, "off_variation": "on", "default": {"variation": "on"}}}}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := set.With(change); err != nil {
			b.Fatal(err)
		}
	}
}
