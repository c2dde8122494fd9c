package engine

import (
	"strings"

	"github.com/feature-flag-platform/sdk/go/internal/values"
)

// experiment is one experiment; `result` is `taking part`, or why the unit doesn't or isn't counted.
func (explainer *explainer) experiment(experiment *experiment) map[string]any {
	path := at("experiments", experiment.key)
	mode := "observes"
	if experiment.assigns {
		mode = "assigns"
	}
	step := map[string]any{
		"step": "experiment", "experiment": experiment.key, "mode": mode,
		"start_at": experiment.startAt, "stop_at": plainMoment(experiment.stopAt),
	}
	if experiment.seed != nil {
		step["seed"] = *experiment.seed
	}
	running, reached := explainer.seen[path+".running"].(bool)
	switch {
	case experiment.paused && !experiment.assigns:
		step["result"] = "paused"
		return step
	case !reached:
		step["result"] = notReached
		return step
	case !running:
		step["result"] = "not running"
		return step
	}
	if experiment.audience != nil {
		matched, asked := explainer.seen[path+".audience"].(bool)
		step["audience"] = explainer.condition(experiment.audience, path+".audience")
		if !matched {
			step["result"] = "not in the audience"
			if !asked {
				step["result"] = "error"
			}
			return step
		}
	}
	unit := explainer.seen[path+".unit"]
	if unit == nil || unit == "" && experiment.bucketBy == nil {
		step["result"] = "no usable unit"
		return step
	}
	step["result"] = explainer.enrolled(step, experiment, path, unit)
	return step
}

// enrolled tells holdouts, layer, traffic and assignment, as far as they were asked, and gives the result.
func (explainer *explainer) enrolled(step map[string]any, experiment *experiment, path string, unit any) string {
	told := func(key, path string) (map[string]any, int, bool) {
		number, asked := explainer.seen[path].(int)
		return tellBucket(map[string]any{}, key, experiment.bucketBy, unit, number), number, asked
	}
	var holdouts []any
	for index, holdout := range experiment.holdouts {
		bucket, number, asked := told("holdout:"+holdout.key, indexed(at(path, "holdouts"), index))
		if !asked {
			continue
		}
		bucket["holdout"], bucket["below"] = holdout.key, holdout.share
		holdouts = append(holdouts, bucket)
		step["holdouts"] = holdouts
		if number < holdout.share {
			return "held out"
		}
	}
	if slot := experiment.slot; slot != nil {
		bucket, number, _ := told("layer:"+slot.layer, at(path, "layer"))
		bucket["layer"], bucket["from"], bucket["to"] = slot.layer, slot.start, slot.end
		step["layer"] = bucket
		if int64(number) < slot.start || int64(number) >= slot.end {
			return "outside its part of the layer"
		}
	}
	if experiment.traffic < values.BucketCount {
		bucket, number, _ := told("traffic:"+experiment.hashedAs(), at(path, "traffic"))
		bucket["below"] = experiment.traffic
		step["traffic"] = bucket
		if number >= experiment.traffic {
			return "outside its traffic"
		}
	}
	if experiment.assigns {
		bucket, number, _ := told(experiment.hashedAs(), at(path, "assignment"))
		bucket["ranges"], bucket["variation"] = ranges(experiment.shares), owner(experiment.shares, number)
		step["assignment"] = bucket
	}
	if experiment.paused {
		return "assigned, and not counted: it is paused"
	}
	return "taking part"
}

// configSteps tells each override, what comes of those that match, and the experiments that assign.
func (explainer *explainer) configSteps(item *item, decision *Decision) []any {
	config := item.config
	if config.archived {
		return []any{map[string]any{"step": "enabled", "result": "archived", "variation": baseVariation}}
	}
	steps := []any{map[string]any{"step": "enabled", "result": "passed"}}
	for index, override := range config.overrides {
		path := at(indexed("overrides", index), "if")
		step := map[string]any{"step": "override", "index": index, "id": override.id, "result": notReached}
		if matched, asked := explainer.seen[path].(bool); asked {
			step["if"], step["result"] = explainer.condition(override.when, path), "not matched"
			if matched {
				step["result"], step["value"] = "matched", override.value
			}
		}
		steps = append(steps, step)
	}
	if decision.ErrorCode == "" {
		steps = append(steps, combinationStep(config, decision))
	}
	for _, experiment := range item.experiments {
		if !experiment.assigns {
			continue
		}
		step := explainer.experiment(experiment)
		if assignment, assigned := step["assignment"].(map[string]any); assigned {
			step["value"] = experiment.patchOf(assignment["variation"])
		}
		steps = append(steps, step)
	}
	return steps
}

// patchOf is the patch of a variation; an empty one where it has none.
func (experiment *experiment) patchOf(variation any) map[string]any {
	key, _ := variation.(string)
	if patch := experiment.patches[key]; patch != nil {
		return patch
	}
	return map[string]any{}
}

// combinationStep is what the overrides come to, before an experiment.
func combinationStep(config *remoteConfig, decision *Decision) map[string]any {
	step := map[string]any{
		"step": "combination", "resolve": "first", "overrides": listOf(decision.Applied), "variation": baseVariation, "result": "none matched",
	}
	if config.merges {
		step["resolve"] = "merge"
	}
	switch {
	case decision.InvalidCombination:
		step["result"], step["because"] = "not applied", "these overrides together break the schema"
	case len(decision.Applied) > 0:
		step["variation"], step["result"] = strings.Join(decision.Applied, "+"), "applied"
	}
	return step
}
