package engine

import (
	"strings"
	"sync/atomic"
)

// outcome is a decision that a flag can reach, built once.
type outcome struct {
	decision Decision
	// joined has the same within one more experiment, for each that observes; made when it is first asked for.
	joined []atomic.Pointer[outcome]
}

// faulted stands for an evaluation that its run's fault has ended.
var faulted = &outcome{}

// particulars are what a decision tells beside variation and reason.
type particulars struct {
	experiment   string
	phase        int64
	prerequisite string
	bucketBy     string
	override     bool
	paused       string
	split        string
}

// assignedBy are those of what the experiment assigns.
func assignedBy(experiment *experiment) particulars {
	told := particulars{bucketBy: nameOf(experiment.bucketBy)}
	if experiment.paused {
		told.paused = experiment.key
	} else {
		told.experiment, told.phase = experiment.key, experiment.phase
	}
	return told
}

func nameOf(bucketBy *attribute) string {
	if bucketBy == nil {
		return ""
	}
	return bucketBy.name
}

// outcomes makes the decisions of one flag, equal ones once.
type outcomes struct {
	flag      string
	version   int64
	values    map[string]any
	observers int
	made      map[outcomeIdentity]*outcome
	keyless   *outcome
	unitless  map[string]*outcome
}

type outcomeIdentity struct {
	variation string
	reason    Reason
	particulars
}

func newOutcomes(flag string, version int64, values map[string]any, observers int) *outcomes {
	return &outcomes{flag: flag, version: version, values: values, observers: observers, made: map[outcomeIdentity]*outcome{}}
}

// served is the decision that serves a variation, which there must be.
func (outcomes *outcomes) served(variation string, reason Reason, told particulars) *outcome {
	identity := outcomeIdentity{variation, reason, told}
	if made := outcomes.made[identity]; made != nil {
		return made
	}
	made := &outcome{decision: Decision{
		Flag:         outcomes.flag,
		Value:        outcomes.values[variation],
		Variation:    variation,
		Reason:       reason,
		Version:      outcomes.version,
		BucketBy:     told.bucketBy,
		Override:     told.override,
		Paused:       told.paused,
		Prerequisite: told.prerequisite,
		Split:        told.split,
		Interned:     true,
	}}
	if told.experiment != "" {
		made.decision.Experiments = []Phase{{told.experiment, told.phase}}
	}
	if outcomes.observers > 0 {
		made.joined = make([]atomic.Pointer[outcome], outcomes.observers)
	}
	outcomes.made[identity] = made
	return made
}

// targetingKeyMissing is the error of a unit that has no targeting key.
func (outcomes *outcomes) targetingKeyMissing() *outcome {
	if outcomes.keyless == nil {
		outcomes.keyless = outcomes.failing(TargetingKeyMissing,
			"the targeting key is needed, and is missing, empty or neither a string nor a whole number")
	}
	return outcomes.keyless
}

// invalidUnit is the error of a unit attribute that is neither a string nor a whole number.
func (outcomes *outcomes) invalidUnit(attribute string) *outcome {
	if outcomes.unitless == nil {
		outcomes.unitless = map[string]*outcome{}
	}
	if outcomes.unitless[attribute] == nil {
		outcomes.unitless[attribute] = outcomes.failing(InvalidContext,
			"the attribute "+quoted(attribute)+" is needed as a unit, and is neither a string nor a whole number")
	}
	return outcomes.unitless[attribute]
}

func (outcomes *outcomes) failing(code ErrorCode, message string) *outcome {
	failed := failure(outcomes.flag, code, message, outcomes.version)
	failed.Interned = true
	return &outcome{decision: *failed}
}

// in is the same outcome within one more experiment, the observer at `index`.
func (before *outcome) in(experiment *experiment, index int) *outcome {
	slot := &before.joined[index]
	if joined := slot.Load(); joined != nil {
		return joined
	}
	decision := before.decision
	// What was split first was the flag's rollout; an experiment that observes says what its own unit is.
	first, second := nameOf(experiment.bucketBy), decision.BucketBy
	if len(decision.Experiments) > 0 {
		first, second = second, first
	}
	if first == "" {
		first = second
	}
	decision.BucketBy = first
	decision.Experiments = append(append([]Phase(nil), decision.Experiments...), Phase{experiment.key, experiment.phase})
	made := &outcome{decision: decision, joined: make([]atomic.Pointer[outcome], len(before.joined))}
	if !slot.CompareAndSwap(nil, made) {
		return slot.Load()
	}
	return made
}

// quoted is a key in the words of a message.
func quoted(text string) string {
	if strings.Contains(text, "'") && !strings.Contains(text, `"`) {
		return `"` + text + `"`
	}
	return "'" + strings.ReplaceAll(strings.ReplaceAll(text, `\`, `\\`), "'", `\'`) + "'"
}
