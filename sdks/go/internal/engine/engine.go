// Package engine is the rule engine: a config document and a context in, a decision out.
//
// It has no clock, no logger, no input and no output, and what it decides is said by docs/evaluation.md. A FlagSet never
// changes; a change of the configuration gives another one, which shares what stayed.
package engine

import (
	"fmt"
	"maps"
)

// FlagSet answers for one environment at one version. Any number of goroutines may ask it.
type FlagSet struct {
	salt        string
	version     int64
	flags       map[string]*flag
	configs     map[string]*remoteConfig
	segments    map[string]*segment
	experiments map[string]*experiment
	// onFlag are the experiments on each flag, in the order in which they are asked.
	onFlag   map[string][]*experiment
	items    map[string]*item
	unusable map[string]*unusableReason
	keys     []string
	// unread says of entities that can't be read why; what was held of them before goes on.
	unread map[entityName]*fieldError
}

// Info is what a client has to know of a flag or remote config beside its decisions. Nobody changes one.
type Info struct {
	Key  string
	Kind Kind
	// Type is the type of the values: boolean, string, integer, number or object.
	Type               string
	ReportExposures    bool
	ClientVisible      bool
	Metadata           map[string]any
	ExposureAttributes []string
	Version            int64
	// HasExperiments says whether there are experiments on it, running or not.
	HasExperiments bool
	experiments    []*experiment
}

// Kind tells a flag from a remote config.
type Kind string

// The values of Kind.
const (
	FlagKind         Kind = "flag"
	RemoteConfigKind Kind = "remote_config"
)

// ExperimentUnderWay says whether an experiment that assigns runs on it at `now` (epoch milliseconds).
func (info *Info) ExperimentUnderWay(now int64) bool {
	for _, experiment := range info.experiments {
		if experiment.assigns && experiment.runs(now) {
			return true
		}
	}
	return false
}

// Evaluate is what a flag or remote config serves to a context at `now` (epoch milliseconds). It never panics; a nil context is an
// empty one. An error is a decision, too: FLAG_NOT_FOUND, PARSE_ERROR, TARGETING_KEY_MISSING, INVALID_CONTEXT, or GENERAL for a
// cycle and anything unforeseen.
func (set *FlagSet) Evaluate(key string, context map[string]any, now int64) (decision *Decision) {
	item := set.items[key]
	if item == nil {
		return unknownFlag(key)
	}
	defer func() {
		if cause := recover(); cause != nil {
			decision = unforeseen(item, cause)
		}
	}()
	run := newRun(set, context, now)
	decision = item.decide(run, item.version)
	run.done()
	return decision
}

// EvaluateAny is Evaluate for a context that may be no object.
func (set *FlagSet) EvaluateAny(key string, context any, now int64) *Decision {
	members, isObject := context.(map[string]any)
	item := set.items[key]
	if isObject || item == nil || !item.isGood() {
		return set.Evaluate(key, members, now)
	}
	return failure(key, InvalidContext, "the context must be an object", item.version)
}

// unforeseen is the decision that stands for a panic; its text never repeats the context.
func unforeseen(item *item, cause any) *Decision {
	return failure(item.key, General, fmt.Sprintf("the evaluation failed: %T", cause), item.version)
}

func unknownFlag(key string) *Decision { return failure(key, FlagNotFound, "there is no such flag", 0) }

// Keys are all that answers: flags and remote configs, sorted. Nobody changes the slice.
func (set *FlagSet) Keys() []string { return set.keys }

// Flag is what is known of a flag or remote config; false if there is none.
func (set *FlagSet) Flag(key string) (*Info, bool) {
	item := set.items[key]
	if item == nil {
		return nil, false
	}
	return item.info, true
}

// Version is the config version.
func (set *FlagSet) Version() int64 { return set.version }

// Chunk names a part of a segment's long list that isn't held.
type Chunk struct {
	Segment string
	Number  int64
	Digest  string
}

// MissingChunks are those that segments name and that aren't held.
func (set *FlagSet) MissingChunks() []Chunk {
	var missing []Chunk
	for _, key := range sortedKeys(set.segments) {
		list := set.segments[key].longList
		if list == nil {
			continue
		}
		for _, number := range list.missing() {
			missing = append(missing, Chunk{key, number, fmt.Sprintf("%x", list.references[number])})
		}
	}
	return missing
}

// ChunkDigests are of all chunks that segments name, held or not.
func (set *FlagSet) ChunkDigests() map[string]bool {
	digests := map[string]bool{}
	for _, segment := range set.segments {
		if segment.longList == nil {
			continue
		}
		for _, reference := range segment.longList.references {
			digests[fmt.Sprintf("%x", reference)] = true
		}
	}
	return digests
}

// WithChunk is the set with one more chunk of a long list, of which `document` is the answer of
// /v1/segments/{segment}/chunks/{number}. The error is of another digest than the segment names, or of no chunk.
func (set *FlagSet) WithChunk(segment string, number int64, document []byte) (*FlagSet, error) {
	held := set.segments[segment]
	if held == nil {
		return nil, fmt.Errorf("there is no segment %s", quoted(segment))
	}
	grown, err := held.withChunk(number, document)
	if err != nil {
		return nil, err
	}
	next := *set
	next.segments = maps.Clone(set.segments)
	next.segments[segment] = grown
	return &next, nil
}
