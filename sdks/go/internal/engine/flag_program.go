package engine

// A flag as a function, in the order of an evaluation: off, prerequisites, overrides, individual targets, running experiments
// that assign, rules from the top, the default. What is decided after the targets is then looked at by the running
// experiments that observe.

func (compiler compiler) flag(flag *flag, experiments []*experiment, salt string) step {
	var assigning, observing []*experiment
	for _, experiment := range experiments {
		switch {
		case experiment.assigns:
			assigning = append(assigning, experiment)
		case !experiment.paused:
			observing = append(observing, experiment)
		}
	}
	values := make(map[string]any, len(flag.variations))
	for key, value := range flag.variations {
		values[key], _ = served(flag.kind, value)
	}
	outcomes := newOutcomes(flag.key, flag.version, values, len(observing))
	if flag.isOff() {
		off := outcomes.served(flag.offVariation, Disabled, particulars{})
		return func(*run) *outcome { return off }
	}
	writer := &flagWriter{compiler, flag, assigning, salt, outcomes}
	before := append(writer.prerequisites(), writer.targets()...)
	decision := append(writer.assignments(), writer.rules()...)
	decision = append(decision, writer.fallback())
	if len(observing) == 0 {
		return decided(append(before, decision...))
	}
	return decided(append(before, writer.observed(decided(decision), observing)))
}

// flagWriter compiles one flag.
type flagWriter struct {
	compiler
	flag      *flag
	assigning []*experiment
	salt      string
	outcomes  *outcomes
}

func (writer *flagWriter) prerequisites() []step {
	steps := make([]step, 0, len(writer.flag.prerequisites))
	for index, wanted := range writer.flag.prerequisites {
		path := writer.indexed("prerequisites", index)
		failed := writer.outcomes.served(writer.flag.offVariation, Default, particulars{prerequisite: wanted.flag})
		steps = append(steps, func(run *run) *outcome {
			served := run.prerequisite(wanted.flag)
			if run.fault != nil {
				return faulted
			}
			if run.trace != nil {
				run.trace.tell(path, served)
			}
			switch {
			case served.ErrorCode != "":
				return writer.prerequisiteFailed(served)
			case served.Variation != wanted.variation:
				return failed
			default:
				return nil
			}
		})
	}
	return steps
}

// prerequisiteFailed is the error of a flag whose prerequisite ended in one.
func (writer *flagWriter) prerequisiteFailed(served *Decision) *outcome {
	message := served.ErrorMessage
	if served.Prerequisite == "" {
		message = "prerequisite " + quoted(served.Flag) + ": " + message
	}
	failed := failure(writer.flag.key, served.ErrorCode, message, writer.flag.version)
	failed.Prerequisite = served.Flag
	return &outcome{decision: *failed}
}

const (
	overridesStep = "overrides"
	targetsStep   = "targets"
)

// targets are the overrides, then the individual targets.
func (writer *flagWriter) targets() []step {
	var steps []step
	for _, override := range []bool{true, false} {
		name, told := targetsStep, particulars{}
		if override {
			name, told = overridesStep, particulars{override: true}
		}
		permanent, expiring := map[string]*outcome{}, map[string]expiry{}
		for index := len(writer.flag.targets) - 1; index >= 0; index-- {
			target := writer.flag.targets[index]
			if target.override != override {
				continue
			}
			served := writer.outcomes.served(target.variation, TargetingMatch, told)
			if target.expiresAt == nil {
				permanent[target.key] = served
			} else {
				expiring[target.key] = expiry{*target.expiresAt, served}
			}
		}
		if len(permanent)+len(expiring) > 0 {
			steps = append(steps, targeted(name, permanent, expiring))
		}
	}
	return steps
}

// expiry is what a target serves until a moment.
type expiry struct {
	at     int64
	served *outcome
}

func targeted(name string, permanent map[string]*outcome, expiring map[string]expiry) step {
	return func(run *run) *outcome {
		unit, ok := run.targetingUnit()
		var found *outcome
		if ok {
			found = permanent[unit]
		}
		if run.trace != nil && len(permanent) > 0 {
			run.trace.tell(name, found != nil)
		}
		if found != nil || len(expiring) == 0 {
			return found
		}
		if target, there := expiring[unit]; ok && there && run.now < target.at {
			found = target.served
		}
		if run.trace != nil {
			run.trace.tell(name+".unexpired", found != nil)
		}
		return found
	}
}

