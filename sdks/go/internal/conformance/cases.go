// Package conformance holds this engine to golden cases, and answers whole batches, for comparisons with other engines;
// tests/vectors/README.md describes the forms of cases.
package conformance

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/feature-flag-platform/sdk/go/internal/engine"
	"github.com/feature-flag-platform/sdk/go/internal/values"
)

// testCase is one golden case, member by member.
type testCase map[string]json.RawMessage

// Result is what was computed for a case. OK is nil where the case is of a form that SDKs don't evaluate, which Skipped names.
type Result struct {
	Computed any
	OK       *bool
	Skipped  string
}

// formsOfOthers are known by one member: what control plane, analytics and statistics are held to.
var formsOfOthers = []struct{ member, form string }{
	{"edges", "cycle"}, {"valid", "validity"}, {"metric", "aggregation"}, {"tolerance", "statistics"},
}

// has says whether there is such a member.
func (one testCase) has(name string) bool {
	_, there := one[name]
	return there
}

// run computes a case with the file's shared configs. The error is of a case that can't be computed.
func (one testCase) run(shared *configs) (Result, error) {
	for _, other := range formsOfOthers {
		if one.has(other.member) {
			return Result{Skipped: other.form}, nil
		}
	}
	switch {
	case one.has("bucket"):
		return one.bucket()
	case one.has("unit_of"):
		return one.unit()
	case one.has("config"):
		return one.evaluation(shared)
	case one.has("condition"):
		return one.condition()
	default:
		return Result{}, errors.New("a case needs one of bucket, unit_of, edges, valid, config or condition")
	}
}

func (one testCase) result(computed any, expected any) (Result, error) {
	ok := Same(computed, expected)
	return Result{Computed: computed, OK: &ok}, nil
}

// plain is a member as JSON with json.Number; nil where there is none.
func (one testCase) plain(name string) (any, error) {
	text, there := one[name]
	if !there {
		return nil, nil
	}
	value, err := plain(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return value, nil
}

func plain(text []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is something behind the JSON value")
	}
	return value, nil
}

func (one testCase) text(name string) (string, error) {
	value, err := one.plain(name)
	if err != nil {
		return "", err
	}
	text, ok := value.(string)
	if !ok {
		return "", fmt.Errorf("%s must be a text", name)
	}
	return text, nil
}

func (one testCase) now() (int64, error) {
	if !one.has("now") {
		return 0, nil
	}
	var now int64
	err := json.Unmarshal(one["now"], &now)
	return now, err
}

func (one testCase) bucket() (Result, error) {
	salt, saltErr := one.text("salt")
	key, keyErr := one.text("flag")
	unit, unitErr := one.text("unit")
	expected, err := one.plain("bucket")
	if err := errors.Join(saltErr, keyErr, unitErr, err); err != nil {
		return Result{}, err
	}
	return one.result(int64(values.Bucket(values.WellFormed(salt+key), unit)), expected)
}

func (one testCase) unit() (Result, error) {
	value, err := one.plain("unit_of")
	expected, expectedErr := one.plain("expected")
	if err := errors.Join(err, expectedErr); err != nil {
		return Result{}, err
	}
	if unit, ok := values.Unit(values.Normal(value)); ok {
		return one.result(unit, expected)
	}
	return one.result(nil, expected)
}

// configs are the documents that cases of one file share, each read when it is first asked for.
type configs struct {
	documents map[string]json.RawMessage
	sets      map[string]*engine.FlagSet
}

func (configs *configs) named(name string) (*engine.FlagSet, error) {
	if set := configs.sets[name]; set != nil {
		return set, nil
	}
	set, err := engine.FromDocument(configs.documents[name], nil)
	if err == nil {
		configs.sets[name] = set
	}
	return set, err
}

func (one testCase) set(shared *configs) (*engine.FlagSet, error) {
	if name, err := one.text("config"); err == nil {
		return shared.named(name)
	}
	return engine.FromDocument(one["config"], nil)
}

func (one testCase) evaluation(shared *configs) (Result, error) {
	set, err := one.set(shared)
	if err != nil {
		return Result{}, err
	}
	decision, err := one.decide(set)
	if err != nil {
		return Result{}, err
	}
	computed := decision.Document()
	for _, name := range []string{"flag", "version", "errorMessage"} {
		delete(computed, name)
	}
	told, err := one.plain("expected")
	if err != nil {
		return Result{}, err
	}
	expected := map[string]any{"value": nil, "variation": nil}
	members, _ := told.(map[string]any)
	for name, value := range members {
		expected[name] = value
	}
	return one.result(computed, expected)
}

func (one testCase) decide(set *engine.FlagSet) (*engine.Decision, error) {
	key, err := one.text("flag")
	context, contextErr := one.plain("context")
	now, nowErr := one.now()
	if err := errors.Join(err, contextErr, nowErr); err != nil {
		return nil, err
	}
	return set.EvaluateAny(key, context, now), nil
}

// Same says whether two JSON values are equal: numbers by their exact value, and true is not 1.
func Same(left, right any) bool {
	switch left := left.(type) {
	case map[string]any:
		right, ok := right.(map[string]any)
		if !ok || len(left) != len(right) {
			return false
		}
		for name, member := range left {
			other, there := right[name]
			if !there || !Same(member, other) {
				return false
			}
		}
		return true
	case []any:
		right, ok := right.([]any)
		if !ok || len(left) != len(right) {
			return false
		}
		for index, element := range left {
			if !Same(element, right[index]) {
				return false
			}
		}
		return true
	}
	if number, ok := values.NumberOf(left); ok {
		other, ok := values.NumberOf(right)
		order, comparable := number.Compare(other)
		return ok && comparable && order == 0
	}
	switch right.(type) {
	case map[string]any, []any:
		return false
	}
	return left == right
}
