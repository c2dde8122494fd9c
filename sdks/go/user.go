package ff

import (
	"encoding/json"
	"log/slog"
	"reflect"
	"sync"

	"github.com/feature-flag-platform/sdk/go/internal/values"
)

// User is whom an evaluation is for: the targeting key, and attributes for rules.
//
// An attribute is anything that JSON has a form of, as Go programs write it: texts, numbers of every type, truth values,
// time.Time (RFC 3339 text in UTC), slices, maps with string keys, and what has MarshalText. What has none, a function or
// a struct, is left out, and warned of once by its name. A `targetingKey` among the attributes is passed over: Key says it.
type User struct {
	Key        string
	Attributes map[string]any
}

// evaluationContext is what OpenFeature's EvaluationContext is.
type evaluationContext interface {
	TargetingKey() string
	Attributes() map[string]any
}

const targetingKey = "targetingKey"

// contexts are maps that evaluations lend each other.
var contexts = sync.Pool{New: func() any { return map[string]any{} }}

// subject is a user as the engine reads one. A lent context is given back by done.
type subject struct {
	context map[string]any
	lent    bool
}

func (s subject) done() {
	if s.lent {
		clear(s.context)
		contexts.Put(s.context)
	}
}

// key is the text of the targeting key, empty if there is none.
func (s subject) key() string {
	text, _ := values.Unit(values.Normal(s.context[targetingKey]))
	return text
}

// read makes a subject of what an application gives as a user; false for what is none.
func (c *Client) read(user any) (subject, bool) {
	switch user := user.(type) {
	case string:
		return lend(user, user, nil), true
	case User:
		return c.attributed(user.Key, user.Attributes), true
	case *User:
		if user == nil {
			return subject{}, true
		}
		return c.attributed(user.Key, user.Attributes), true
	case map[string]any:
		return c.mapped(user)
	case nil:
		return subject{}, true
	case evaluationContext:
		return c.attributed(user.TargetingKey(), user.Attributes()), true
	}
	return c.unusual(user)
}

// lend is a context of a key and attributes; boxed is the key as an interface holds it.
func lend(key string, boxed any, attributes map[string]any) subject {
	context := contexts.Get().(map[string]any)
	for name, value := range attributes {
		context[name] = value
	}
	if key != "" {
		context[targetingKey] = boxed
	} else {
		delete(context, targetingKey)
	}
	return subject{context, true}
}

func (c *Client) attributed(key string, attributes map[string]any) subject {
	c.warnings.look(attributes)
	return lend(key, key, attributes)
}

// mapped is `{"key": …, "attributes": {…}}`, whatever stands beside them, or an evaluation context with the targeting key
// beside the attributes.
func (c *Client) mapped(user map[string]any) (subject, bool) {
	if key, named := user["key"]; named {
		if _, isContext := user[targetingKey]; !isContext {
			attributes, _ := user["attributes"].(map[string]any)
			c.warnings.look(attributes)
			made := lend("", nil, attributes)
			made.context[targetingKey] = key
			return made, true
		}
	}
	c.warnings.look(user)
	return subject{context: user}, true
}

// unusual is a key of another type than string: a number, or a type of the application's own.
func (c *Client) unusual(user any) (subject, bool) {
	switch key := values.Normal(user).(type) {
	case nil, bool, []any:
		return subject{}, reflect.ValueOf(user).Kind() == reflect.Pointer && reflect.ValueOf(user).IsNil()
	case map[string]any:
		return c.mapped(key)
	default:
		made := lend("", nil, nil)
		made.context[targetingKey] = key
		return made, true
	}
}

// warningsMax is how many names are warned of.
const warningsMax = 1000

// warnings tells once of each attribute that can't be JSON.
type warnings struct {
	logger *slog.Logger
	// types are those that have been looked at: reflect.Type -> whether every value of one is JSON.
	types sync.Map

	mu   sync.Mutex
	told map[string]bool
}

func newWarnings(logger *slog.Logger) *warnings {
	return &warnings{logger: logger, told: map[string]bool{}}
}

// look looks at the outside of each attribute.
func (w *warnings) look(attributes map[string]any) {
	for name, value := range attributes {
		switch value.(type) {
		case string, bool, int, int64, float64, nil, json.Number, []any, map[string]any:
			continue
		}
		w.lookAt(name, value)
	}
}

func (w *warnings) lookAt(name string, value any) {
	kind := reflect.TypeOf(value)
	if _, known := w.types.Load(kind); known {
		return
	}
	if values.Normal(value) != nil || reflect.ValueOf(value).Kind() == reflect.Pointer {
		w.types.Store(kind, true)
		return
	}
	w.leftOut(name)
}

// leftOut warns of a name.
func (w *warnings) leftOut(name string) {
	w.mu.Lock()
	known := w.told[name] || len(w.told) >= warningsMax
	w.told[name] = true
	w.mu.Unlock()
	if !known {
		w.logger.Warn("what can't be JSON is left out", "name", name)
	}
}