func (writer *flagWriter) assignments() []step {
	steps := make([]step, 0, len(writer.assigning))
	for _, experiment := range writer.assigning {
		enrolment := writer.enrolment(experiment, writer.salt, writer.outcomes)
		gets := make([]*outcome, len(experiment.shares))
		for index, share := range experiment.shares {
			gets[index] = writer.outcomes.served(share.variation, Split, assignedBy(experiment))
		}
		steps = append(steps, func(run *run) *outcome {
			index, assigned, otherwise := enrolment.assign(run)
			if !assigned {
				return otherwise
			}
			return gets[index]
		})
	}
	return steps
}

func (writer *flagWriter) rules() []step {
	steps := make([]step, 0, len(writer.flag.rules))
	for index, rule := range writer.flag.rules {
		path := writer.indexed("rules", index)
		when := writer.condition(rule.when, writer.path(path, "if"))
		serve := writer.ruleServe(&rule, writer.path(path, "then"))
		steps = append(steps, func(run *run) *outcome {
			matched := when(run)
			if run.fault != nil {
				return faulted
			}
			if !matched {
				return nil
			}
			return serve(run)
		})
	}
	return steps
}

func (writer *flagWriter) ruleServe(rule *rule, path string) step {
	if variation, ok := rule.serve.only(); ok {
		fixed := writer.outcomes.served(variation, TargetingMatch, particulars{})
		return func(*run) *outcome { return fixed }
	}
	return writer.split(&rule.serve, path, rule.id)
}

func (writer *flagWriter) split(serve *serve, path, name string) step {
	unit := writer.unit(serve.bucketBy, writer.outcomes, path)
	owner := writer.compiler.split(serve.shares, writer.salt, writer.flag.key, writer.path(path, "bucket"))
	gets := make([]*outcome, len(serve.shares))
	for index, share := range serve.shares {
		gets[index] = writer.outcomes.served(share.variation, Split, particulars{bucketBy: nameOf(serve.bucketBy), split: name})
	}
	return func(run *run) *outcome {
		text, found, missing := unit(run)
		if !found {
			return missing
		}
		return gets[owner(run, text)]
	}
}

func (writer *flagWriter) fallback() step {
	serve := &writer.flag.fallback
	served := writer.served(serve)
	if !writer.traced {
		return served
	}
	return func(run *run) *outcome {
		run.trace.tell("default", true)
		return served(run)
	}
}

func (writer *flagWriter) served(serve *serve) step {
	if variation, ok := serve.only(); ok {
		return writer.unsplit(variation)
	}
	split := writer.split(serve, "default", SplitOfDefault)
	if serve.bucketBy == nil {
		return split
	}
	off := writer.outcomes.served(writer.flag.offVariation, Default, particulars{})
	return func(run *run) *outcome {
		if outcome := split(run); outcome != nil {
			return outcome
		}
		return off
	}
}

// unsplit is DEFAULT while something could change what is served, STATIC otherwise.
func (writer *flagWriter) unsplit(variation string) step {
	mayChange := len(writer.flag.prerequisites) > 0 || len(writer.flag.rules) > 0
	expires := int64(0)
	hasExpiry := false
	for _, target := range writer.flag.targets {
		if target.expiresAt == nil {
			mayChange = true
		} else if !hasExpiry || *target.expiresAt > expires {
			expires, hasExpiry = *target.expiresAt, true
		}
	}
	byDefault := writer.outcomes.served(variation, Default, particulars{})
	if mayChange {
		return func(*run) *outcome { return byDefault }
	}
	static := writer.outcomes.served(variation, Static, particulars{})
	if !hasExpiry && len(writer.assigning) == 0 {
		return func(*run) *outcome { return static }
	}
	return func(run *run) *outcome {
		if hasExpiry && run.now < expires || anyRuns(writer.assigning, run.now) {
			return byDefault
		}
		return static
	}
}

func anyRuns(experiments []*experiment, now int64) bool {
	for _, experiment := range experiments {
		if experiment.runs(now) {
			return true
		}
	}
	return false
}

func (writer *flagWriter) observed(decide step, observing []*experiment) step {
	observations := make([]*observation, len(observing))
	for index, experiment := range observing {
		observations[index] = writer.observation(experiment, index, writer.salt, writer.outcomes)
	}
	return func(run *run) *outcome {
		served := decide(run)
		outcome := served
		for _, observation := range observations {
			if outcome == faulted {
				return faulted
			}
			outcome = observation.observe(run, served, outcome)
		}
		return outcome
	}
}
