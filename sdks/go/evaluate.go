package ff

import (
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/feature-flag-platform/sdk/go/internal/engine"
	"github.com/feature-flag-platform/sdk/go/internal/wall"
)

// kind is the type that a caller wants.
type kind string

const (
	anyKind     kind = ""
	booleanKind kind = "boolean"
	stringKind  kind = "string"
	integerKind kind = "integer"
	numberKind  kind = "number"
	objectKind  kind = "object"
)

// answer is a decision, with its value as its flag's type has it. flags is nil where nothing is held.
type answer struct {
	decision *engine.Decision
	value    any
	flags    *engine.FlagSet
}

func (a answer) info() (*engine.Info, bool) {
	if a.flags == nil {
		return nil, false
	}
	return a.flags.Flag(a.decision.Flag)
}

// decided is an evaluation that is counted, and told as an exposure where that is due.
func (c *Client) decided(flag string, user any, wanted kind) answer {
	subject, understood := c.read(user)
	defer subject.done()
	return c.decidedFor(flag, subject, understood, wanted)
}

func (c *Client) decidedFor(flag string, subject subject, understood bool, wanted kind) answer {
	now := time.Now()
	made := c.evaluated(flag, subject, understood, wanted, now)
	c.events.Count(made.decision, false)
	if c.config.Exposures == ExposeAutomatic {
		c.expose(made, subject, now)
	}
	return made
}

// evaluated is an evaluation that nobody is told of.
func (c *Client) evaluated(flag string, subject subject, understood bool, wanted kind, now time.Time) (made answer) {
	defer func() {
		if unforeseen := recover(); unforeseen != nil {
			made = failed(flag, engine.General, fmt.Sprint(unforeseen))
		}
	}()
	flags := c.follower.Flags()
	if flags == nil {
		return failed(flag, engine.ErrorCode(ProviderNotReady), "there is no configuration yet")
	}
	if !understood {
		return failed(flag, engine.InvalidContext, "a user is a text, a User or a map")
	}
	made = answer{decision: flags.Evaluate(flag, subject.context, wall.Milliseconds(now)), flags: flags}
	if made.decision.ErrorCode == "" {
		made.fit(wanted)
	}
	return made
}

func failed(flag string, code engine.ErrorCode, message string) answer {
	return answer{decision: &engine.Decision{Flag: flag, Reason: engine.Error, ErrorCode: code, ErrorMessage: message}}
}

// fit gives the value the type that is wanted, which is the flag's own; else the answer is TYPE_MISMATCH.
func (a *answer) fit(wanted kind) {
	actual := anyKind
	switch value := a.decision.Value.(type) {
	case bool:
		a.value, actual = value, booleanKind
	case string:
		a.value, actual = value, stringKind
	case map[string]any:
		a.value, actual = a.decision.Value, objectKind
	default:
		info, _ := a.info()
		actual = kind(info.Type)
		a.value = typed(a.decision.Value, actual)
		if wanted == numberKind && actual == integerKind {
			a.value, actual = asFloat(a.value), numberKind
		}
	}
	if wanted != anyKind && wanted != actual {
		a.mismatch(fmt.Sprintf("the flag is of type %s and not %s", actual, wanted))
	}
}

func (a *answer) mismatch(message string) {
	failure := failed(a.decision.Flag, engine.ErrorCode(TypeMismatch), message)
	failure.flags = a.flags
	*a = failure
}

// typed is a number as its flag's type wants it: `1` of type number as a float, `2.0` of type integer as an integer.
func typed(value any, actual kind) any {
	switch number := value.(type) {
	case int64:
		if actual == numberKind {
			return float64(number)
		}
	case float64:
		if actual == integerKind && number == math.Trunc(number) && math.Abs(number) < math.MaxInt64 {
			return int64(number)
		}
	case json.Number:
		if actual == numberKind {
			return asFloat(number)
		}
	}
	return value
}

func asFloat(value any) any {
	switch number := value.(type) {
	case int64:
		return float64(number)
	case json.Number:
		if float, err := number.Float64(); err == nil {
			return float
		}
	}
	return value
}

// expose tells the exposure of an answer where experiments or the flag ask for it.
func (c *Client) expose(a answer, subject subject, now time.Time) {
	if a.decision.ErrorCode != "" {
		return
	}
	info, known := a.info()
	if !known {
		return
	}
	if len(a.decision.Experiments) > 0 || info.ReportExposures ||
		info.Kind == engine.RemoteConfigKind && info.ExperimentUnderWay(wall.Milliseconds(now)) {
		c.tell(a, info, subject, now)
	}
}

func (c *Client) tell(a answer, info *engine.Info, subject subject, now time.Time) {
	environment := c.follower.Environment()
	c.events.Expose(subject.key(), a.decision, info.Version, subject.context, now,
		environment.ExposureAttributes, info.ExposureAttributes)
}
