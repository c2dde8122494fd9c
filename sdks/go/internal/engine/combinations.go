package engine

import (
	"encoding/binary"
	"strings"
	"sync"

	"github.com/feature-flag-platform/sdk/go/internal/values"
)

const (
	baseVariation = "base"
	// combinationsKeptMax: ten overrides have 1,024 combinations, of which few are reached.
	combinationsKeptMax = 256
)

// combinations are the decisions that a remote config can reach, by the overrides that matched, each made when it is first
// reached. With a variation it has the patch that an experiment assigns.
type combinations struct {
	config    *remoteConfig
	variation *patchedVariation
	invalid   map[string]struct{}
	// ones are those of at most one override, which is all there are where the first applies: none, then each.
	ones []onceMade
	mu   sync.RWMutex
	kept map[string]*outcome
}

type onceMade struct {
	once sync.Once
	made *outcome
}

// patchedVariation is a variation of an experiment on a remote config.
type patchedVariation struct {
	key   string
	patch map[string]any
	told  particulars
}

func newCombinations(config *remoteConfig, variation *patchedVariation) *combinations {
	made := &combinations{
		config:    config,
		variation: variation,
		invalid:   map[string]struct{}{},
		ones:      make([]onceMade, len(config.overrides)+1),
		kept:      map[string]*outcome{},
	}
	for _, positions := range config.invalid {
		made.invalid[namedBy(positions)] = struct{}{}
	}
	return made
}

// namedBy is a text that only these positions have.
func namedBy(positions []int64) string {
	text := make([]byte, 0, 2*len(positions))
	for _, position := range positions {
		text = binary.AppendVarint(text, position)
	}
	return string(text)
}

// first is the outcome where the override at `index` applies, -1: none.
func (combinations *combinations) first(index int) *outcome {
	slot := &combinations.ones[index+1]
	slot.once.Do(func() {
		var positions []int64
		if index >= 0 {
			positions = []int64{int64(index)}
		}
		slot.made = combinations.make(positions, true)
	})
	return slot.made
}

// all is the outcome where the overrides at these positions match, in their order.
func (combinations *combinations) all(positions []int64) *outcome {
	switch len(positions) {
	case 0:
		return combinations.first(-1)
	case 1:
		return combinations.first(int(positions[0]))
	}
	var space [32]byte
	name := space[:0]
	for _, position := range positions {
		name = binary.AppendVarint(name, position)
	}
	combinations.mu.RLock()
	made := combinations.kept[string(name)]
	combinations.mu.RUnlock()
	if made != nil {
		return made
	}
	combinations.mu.Lock()
	defer combinations.mu.Unlock()
	if made := combinations.kept[string(name)]; made != nil {
		return made
	}
	keeps := len(combinations.kept) < combinationsKeptMax
	made = combinations.make(positions, keeps)
	if keeps {
		combinations.kept[string(name)] = made
	}
	return made
}

func (combinations *combinations) make(positions []int64, interned bool) *outcome {
	config := combinations.config
	decision := Decision{
		Flag: config.key, Value: config.value, Variation: baseVariation, Reason: Static,
		Version: config.version, Interned: interned,
	}
	if len(config.overrides) > 0 {
		decision.Reason = Default
	}
	for _, position := range positions {
		decision.Applied = append(decision.Applied, config.overrides[position].id)
	}
	_, decision.InvalidCombination = combinations.invalid[namedBy(positions)]
	if len(positions) > 0 && !decision.InvalidCombination {
		for _, position := range positions {
			decision.Value = values.Patched(decision.Value, config.overrides[position].value)
		}
		decision.Variation, decision.Reason = strings.Join(decision.Applied, "+"), TargetingMatch
	}
	if patched := combinations.variation; patched != nil {
		decision.Value = values.Patched(decision.Value, patched.patch)
		decision.Variation, decision.Reason = patched.key, Split
		decision.BucketBy, decision.Paused = patched.told.bucketBy, patched.told.paused
		if patched.told.experiment != "" {
			decision.Experiments = []Phase{{patched.told.experiment, patched.told.phase}}
		}
	}
	return &outcome{decision: decision}
}

// remoteConfig compiles a remote config: the overrides that match, what comes of them together, and the patch of an experiment's
// variation on that. Of its experiments those that observe have nothing to look for.
func (compiler compiler) remoteConfig(config *remoteConfig, experiments []*experiment, salt string) step {
	outcomes := newOutcomes(config.key, config.version, map[string]any{baseVariation: config.value}, 0)
	if config.archived {
		off := outcomes.served(baseVariation, Disabled, particulars{})
		return func(*run) *outcome { return off }
	}
	matched := compiler.matched(config)
	plain := newCombinations(config, nil)
	var assigning []*experiment
	var assigned []func(run *run, matched []int64) *outcome
	for _, experiment := range experiments {
		if experiment.assigns {
			assigning = append(assigning, experiment)
			assigned = append(assigned, compiler.patched(config, experiment, salt, outcomes))
		}
	}
	passedBy := outcomes.served(baseVariation, Default, particulars{})
	return func(run *run) *outcome {
		run.positions = matched(run, run.positions[:0])
		positions := run.positions
		if run.fault != nil {
			return faulted
		}
		for _, assign := range assigned {
			if outcome := assign(run, positions); outcome != nil {
				return outcome
			}
		}
		if len(config.overrides) == 0 && anyRuns(assigning, run.now) {
			return passedBy
		}
		return plain.all(positions)
	}
}

// matched finds the positions of the overrides that apply.
func (compiler compiler) matched(config *remoteConfig) func(run *run, into []int64) []int64 {
	asked := make([]holds, len(config.overrides))
	for index, override := range config.overrides {
		asked[index] = compiler.condition(override.when, compiler.path(compiler.indexed("overrides", index), "if"))
	}
	return func(run *run, into []int64) []int64 {
		for index, holds := range asked {
			matches := holds(run)
			if run.fault != nil {
				return into
			}
			if !matches {
				continue
			}
			into = append(into, int64(index))
			if !config.merges {
				return into
			}
		}
		return into
	}
}

func (compiler compiler) patched(
	config *remoteConfig, experiment *experiment, salt string, outcomes *outcomes,
) func(run *run, matched []int64) *outcome {
	enrolment := compiler.enrolment(experiment, salt, outcomes)
	gets := make([]*combinations, len(experiment.shares))
	for index, share := range experiment.shares {
		patch := experiment.patchOf(share.variation)
		gets[index] = newCombinations(config, &patchedVariation{share.variation, patch, assignedBy(experiment)})
	}
	return func(run *run, matched []int64) *outcome {
		index, assigned, otherwise := enrolment.assign(run)
		if !assigned {
			return otherwise
		}
		return gets[index].all(matched)
	}
}
