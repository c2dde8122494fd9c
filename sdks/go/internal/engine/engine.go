// Package engine is the rule engine: a config document and a context in, a decision out.
//
// It has no clock, no logger, no input and no output, and what it decides is said by docs/evaluation.md. A FlagSet never
// changes; a change of the configuration gives another one, which shares what stayed.
package engine

import "errors"

// FlagSet answers for one environment at one version. Any number of goroutines may ask it.
type FlagSet struct {
	version int64
}

// Info is what a client has to know of a flag or remote config beside its decisions.
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
	HasExperiments     bool
}

// Kind tells a flag from a remote config.
type Kind string

// The values of Kind.
const (
	FlagKind         Kind = "flag"
	RemoteConfigKind Kind = "remote_config"
)

// ExperimentUnderWay says whether an experiment on it is under way at `now` (epoch milliseconds).
func (info *Info) ExperimentUnderWay(now int64) bool { return false }

// Chunk names a part of a segment's long list that isn't held.
type Chunk struct {
	Segment string
	Number  int64
	Digest  string
}

// Defect says what can't be read or evaluated: the kind of entity (flag, segment, experiment, remote_config), its key, the
// path of the field in it, and why.
type Defect struct {
	Kind    string
	Key     string
	Field   string
	Message string
}

// Explanation is a decision with its trace, the JSON document that the edge gives.
type Explanation map[string]any

var errUnfinished = errors.New("the engine is being ported")

// FromDocument reads a config document. An entity in it that can't be read or evaluated keeps what `before` (which may be
// nil) held, and stands in Defects; a flag of which nothing was held answers PARSE_ERROR. The error is of a document that as
// a whole is none.
func FromDocument(document []byte, before *FlagSet) (*FlagSet, error) { return nil, errUnfinished }

// With is the set after a change, the `data` of a `change` event of /v1/stream:
// {"version", "flags": {key: document or null}, "segments", "experiments", "remote_configs", "versions": {key: number}}.
// The error is of a change that as a whole is none.
func (set *FlagSet) With(change []byte) (*FlagSet, error) { return nil, errUnfinished }

// WithChunk is the set with one more chunk of a long list, of which `document` is the answer of
// /v1/segments/{segment}/chunks/{number}. The error is of another digest than the segment names, or of no chunk.
func (set *FlagSet) WithChunk(segment string, number int64, document []byte) (*FlagSet, error) {
	return nil, errUnfinished
}

// MissingChunks are those that segments name and that aren't held.
func (set *FlagSet) MissingChunks() []Chunk { return nil }

// Evaluate is what a flag or remote config serves to a context at `now` (epoch milliseconds). It never panics.
func (set *FlagSet) Evaluate(key string, context map[string]any, now int64) *Decision {
	return failure(key, FlagNotFound, "there is no such flag", 0)
}

// Explain is the decision of Evaluate with the ordered trace of how it came about.
func (set *FlagSet) Explain(key string, context map[string]any, now int64) Explanation { return nil }

// Keys are all that answers: flags and remote configs, sorted. Nobody changes the slice.
func (set *FlagSet) Keys() []string { return nil }

// Flag is what is known of a flag or remote config.
func (set *FlagSet) Flag(key string) (*Info, bool) { return nil, false }

// Version is the config version.
func (set *FlagSet) Version() int64 { return set.version }

// ChangedSince are the keys whose answers may differ from those of `before` for somebody (all, if it is nil), sorted.
func (set *FlagSet) ChangedSince(before *FlagSet) []string { return nil }

// Defects are what can't be read or evaluated, sorted by kind and key.
func (set *FlagSet) Defects() []Defect { return nil }
