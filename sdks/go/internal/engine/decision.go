package engine

// Reason is OpenFeature's resolution reason, as far as this engine gives it.
type Reason string

// The values of Reason.
const (
	Static         Reason = "STATIC"
	Default        Reason = "DEFAULT"
	TargetingMatch Reason = "TARGETING_MATCH"
	Split          Reason = "SPLIT"
	Disabled       Reason = "DISABLED"
	Error          Reason = "ERROR"
)

// ErrorCode is OpenFeature's error code, as far as this engine gives it; empty: no error.
type ErrorCode string

// The values of ErrorCode.
const (
	FlagNotFound        ErrorCode = "FLAG_NOT_FOUND"
	ParseError          ErrorCode = "PARSE_ERROR"
	TargetingKeyMissing ErrorCode = "TARGETING_KEY_MISSING"
	InvalidContext      ErrorCode = "INVALID_CONTEXT"
	General             ErrorCode = "GENERAL"
)

// SplitOfDefault names the default's percentages where a rule's id names those of a rule.
const SplitOfDefault = "$default"

// Phase is an experiment, by its key, in one of its phases (from 1).
type Phase struct {
	Key   string `json:"key"`
	Phase int64  `json:"phase"`
}

// Decision is what a flag serves, and why. Nobody changes one.
//
// Each decision that a flag can reach is built once and given again and again, so a caller may keep what it has made of
// one in a map by its pointer, if it is Interned. With an error there is neither value nor variation.
type Decision struct {
	// Flag is the key asked for.
	Flag string
	// Value is JSON: bool, string, int64, float64, []any, map[string]any; a number that none of these holds is json.Number.
	Value any
	// Variation is the variation's key; where Reason isn't Error there is one, the empty text included.
	Variation    string
	Reason       Reason
	ErrorCode    ErrorCode
	ErrorMessage string
	// Version is the config version that last changed the flag.
	Version int64
	// Experiments are those that the unit takes part in, the one that assigned or else the first that observes in front.
	Experiments []Phase
	// BucketBy is the attribute that is the unit of the split or of the experiments; empty for the targeting key, and
	// where nothing was split.
	BucketBy string
	// Override says that an override of the unit decided.
	Override bool
	// Paused is the experiment that assigned it and is paused, so that nobody belongs to it.
	Paused string
	// Prerequisite is the key of the prerequisite flag that failed, or whose error this is.
	Prerequisite string
	// Split is the id of the rule whose percentages decided, SplitOfDefault for those of the default.
	Split string
	// Applied, of a remote config, are the ids of the overrides that matched.
	Applied []string
	// InvalidCombination says that they must not be applied together, and the value is the one without them.
	InvalidCombination bool
	// Interned says that it is the same object each time.
	Interned bool
}

// Experiment is the key of the first of its experiments, empty for none.
func (decision *Decision) Experiment() string {
	if len(decision.Experiments) == 0 {
		return ""
	}
	return decision.Experiments[0].Key
}

func failure(flag string, code ErrorCode, message string, version int64) *Decision {
	return &Decision{Flag: flag, Reason: Error, ErrorCode: code, ErrorMessage: message, Version: version}
}
