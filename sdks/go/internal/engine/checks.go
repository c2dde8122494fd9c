package engine

import "github.com/feature-flag-platform/sdk/go/internal/values"

// What makes an entity impossible to evaluate, found when it arrives and not when it is asked for. Each gives the first
// fault, with the path of the field; nil for none.

func checkCondition(condition *condition, path string) *fieldError {
	if defect := condition.defect; defect != nil {
		return &fieldError{at(path, defect.field), defect.reason}
	}
	for index, part := range condition.parts {
		if err := checkCondition(part, ""); err != nil {
			return &fieldError{at(condition.below(path, index), err.field), err.reason}
		}
	}
	return nil
}

// below is the path of a part.
func (condition *condition) below(path string, index int) string {
	switch condition.form {
	case negation:
		return at(path, "not")
	case allOf:
		return indexed(at(path, "and"), index)
	default:
		return indexed(at(path, "or"), index)
	}
}

func checkShares(shares []share, isVariation func(string) bool, path string) *fieldError {
	total := 0
	for _, share := range shares {
		if !isVariation(share.variation) {
			return noVariation(path, share.variation)
		}
		total += share.weight
	}
	if total != values.BucketCount {
		return &fieldError{path, "the weights must add up to exactly 100"}
	}
	return nil
}

func noVariation(path, variation string) *fieldError {
	return &fieldError{path, "there is no variation " + quoted(variation)}
}

func (flag *flag) has(variation string) bool {
	_, there := flag.variations[variation]
	return there
}

func (flag *flag) checkServe(serve *serve, path string) *fieldError {
	if serve.shares != nil {
		return checkShares(serve.shares, flag.has, path+".rollout.variations")
	}
	if !flag.has(serve.variation) {
		return noVariation(at(path, "variation"), serve.variation)
	}
	return nil
}

func (flag *flag) check(experiments []*experiment) *fieldError {
	if flag.unreadable != nil {
		return flag.unreadable
	}
	for _, key := range flag.order {
		if _, ok := served(flag.kind, flag.variations[key]); !ok {
			return &fieldError{at("variations", key), "must be " + flagTypes[flag.kind]}
		}
	}
	if !flag.has(flag.offVariation) {
		return noVariation("off_variation", flag.offVariation)
	}
	if err := flag.checkServe(&flag.fallback, "default"); err != nil {
		return err
	}
	for index, target := range flag.targets {
		if !flag.has(target.variation) {
			return noVariation(indexed("targets", index), target.variation)
		}
	}
	for index := range flag.rules {
		if err := flag.checkRule(&flag.rules[index]); err != nil {
			return &fieldError{at(indexed("rules", index), err.field), err.reason}
		}
	}
	return checkExperiments(experiments, flag.has)
}

func (flag *flag) checkRule(rule *rule) *fieldError {
	if err := checkCondition(rule.when, "if"); err != nil {
		return err
	}
	return flag.checkServe(&rule.serve, "then")
}

func (config *remoteConfig) check(experiments []*experiment) *fieldError {
	if config.unreadable != nil {
		return config.unreadable
	}
	for index, override := range config.overrides {
		if err := checkCondition(override.when, "if"); err != nil {
			return &fieldError{at(indexed("overrides", index), err.field), err.reason}
		}
	}
	return checkExperiments(experiments, func(string) bool { return true })
}

func checkExperiments(experiments []*experiment, isVariation func(string) bool) *fieldError {
	for _, experiment := range experiments {
		path := at("experiments", experiment.key)
		if err := experiment.unreadable; err != nil {
			return &fieldError{at(path, err.field), err.reason}
		}
		if err := checkShares(experiment.shares, isVariation, at(path, "variations")); err != nil {
			return err
		}
		if experiment.audience == nil {
			continue
		}
		if err := checkCondition(experiment.audience, at(path, "audience")); err != nil {
			return err
		}
	}
	return nil
}

func (segment *segment) check() *fieldError {
	if segment.unreadable != nil || segment.when == nil {
		return segment.unreadable
	}
	return checkCondition(segment.when, "if")
}
