// Code generated from proto/config.schema.json by `make proto-generate`. DO NOT EDIT.

// Package config holds the grammar of a config document.
package config

import "encoding/json"

// Config is all that an environment serves, at one version.
type Config struct {
	Salt          string                  `json:"salt"`
	SchemaVersion *int64                  `json:"schema_version,omitempty"`
	Algorithm     string                  `json:"algorithm,omitempty"`
	Version       int64                   `json:"version,omitempty"`
	Flags         map[string]Flag         `json:"flags,omitempty"`
	Segments      map[string]Segment      `json:"segments,omitempty"`
	Experiments   map[string]Experiment   `json:"experiments,omitempty"`
	RemoteConfigs map[string]RemoteConfig `json:"remote_configs,omitempty"`
}

// Value is what a variation serves: any JSON value of its flag's type, but null.
type Value = json.RawMessage

// Note is a piece of a flag's metadata.
type Note = json.RawMessage

// FlagType is the type of all values of a flag.
type FlagType string

// Prerequisite is another flag that must serve a variation.
type Prerequisite struct {
	Flag      string `json:"flag"`
	Variation string `json:"variation"`
}

// Target is an individual target.
type Target struct {
	Key       string `json:"key"`
	Variation string `json:"variation"`
	ExpiresAt *int64 `json:"expires_at,omitempty"`
	Override  bool   `json:"override,omitempty"`
}

// Rule is a condition, and what it serves to those that it matches.
type Rule struct {
	If          Condition `json:"if"`
	Then        Serve     `json:"then"`
	ID          string    `json:"id,omitempty"`
	Description string    `json:"description,omitempty"`
}

// Flag is a flag with its settings in one environment.
type Flag struct {
	Key                string           `json:"key"`
	Type               FlagType         `json:"type"`
	Variations         map[string]Value `json:"variations"`
	OffVariation       string           `json:"off_variation"`
	Default            Serve            `json:"default"`
	Enabled            *bool            `json:"enabled,omitempty"`
	Archived           bool             `json:"archived,omitempty"`
	ClientVisible      bool             `json:"client_visible,omitempty"`
	ReportExposures    bool             `json:"report_exposures,omitempty"`
	Prerequisites      []Prerequisite   `json:"prerequisites,omitempty"`
	Targets            []Target         `json:"targets,omitempty"`
	Rules              []Rule           `json:"rules,omitempty"`
	Version            int64            `json:"version,omitempty"`
	Description        string           `json:"description,omitempty"`
	ExposureAttributes []string         `json:"exposure_attributes,omitempty"`
	Metadata           map[string]Note  `json:"metadata,omitempty"`
}

// Serve is what a rule or a default serves.
type Serve struct {
	Variation string   `json:"variation,omitempty"`
	Rollout   *Rollout `json:"rollout,omitempty"`
}

// Share is a variation's part of a rollout.
type Share struct {
	Key    string  `json:"key"`
	Weight float64 `json:"weight"`
}

// Rollout is shares of units; the weights add up to exactly 100.
type Rollout struct {
	Variations []Share `json:"variations"`
	BucketBy   string  `json:"bucket_by,omitempty"`
}

// Literal is what an attribute is compared with; which type, its operator says.
type Literal = json.RawMessage

// Operator is how an attribute is compared.
type Operator string

// Condition is whom something is for.
type Condition struct {
	Attribute string      `json:"attribute,omitempty"`
	Operator  Operator    `json:"operator,omitempty"`
	Value     Literal     `json:"value,omitempty"`
	And       []Condition `json:"and,omitempty"`
	Or        []Condition `json:"or,omitempty"`
	Not       *Condition  `json:"not,omitempty"`
	Segment   string      `json:"segment,omitempty"`
}

// Segment is an audience: excluded, then included, then the condition.
type Segment struct {
	Key      string     `json:"key"`
	Included []string   `json:"included,omitempty"`
	Excluded []string   `json:"excluded,omitempty"`
	If       *Condition `json:"if,omitempty"`
	LongList *LongList  `json:"long_list,omitempty"`
}

// LongList is what a long list holds. Who doesn't have the chunk that a unit belongs to can't tell whether it is listed.
type LongList struct {
	Included int64            `json:"included"`
	Excluded int64            `json:"excluded"`
	Digest   string           `json:"digest"`
	Chunks   []ChunkReference `json:"chunks,omitempty"`
}

// ChunkReference is a chunk of the list, by which it is read.
type ChunkReference struct {
	Number int64  `json:"number"`
	Digest string `json:"digest"`
}

