package engine

import (
	"strings"

	"github.com/feature-flag-platform/sdk/go/internal/values"
)

// step takes one step of an evaluation: its outcome, or nil to go on.
type step func(run *run) *outcome

// decided runs steps until one decides.
func decided(steps []step) step {
	if len(steps) == 1 {
		return steps[0]
	}
	return func(run *run) *outcome {
		for _, step := range steps {
			if outcome := step(run); outcome != nil {
				return outcome
			}
		}
		return nil
	}
}

// unitOf reads a unit: of the targeting key, or of the attribute that is named. `missing` is the outcome of one that is needed and
// can't be used; nil with an empty `found` passes by: the attribute is absent.
type unitReader func(run *run) (unit string, found bool, missing *outcome)

func (compiler compiler) unit(bucketBy *attribute, outcomes *outcomes, path string) unitReader {
	path = compiler.path(path, "unit")
	if bucketBy == nil {
		keyless := outcomes.targetingKeyMissing()
		return func(run *run) (string, bool, *outcome) {
			unit, ok := run.targetingUnit()
			if run.trace != nil {
				run.trace.tellUnit(path, unit, ok)
			}
			if !ok || unit == "" {
				return "", false, keyless
			}
			return unit, true, nil
		}
	}
	unitless := outcomes.invalidUnit(bucketBy.name)
	return func(run *run) (string, bool, *outcome) {
		value := bucketBy.of(run.context)
		if value == nil {
			return "", false, nil
		}
		unit, ok := values.Unit(value)
		if run.trace != nil {
			run.trace.tellUnit(path, unit, ok)
		}
		if !ok {
			return "", false, unitless
		}
		return unit, true, nil
	}
}

// observedUnit reads a unit that may be missing or unusable.
func (compiler compiler) observedUnit(bucketBy *attribute, path string) func(run *run) (string, bool) {
	path = compiler.path(path, "unit")
	return func(run *run) (unit string, ok bool) {
		if bucketBy == nil {
			unit, ok = run.targetingUnit()
			ok = ok && unit != ""
		} else {
			unit, ok = values.Unit(bucketBy.of(run.context))
		}
		if run.trace != nil {
			run.trace.tellUnit(path, unit, ok)
		}
		return unit, ok
	}
}

// bucket is the bucket of a unit under a key.
type bucket func(run *run, unit string) int

func (compiler compiler) bucket(salt, key, path string) bucket {
	start := strings.Clone(values.WellFormed(salt + key))
	if !compiler.traced {
		return func(_ *run, unit string) int { return values.Bucket(start, unit) }
	}
	return func(run *run, unit string) int {
		number := values.Bucket(start, unit)
		run.trace.tell(path, number)
		return number
	}
}

// split says which share owns a unit's bucket, by its index. Of shares with one owner no bucket is needed.
func (compiler compiler) split(shares []share, salt, key, path string) func(run *run, unit string) int {
	bucket := compiler.bucket(salt, key, path)
	ends := make([]int, len(shares))
	end, owners, last := 0, 0, 0
	for index, share := range shares {
		end += share.weight
		ends[index] = end
		if share.weight > 0 {
			owners, last = owners+1, index
		}
	}
	if owners == 1 && !compiler.traced {
		return func(*run, string) int { return last }
	}
	return func(run *run, unit string) int {
		number := bucket(run, unit)
		for index, end := range ends {
			if number < end {
				return index
			}
		}
		return last
	}
}
