package events

import (
	"strings"

	"github.com/feature-flag-platform/sdk/go/internal/engine"
	"github.com/feature-flag-platform/sdk/go/internal/values"
)

// UnitOf is the text of the randomised unit of a decision, empty where it is the user.
func UnitOf(decision *engine.Decision, context map[string]any) string {
	if decision.BucketBy == "" {
		return ""
	}
	unit, _ := values.Unit(lookup(context, decision.BucketBy))
	return unit
}

// lookup is an attribute by its name, or by its path through objects, as plain JSON; nil if it isn't there.
func lookup(context map[string]any, name string) any {
	if value, flat := context[name]; flat {
		return values.JSON(value, nil)
	}
	var value any = context
	for step := range strings.SplitSeq(name, ".") {
		object, ok := values.Normal(value).(map[string]any)
		if !ok {
			return nil
		}
		value = object[step]
	}
	return values.JSON(value, nil)
}