// Chunk is the keys of a long list that one range of hashes leads to; docs/evaluation.md says which.
type Chunk struct {
	Number   int64    `json:"number"`
	Included []string `json:"included"`
	Excluded []string `json:"excluded"`
}

// ExperimentMode is how units come to their variations: by the experiment's own hash, or by the flag's rules.
type ExperimentMode string

// ExperimentVariation is a variation's part of an experiment.
type ExperimentVariation struct {
	Key    string          `json:"key"`
	Weight float64         `json:"weight"`
	Value  map[string]Json `json:"value,omitempty"`
}

// LayerSlot is buckets of a layer that are the experiment's own, from `start` until before `end`.
type LayerSlot struct {
	Key   string `json:"key"`
	Start int64  `json:"start"`
	End   int64  `json:"end"`
}

// Holdout is units that no experiment of this holdout enrols.
type Holdout struct {
	Key   string  `json:"key"`
	Share float64 `json:"share"`
}

// Experiment is an experiment on a flag or a remote config. It runs from `start_at` until before `stop_at`.
type Experiment struct {
	Key        string                `json:"key"`
	Flag       string                `json:"flag"`
	Mode       ExperimentMode        `json:"mode"`
	Variations []ExperimentVariation `json:"variations"`
	StartAt    int64                 `json:"start_at"`
	Traffic    *float64              `json:"traffic,omitempty"`
	StopAt     *int64                `json:"stop_at,omitempty"`
	Audience   *Condition            `json:"audience,omitempty"`
	BucketBy   string                `json:"bucket_by,omitempty"`
	Layer      *LayerSlot            `json:"layer,omitempty"`
	Holdouts   []Holdout             `json:"holdouts,omitempty"`
	Phase      *int64                `json:"phase,omitempty"`
	Seed       string                `json:"seed,omitempty"`
	Paused     bool                  `json:"paused,omitempty"`
}

// Json is any JSON value.
type Json = json.RawMessage

// ResolveMode is which of the overrides that match apply: the first, or all in order.
type ResolveMode string

// ConfigOverride is a condition, and the patch that it puts onto the value.
type ConfigOverride struct {
	If    Condition       `json:"if"`
	Value map[string]Json `json:"value"`
	ID    string          `json:"id,omitempty"`
}

// RemoteConfig is a JSON object with its overrides in one environment, served as an object flag is.
type RemoteConfig struct {
	Key           string           `json:"key"`
	Value         map[string]Json  `json:"value"`
	Resolve       ResolveMode      `json:"resolve,omitempty"`
	Overrides     []ConfigOverride `json:"overrides,omitempty"`
	Invalid       [][]int64        `json:"invalid,omitempty"`
	ClientVisible bool             `json:"client_visible,omitempty"`
	Archived      bool             `json:"archived,omitempty"`
	Version       int64            `json:"version,omitempty"`
	Metadata      map[string]Note  `json:"metadata,omitempty"`
}

// The values of FlagType.
const (
	FlagTypeBoolean FlagType = "boolean"
	FlagTypeString  FlagType = "string"
	FlagTypeInteger FlagType = "integer"
	FlagTypeNumber  FlagType = "number"
	FlagTypeObject  FlagType = "object"
)

// The values of Operator.
const (
	OperatorEq          Operator = "eq"
	OperatorNe          Operator = "ne"
	OperatorIn          Operator = "in"
	OperatorNotIn       Operator = "not_in"
	OperatorGt          Operator = "gt"
	OperatorGte         Operator = "gte"
	OperatorLt          Operator = "lt"
	OperatorLte         Operator = "lte"
	OperatorContains    Operator = "contains"
	OperatorNotContains Operator = "not_contains"
	OperatorStartsWith  Operator = "starts_with"
	OperatorEndsWith    Operator = "ends_with"
	OperatorMatches     Operator = "matches"
	OperatorExists      Operator = "exists"
	OperatorNotExists   Operator = "not_exists"
	OperatorSemverEq    Operator = "semver_eq"
	OperatorSemverGt    Operator = "semver_gt"
	OperatorSemverGte   Operator = "semver_gte"
	OperatorSemverLt    Operator = "semver_lt"
	OperatorSemverLte   Operator = "semver_lte"
	OperatorBefore      Operator = "before"
	OperatorAfter       Operator = "after"
	OperatorInCidr      Operator = "in_cidr"
)

// The values of ExperimentMode.
const (
	ExperimentModeAssigns  ExperimentMode = "assigns"
	ExperimentModeObserves ExperimentMode = "observes"
)

// The values of ResolveMode.
const (
	ResolveModeFirst ResolveMode = "first"
	ResolveModeMerge ResolveMode = "merge"
)
