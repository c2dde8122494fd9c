package engine

// item is whatever answers under a key: a flag or a remote config with the experiments on it. It never changes and is shared
// by all sets in which it is the same.
type item struct {
	key         string
	version     int64
	flag        *flag
	config      *remoteConfig
	experiments []*experiment
	// segments are those that its conditions name.
	segments []string
	program  step
	info     *Info
	// defect says why it can't be evaluated; or, where there is a program, why what was good before is kept.
	defect *fieldError
	// unresolved says why it can't be evaluated although it is sound itself: something that it names is not there.
	unresolved *unusableReason
}

func newItem(key string, flag *flag, config *remoteConfig, experiments []*experiment, salt string) *item {
	made := &item{key: key, flag: flag, config: config, experiments: experiments}
	if flag != nil {
		made.version, made.defect = flag.version, flag.check(experiments)
	} else {
		made.version, made.defect = config.version, config.check(experiments)
	}
	made.info = made.known()
	if made.defect != nil {
		return made
	}
	made.segments = segmentsIn(made.conditions()...)
	made.program = made.compiled(compiler{}, salt)
	return made
}

func (item *item) compiled(compiler compiler, salt string) step {
	if item.flag != nil {
		return compiler.flag(item.flag, item.experiments, salt)
	}
	return compiler.remoteConfig(item.config, item.experiments, salt)
}

func (item *item) conditions() []*condition {
	var conditions []*condition
	if item.flag != nil {
		for index := range item.flag.rules {
			conditions = append(conditions, item.flag.rules[index].when)
		}
	} else {
		for index := range item.config.overrides {
			conditions = append(conditions, item.config.overrides[index].when)
		}
	}
	for _, experiment := range item.experiments {
		conditions = append(conditions, experiment.audience)
	}
	return conditions
}

func (item *item) known() *Info {
	info := &Info{Key: item.key, Version: item.version, HasExperiments: len(item.experiments) > 0, experiments: item.experiments}
	if flag := item.flag; flag != nil {
		info.Kind, info.Type = FlagKind, flag.kind
		info.ReportExposures, info.ClientVisible = flag.reportExposures, flag.clientVisible
		info.Metadata, info.ExposureAttributes = flag.metadata, flag.exposureAttributes
		return info
	}
	info.Kind, info.Type = RemoteConfigKind, objectType
	info.ClientVisible, info.Metadata = item.config.clientVisible, item.config.metadata
	return info
}

// isGood says whether it can be evaluated.
func (item *item) isGood() bool { return item.program != nil && item.unresolved == nil }

// isKept says whether it is what was good before, while what has come can't be evaluated.
func (item *item) isKept() bool { return item.program != nil && item.defect != nil }

// broken is why it can't be evaluated, empty if it can.
func (item *item) broken() string {
	switch {
	case item.program == nil:
		return item.defect.Error()
	case item.unresolved != nil:
		return item.unresolved.text
	default:
		return ""
	}
}

// decide is the decision in a run; an error of `version`.
func (item *item) decide(run *run, version int64) *Decision {
	if !item.isGood() {
		return failure(item.key, ParseError, item.broken(), version)
	}
	outcome := item.program(run)
	if outcome == faulted {
		fault := run.fault
		run.fault = nil
		return failure(item.key, fault.code, fault.message, version)
	}
	return &outcome.decision
}

// prerequisite is what another flag serves in this evaluation; worked out once, and a fault if it asks for itself.
func (run *run) prerequisite(key string) *Decision {
	item := run.set.items[key]
	if item == nil {
		return failure(key, ParseError, "there is no such flag", 0)
	}
	decision, asked := run.served.get(item)
	if asked {
		if decision == nil {
			run.fail(General, "prerequisites name each other in a cycle")
		}
		return decision
	}
	run.served.put(item, nil)
	trace := run.trace
	run.trace = nil
	decision = item.decide(run, 0)
	run.trace = trace
	run.served.put(item, decision)
	return decision
}
