package ff

import (
	"fmt"
	"reflect"
	"time"

	"github.com/feature-flag-platform/sdk/go/internal/engine"
	"github.com/feature-flag-platform/sdk/go/internal/wall"
)

// IsEnabled is a boolean flag's value; false when it can't be told.
func (c *Client) IsEnabled(flag string, user any) bool { return c.Boolean(flag, user, false) }

// Boolean is a boolean flag's value, or the default.
func (c *Client) Boolean(flag string, user any, otherwise bool) bool {
	if value, ok := c.decided(flag, user, booleanKind).value.(bool); ok {
		return value
	}
	return otherwise
}

// String is a string flag's value, or the default.
func (c *Client) String(flag string, user any, otherwise string) string {
	if value, ok := c.decided(flag, user, stringKind).value.(string); ok {
		return value
	}
	return otherwise
}

// Integer is an integer flag's value, or the default.
func (c *Client) Integer(flag string, user any, otherwise int64) int64 {
	if value, ok := c.decided(flag, user, integerKind).value.(int64); ok {
		return value
	}
	return otherwise
}

// Number is the value of a number or integer flag, or the default.
func (c *Client) Number(flag string, user any, otherwise float64) float64 {
	if value, ok := c.decided(flag, user, numberKind).value.(float64); ok {
		return value
	}
	return otherwise
}

// Object is an object flag's value, or the default. Nobody changes it: others are given the same.
func (c *Client) Object(flag string, user any, otherwise map[string]any) map[string]any {
	if value, ok := c.decided(flag, user, objectKind).value.(map[string]any); ok {
		return value
	}
	return otherwise
}

// Variation is a flag's value in the default's own type; with nil as the default, of any type. An error says why it is the default.
func (c *Client) Variation(flag string, user, otherwise any) (any, error) {
	told := c.Detail(flag, user, otherwise)
	if told.ErrorCode != "" {
		return otherwise, &EvaluationError{flag, told.ErrorCode, told.ErrorMessage}
	}
	return told.Value, nil
}

// Detail is a flag's value in the default's own type, and why it is served; with nil as the default, of any type.
func (c *Client) Detail(flag string, user, otherwise any) Detail {
	subject, understood := c.read(user)
	defer subject.done()
	wanted, known := kindOf(otherwise)
	made := c.decidedFor(flag, subject, understood, wanted)
	if made.decision.ErrorCode == "" {
		value, ok := as(made.value, otherwise)
		if !ok || !known {
			made.mismatch(fmt.Sprintf("the value is none of %T", otherwise))
		}
		made.value = value
	}
	return c.detail(made, subject.context, otherwise)
}

// kindOf is the type of flags that a default stands for; false if it stands for none.
func kindOf(otherwise any) (kind, bool) {
	switch otherwise.(type) {
	case nil:
		return anyKind, true
	case map[string]any:
		return objectKind, true
	}
	switch reflect.TypeOf(otherwise).Kind() {
	case reflect.Bool:
		return booleanKind, true
	case reflect.String:
		return stringKind, true
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return integerKind, true
	case reflect.Float32, reflect.Float64:
		return numberKind, true
	default:
		return anyKind, false
	}
}

// as is a value in the default's own type; false if that can't hold it.
func as(value, otherwise any) (any, bool) {
	switch otherwise.(type) {
	case nil, bool, string, int64, float64, map[string]any:
		return value, true
	}
	made := reflect.New(reflect.TypeOf(otherwise)).Elem()
	switch value := value.(type) {
	case bool:
		made.SetBool(value)
	case string:
		made.SetString(value)
	case float64:
		made.SetFloat(value)
	case int64:
		if made.CanInt() {
			if made.OverflowInt(value) {
				return nil, false
			}
			made.SetInt(value)
			break
		}
		if value < 0 || made.OverflowUint(uint64(value)) {
			return nil, false
		}
		made.SetUint(uint64(value))
	default:
		return nil, false
	}
	return made.Interface(), true
}

// AllFlags are the details of each flag and remote config by key. None of it is an exposure.
func (c *Client) AllFlags(user any) map[string]Detail {
	subject, understood := c.read(user)
	defer subject.done()
	told := map[string]Detail{}
	flags := c.follower.Flags()
	if flags == nil {
		return told
	}
	now := time.Now()
	for _, key := range flags.Keys() {
		made := c.evaluated(key, subject, understood, anyKind, now)
		c.events.Count(made.decision, true)
		told[key] = c.detail(made, subject.context, nil)
	}
	return told
}

// Config is a remote config's object, or the default. Nobody changes it: others are given the same.
func (c *Client) Config(key string, user any, otherwise map[string]any) map[string]any {
	if flags := c.follower.Flags(); flags != nil {
		if info, known := flags.Flag(key); known && info.Kind != engine.RemoteConfigKind {
			c.events.Count(failed(key, engine.FlagNotFound, "").decision, false)
			return otherwise
		}
	}
	return c.Object(key, user, otherwise)
}

// Explain is the decision with the ordered trace of how it came about, the document that an edge gives. It is no exposure.
func (c *Client) Explain(flag string, user any) map[string]any {
	subject, understood := c.read(user)
	defer subject.done()
	flags := c.follower.Flags()
	if flags == nil || !understood {
		decision := c.evaluated(flag, subject, understood, anyKind, time.Now()).decision
		return map[string]any{
			"flag":         flag,
			"value":        nil,
			"variation":    nil,
			"reason":       string(decision.Reason),
			"errorCode":    string(decision.ErrorCode),
			"errorMessage": decision.ErrorMessage,
		}
	}
	return flags.Explain(flag, subject.context, wall.Milliseconds(time.Now()))
}
