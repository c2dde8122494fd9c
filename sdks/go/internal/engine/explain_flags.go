package engine

import "strings"

// beforeExperiments tells off, prerequisites, overrides and targets.
func (explainer *explainer) beforeExperiments(flag *flag) []any {
	if flag.isOff() {
		off := "off"
		if flag.archived {
			off = "archived"
		}
		return []any{map[string]any{"step": "enabled", "result": off, "variation": flag.offVariation}}
	}
	steps := []any{map[string]any{"step": "enabled", "result": "passed"}}
	for index, wanted := range flag.prerequisites {
		step := map[string]any{"step": "prerequisite", "flag": wanted.flag, "wanted": wanted.variation, "result": notReached}
		if served, reached := explainer.seen[indexed("prerequisites", index)].(*Decision); reached {
			step["served"], step["result"] = served.Document(), "failed"
			if served.ErrorCode != "" {
				step["result"] = "error"
			} else if served.Variation == wanted.variation {
				step["result"] = "met"
			}
		}
		steps = append(steps, step)
	}
	for _, name := range []string{overridesStep, targetsStep} {
		var targets []target
		for _, target := range flag.targets {
			if target.override == (name == overridesStep) {
				targets = append(targets, target)
			}
		}
		if len(targets) > 0 {
			steps = append(steps, explainer.targets(name, targets))
		}
	}
	return steps
}

func (explainer *explainer) targets(name string, targets []target) map[string]any {
	unit := explainer.unit()
	step := map[string]any{"step": name, "unit": unit, "result": notReached}
	permanent, asked := explainer.seen[name]
	unexpired, askedToo := explainer.seen[name+".unexpired"]
	if !asked && !askedToo {
		return step
	}
	step["result"] = "no " + strings.TrimSuffix(name, "s")
	for _, target := range targets {
		if target.key != unit {
			continue
		}
		step["variation"], step["expires_at"], step["result"] = target.variation, plainMoment(target.expiresAt), "expired"
		if permanent == true || unexpired == true {
			step["result"] = "matched"
		}
		break
	}
	return step
}

// plainMoment is nil where there is none.
func plainMoment(moment *int64) any {
	if moment == nil {
		return nil
	}
	return *moment
}

func (explainer *explainer) rule(flag *flag, index int) map[string]any {
	rule, path := &flag.rules[index], indexed("rules", index)
	step := map[string]any{
		"step": "rule", "index": index, "id": rule.id, "description": rule.description, "result": notReached,
	}
	matched, asked := explainer.seen[path+".if"].(bool)
	if !asked {
		return step
	}
	step["if"], step["result"] = explainer.condition(rule.when, path+".if"), "not matched"
	if matched {
		explainer.serve(step, flag, &rule.serve, path+".then", "matched")
	}
	return step
}

func (explainer *explainer) fallback(flag *flag) map[string]any {
	step := map[string]any{"step": "default", "result": notReached}
	if explainer.seen["default"] == true {
		explainer.serve(step, flag, &flag.fallback, "default", "served")
	}
	return step
}

// serve puts into a step what is served, or why nothing is.
func (explainer *explainer) serve(step map[string]any, flag *flag, serve *serve, path, done string) {
	if variation, ok := serve.only(); ok {
		step["result"], step["variation"] = done, variation
		return
	}
	step["bucket_by"], step["ranges"] = bucketByTold(serve.bucketBy), ranges(serve.shares)
	unit, asked := explainer.seen[path+".unit"]
	number, split := explainer.seen[path+".bucket"].(int)
	switch {
	case !asked:
		step["result"], step["because"] = "passed over", "the unit's attribute is missing"
	case !split:
		step["result"], step["because"] = "error", "there is no usable unit"
	default:
		tellBucket(step, flag.key, serve.bucketBy, unit, number)
		step["result"], step["variation"] = done, owner(serve.shares, number)
	}
}

func bucketByTold(bucketBy *attribute) any {
	if bucketBy == nil {
		return nil
	}
	return bucketBy.name
}

// tellBucket tells a bucket and what it is made of, but for the salt, which is nobody's business.
func tellBucket(step map[string]any, key string, bucketBy *attribute, unit any, number int) map[string]any {
	by := targetingKey
	if bucketBy != nil && bucketBy.name != "" {
		by = bucketBy.name
	}
	step["bucket"], step["algorithm"] = number, algorithm
	step["inputs"] = map[string]any{"salt": "(hidden)", "key": key, "unit": unit, "unit_attribute": by}
	return step
}

// ranges are shares with the buckets that each owns, `from` inclusive, `to` exclusive.
func ranges(shares []share) []any {
	told := make([]any, len(shares))
	start := 0
	for index, share := range shares {
		told[index] = map[string]any{"variation": share.variation, "from": start, "to": start + share.weight}
		start += share.weight
	}
	return told
}

func owner(shares []share, bucket int) any {
	end := 0
	for _, share := range shares {
		end += share.weight
		if bucket < end {
			return share.variation
		}
	}
	return nil
}
