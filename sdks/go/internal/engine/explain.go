package engine

import "github.com/feature-flag-platform/sdk/go/internal/values"

// Explanation is a decision with its trace, the JSON document that the edge gives.
type Explanation map[string]any

const notReached = "not reached"

// Explain is the decision of Evaluate with the ordered trace of how it came about: {"decision", "config_version", "now",
// "steps", "segments"}. The trace is recorded by the same functions, compiled with a probe at each step.
func (set *FlagSet) Explain(key string, context map[string]any, now int64) (told Explanation) {
	item := set.items[key]
	if item == nil || !item.isGood() {
		return set.explanation(set.Evaluate(key, context, now), now, []any{}, map[string]any{})
	}
	defer func() {
		if cause := recover(); cause != nil {
			told = set.explanation(unforeseen(item, cause), now, []any{}, map[string]any{})
		}
	}()
	run := newRun(set, context, now)
	defer run.done()
	run.trace = trace{}
	decision := item.traced(run)
	explainer := &explainer{run, run.trace, nil}
	steps := explainer.steps(item, decision)
	return set.explanation(decision, now, steps, explainer.memberships())
}

func (set *FlagSet) explanation(decision *Decision, now int64, steps []any, segments map[string]any) Explanation {
	return Explanation{
		"decision": decision.Document(), "config_version": set.version, "now": now, "steps": steps, "segments": segments,
	}
}

// traced decides by a program that tells its steps.
func (one *item) traced(run *run) *Decision {
	told := *one
	told.program = one.compiled(compiler{traced: true}, run.set.salt)
	return told.decide(run, one.version)
}

// explainer tells the steps of one evaluation from what its run has seen.
type explainer struct {
	run  *run
	seen trace
	// asked are the keys of segments that were asked for and are still to be told.
	asked []string
}

func (explainer *explainer) steps(item *item, decision *Decision) []any {
	if item.config != nil {
		return explainer.configSteps(item, decision)
	}
	flag := item.flag
	steps := explainer.beforeExperiments(flag)
	if flag.isOff() {
		return steps
	}
	for _, experiment := range item.experiments {
		if experiment.assigns {
			steps = append(steps, explainer.experiment(experiment))
		}
	}
	for index := range flag.rules {
		steps = append(steps, explainer.rule(flag, index))
	}
	steps = append(steps, explainer.fallback(flag))
	for _, experiment := range item.experiments {
		if !experiment.assigns {
			steps = append(steps, explainer.experiment(experiment))
		}
	}
	return steps
}

// unit is the targeting key's, nil if it can't be one.
func (explainer *explainer) unit() any {
	if unit, ok := explainer.run.targetingUnit(); ok {
		return unit
	}
	return nil
}

// condition is the authoring form, each part with `matched` (null: it was not needed).
func (explainer *explainer) condition(asked *condition, path string) map[string]any {
	matched := explainer.seen[path]
	switch asked.form {
	case comparison:
		actual := values.JSON(asked.attribute.of(explainer.run.context), nil)
		told := map[string]any{
			"attribute": asked.attribute.name, "operator": asked.operator, "actual": actual, "present": actual != nil, "matched": matched,
		}
		if !isPresence(asked.operator) {
			told["value"] = values.JSON(asked.literal, nil)
		}
		return told
	case inSegment:
		if matched != nil {
			explainer.asked = append(explainer.asked, asked.segment)
		}
		return map[string]any{"segment": asked.segment, "matched": matched}
	case negation:
		return map[string]any{"not": explainer.condition(asked.parts[0], at(path, "not")), "matched": matched}
	}
	name := "and"
	if asked.form == anyOf {
		name = "or"
	}
	parts := make([]any, len(asked.parts))
	for index, part := range asked.parts {
		parts[index] = explainer.condition(part, indexed(at(path, name), index))
	}
	return map[string]any{name: parts, "matched": matched}
}

// memberships tells every segment that was asked for, by a rule or by another segment.
func (explainer *explainer) memberships() map[string]any {
	told := map[string]any{}
	for len(explainer.asked) > 0 {
		key := explainer.asked[0]
		explainer.asked = explainer.asked[1:]
		if _, known := told[key]; !known {
			told[key] = explainer.membership(explainer.run.set.segments[key])
		}
	}
	return told
}

// membership is how one segment answers, and why.
func (explainer *explainer) membership(segment *segment) map[string]any {
	run := newRun(explainer.run.set, explainer.run.context, explainer.run.now)
	defer run.done()
	run.trace = trace{}
	member := compiler{traced: true}.membership(segment)(run)
	if run.fault != nil {
		return map[string]any{"member": nil, "reason": "error", "because": run.fault.message}
	}
	told := map[string]any{"member": member, "unit": explainer.unit()}
	switch {
	case run.trace["excluded"] == true:
		told["reason"], told["because"] = "excluded", "the key is excluded"
	case run.trace["included"] == true:
		told["reason"], told["because"] = "included", "the key is included"
	case segment.when == nil:
		told["reason"], told["because"] = "not_included", "the key is not included, and there is no condition"
	default:
		told["reason"], told["because"] = "condition", "the condition does not match"
		if member {
			told["because"] = "the condition matches"
		}
		seen := explainer.seen
		explainer.seen = run.trace
		told["if"] = explainer.condition(segment.when, "if")
		explainer.seen = seen
	}
	return told
}
