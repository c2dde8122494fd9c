package engine

import "github.com/feature-flag-platform/sdk/go/internal/values"

// enrolment is an experiment as a function: who takes part, and who gets what.
type enrolment struct {
	experiment *experiment
	// reached says whether it runs and the context is in its audience.
	reached holds
	unit    unitReader
	// includes asks holdouts, layer and traffic.
	includes []func(run *run, unit string) bool
	assigned func(run *run, unit string) int
}

func (compiler compiler) enrolment(experiment *experiment, salt string, outcomes *outcomes) *enrolment {
	path := compiler.path("experiments", experiment.key)
	return &enrolment{
		experiment: experiment,
		reached:    compiler.reached(experiment, path),
		unit:       compiler.unit(experiment.bucketBy, outcomes, path),
		includes:   compiler.includes(experiment, salt, path),
		assigned:   compiler.split(experiment.shares, salt, experiment.hashedAs(), compiler.path(path, "assignment")),
	}
}

func (compiler compiler) reached(experiment *experiment, path string) holds {
	running := compiler.path(path, "running")
	runs := func(run *run) bool {
		under := experiment.runs(run.now)
		if run.trace != nil {
			run.trace.tell(running, under)
		}
		return under
	}
	if experiment.audience == nil {
		return runs
	}
	audience := compiler.condition(experiment.audience, compiler.path(path, "audience"))
	return func(run *run) bool { return runs(run) && audience(run) }
}

func (compiler compiler) includes(experiment *experiment, salt, path string) []func(*run, string) bool {
	var asked []func(*run, string) bool
	for index, holdout := range experiment.holdouts {
		here := compiler.indexed(compiler.path(path, "holdouts"), index)
		bucket := compiler.bucket(salt, "holdout:"+holdout.key, here)
		share := holdout.share
		asked = append(asked, func(run *run, unit string) bool { return bucket(run, unit) >= share })
	}
	if slot := experiment.slot; slot != nil {
		bucket := compiler.bucket(salt, "layer:"+slot.layer, compiler.path(path, "layer"))
		asked = append(asked, func(run *run, unit string) bool {
			number := int64(bucket(run, unit))
			return slot.start <= number && number < slot.end
		})
	}
	if experiment.traffic < values.BucketCount {
		bucket := compiler.bucket(salt, "traffic:"+experiment.hashedAs(), compiler.path(path, "traffic"))
		asked = append(asked, func(run *run, unit string) bool { return bucket(run, unit) < experiment.traffic })
	}
	return asked
}

// assign gives the index of the share that the unit gets; false for one that doesn't take part, or with an outcome that is an
// error.
func (enrolment *enrolment) assign(run *run) (int, bool, *outcome) {
	reached := enrolment.reached(run)
	if run.fault != nil {
		return 0, false, faulted
	}
	if !reached {
		return 0, false, nil
	}
	unit, found, missing := enrolment.unit(run)
	if !found || !enrolment.lets(run, unit) {
		return 0, false, missing
	}
	return enrolment.assigned(run, unit), true, nil
}

func (enrolment *enrolment) lets(run *run, unit string) bool {
	for _, includes := range enrolment.includes {
		if !includes(run, unit) {
			return false
		}
	}
	return true
}

// observation is an experiment that looks at what was decided.
type observation struct {
	*enrolment
	index    int
	expected map[string]struct{}
	observed func(run *run) (string, bool)
}

func (compiler compiler) observation(experiment *experiment, index int, salt string, outcomes *outcomes) *observation {
	expected := map[string]struct{}{}
	for _, share := range experiment.shares {
		if share.weight > 0 {
			expected[share.variation] = struct{}{}
		}
	}
	return &observation{
		enrolment: compiler.enrolment(experiment, salt, outcomes),
		index:     index,
		expected:  expected,
		observed:  compiler.observedUnit(experiment.bucketBy, compiler.path("experiments", experiment.key)),
	}
}

// observe gives the outcome, within the experiment if the unit takes part in it. `served` is what steps 6 to 8 decided.
func (observation *observation) observe(run *run, served, outcome *outcome) *outcome {
	decision := &served.decision
	if decision.ErrorCode != "" || len(decision.Experiments) > 0 || decision.Paused != "" {
		return outcome
	}
	if _, expected := observation.expected[decision.Variation]; !expected {
		return outcome
	}
	reached := observation.reached(run)
	if run.fault != nil {
		return faulted
	}
	if !reached {
		return outcome
	}
	if unit, ok := observation.observed(run); !ok || !observation.lets(run, unit) {
		return outcome
	}
	return outcome.in(observation.experiment, observation.index)
}
