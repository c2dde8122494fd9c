package ff

import (
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/feature-flag-platform/sdk/go/internal/engine"
	"github.com/feature-flag-platform/sdk/go/internal/events"
)

// Reason is why a value was served.
type Reason string

// The values of Reason.
const (
	ReasonStatic         Reason = "STATIC"
	ReasonDefault        Reason = "DEFAULT"
	ReasonTargetingMatch Reason = "TARGETING_MATCH"
	ReasonSplit          Reason = "SPLIT"
	ReasonDisabled       Reason = "DISABLED"
	ReasonError          Reason = "ERROR"
)

// ErrorCode is why an evaluation gave the default; empty: it did not.
type ErrorCode string

// The values of ErrorCode.
const (
	FlagNotFound        ErrorCode = "FLAG_NOT_FOUND"
	ParseError          ErrorCode = "PARSE_ERROR"
	TypeMismatch        ErrorCode = "TYPE_MISMATCH"
	TargetingKeyMissing ErrorCode = "TARGETING_KEY_MISSING"
	InvalidContext      ErrorCode = "INVALID_CONTEXT"
	ProviderNotReady    ErrorCode = "PROVIDER_NOT_READY"
	General             ErrorCode = "GENERAL"
)

// Phase is an experiment, by its key, in one of its phases.
type Phase struct {
	Key   string `json:"key"`
	Phase int64  `json:"phase"`
}

// Detail is a value, and why it is served. Nobody changes what is in it: others are given the same.
type Detail struct {
	Flag string
	// Value is the flag's, or with an error the default: bool, string, int64 (integer), float64 (number) or
	// map[string]any (object), in which numbers are int64, float64, or json.Number for what neither holds.
	Value any
	// Variant is the key of the variation, empty with an error.
	Variant      string
	Reason       Reason
	ErrorCode    ErrorCode
	ErrorMessage string
	// Version is the config version of the last change of anything that the answer depends on.
	Version int64
	// Experiments are those that the user takes part in; Experiment is the first one's key.
	Experiment  string
	Experiments []Phase
	// Metadata is the flag's own, and what an edge's answer tells beside it; nothing with an error.
	Metadata map[string]any
}

// EvaluationError is why an evaluation gave the default.
type EvaluationError struct {
	Flag    string
	Code    ErrorCode
	Message string
}

func (e *EvaluationError) Error() string {
	return fmt.Sprintf("flag %s: %s: %s", e.Flag, e.Code, e.Message)
}

// confirmedLately is how long ago a confirmation may be for an age of 0.
const confirmedLately = 10 * time.Second

// detail tells an answer to who is asked for; fallback is given where there is none.
func (c *Client) detail(a answer, context map[string]any, fallback any) Detail {
	decision := a.decision
	told := Detail{
		Flag:         decision.Flag,
		Value:        a.value,
		Variant:      decision.Variation,
		Reason:       Reason(decision.Reason),
		ErrorCode:    ErrorCode(decision.ErrorCode),
		ErrorMessage: decision.ErrorMessage,
		Version:      decision.Version,
		Experiment:   decision.Experiment(),
	}
	if decision.ErrorCode != "" {
		told.Value = fallback
	}
	for _, each := range decision.Experiments {
		told.Experiments = append(told.Experiments, Phase(each))
	}
	if info, known := a.info(); known {
		told.Version = info.Version
		if decision.ErrorCode == "" {
			told.Metadata = c.metadata(decision, info, context)
		}
	}
	return told
}

// metadata is what an edge's answer tells beside the value.
func (c *Client) metadata(decision *engine.Decision, info *engine.Info, context map[string]any) map[string]any {
	environment := c.follower.Environment()
	told := make(map[string]any, len(info.Metadata)+6)
	maps.Copy(told, info.Metadata)
	told["version"] = strconv.FormatInt(info.Version, 10)
	told["ageSeconds"] = c.ageSeconds()
	if environment.Environment != "" {
		told["flagSetId"] = environment.Project + "/" + environment.Environment
	}
	if experiment := decision.Experiment(); experiment != "" {
		told["experiment"] = experiment
	}
	if info.HasExperiments {
		told["experiments"] = phases(decision.Experiments)
	}
	if decision.Prerequisite != "" {
		told["prerequisite"] = decision.Prerequisite
	}
	if decision.Override {
		told["override"] = true
	}
	if decision.Split != "" {
		told["split"] = decision.Split
	}
	if unit := events.UnitOf(decision, context); unit != "" {
		told["unitKey"] = unit
	}
	if decision.Applied != nil {
		told["overrides"] = strings.Join(decision.Applied, ",")
	}
	if decision.InvalidCombination {
		told["invalid_combination"] = true
	}
	return told
}

func phases(experiments []engine.Phase) string {
	texts := make([]string, len(experiments))
	for i, each := range experiments {
		texts[i] = each.Key + ":" + strconv.FormatInt(each.Phase, 10)
	}
	return strings.Join(texts, ",")
}

// ageSeconds is 0 while the configuration was confirmed lately, and then how long ago it was.
func (c *Client) ageSeconds() int64 {
	confirmed := c.follower.Standing().Confirmed
	if confirmed.IsZero() || time.Since(confirmed) < confirmedLately {
		return 0
	}
	return int64(time.Since(confirmed).Seconds())
}
