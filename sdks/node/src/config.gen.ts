// Generated from proto/config.schema.json by `make proto-generate`; do not edit.

/** All that an environment serves, at one version. */
export interface Config {
  /** Of the environment's buckets. */
  salt: string;
  schema_version?: 1;
  algorithm?: "sha256-10000-v1";
  /** Absent: 0. */
  version?: number;
  /** Absent: {}. */
  flags?: Record<string, Flag>;
  /** Absent: {}. */
  segments?: Record<string, Segment>;
  /** Absent: {}. */
  experiments?: Record<string, Experiment>;
  /** Absent: {}. */
  remote_configs?: Record<string, RemoteConfig>;
}

/** What a variation serves: any JSON value of its flag's type, but null. */
export type Value = null | boolean | number | string | Value[] | { [key: string]: Value };

/** A piece of a flag's metadata. */
export type Note = string | number | boolean;

/** The type of all values of a flag. */
export type FlagType = "boolean" | "string" | "integer" | "number" | "object";

/** Another flag that must serve a variation. */
export interface Prerequisite {
  /** Its key. */
  flag: string;
  variation: string;
}

/** An individual target. */
export interface Target {
  /** The targeting key. */
  key: string;
  variation: string;
  /** Epoch milliseconds; absent: never. */
  expires_at?: number;
  /** Comes before those that are none, and leaves results alone. Absent: false. */
  override?: boolean;
}

/** A condition, and what it serves to those that it matches. */
export interface Rule {
  if: Condition;
  then: Serve;
  /** Unique in its flag; absent: `rule-1` for the first, and so on. */
  id?: string;
  /** For people. Absent: "". */
  description?: string;
}

/** A flag with its settings in one environment. */
export interface Flag {
  key: string;
  type: FlagType;
  /** The values by the variations' keys, in the order of their author. */
  variations: Record<string, Value>;
  /** Served when the flag is off, and when a prerequisite fails. */
  off_variation: string;
  /** Served when nothing else decides. */
  default: Serve;
  /** Off serves the off variation. Absent: true. */
  enabled?: boolean;
  /** Out of use: the same as off. Absent: false. */
  archived?: boolean;
  /** May client keys see what it evaluates to? Absent: false. */
  client_visible?: boolean;
  /** Are evaluations at the edge exposures? Absent: false. */
  report_exposures?: boolean;
  /** Absent: []. */
  prerequisites?: Prerequisite[];
  /** Absent: []. */
  targets?: Target[];
  /** From the top, the first match decides. Absent: []. */
  rules?: Rule[];
  /** The config version that changed its answers last. Absent: 0. */
  version?: number;
  /** For people. Absent: "". */
  description?: string;
  /** Attributes that reported exposures carry. Absent: []. */
  exposure_attributes?: string[];
  /** Stands in each answer, as its editors set it. Absent: {}. */
  metadata?: Record<string, Note>;
}

/** One variation for everybody. */
export interface Served {
  /** Its key. */
  variation: string;
}

/** A rollout. */
export interface Split {
  rollout: Rollout;
}

/** What a rule or a default serves. */
export type Serve = Served | Split;

/** A variation's part of a rollout. */
export interface Share {
  /** The variation. */
  key: string;
  /** Percent of the units. At most two decimals. */
  weight: number;
}

/** Shares of units; the weights add up to exactly 100. */
export interface Rollout {
  variations: Share[];
  /** The attribute that is the unit; absent: the targeting key. */
  bucket_by?: string;
}

/** What an attribute is compared with; which type, its operator says. */
export type Literal = string | number | boolean | (string | number | boolean)[];

/** How an attribute is compared. */
export type Operator = "eq" | "ne" | "in" | "not_in" | "gt" | "gte" | "lt" | "lte" | "contains" | "not_contains" | "starts_with" | "ends_with" | "matches" | "exists" | "not_exists" | "semver_eq" | "semver_gt" | "semver_gte" | "semver_lt" | "semver_lte" | "before" | "after" | "in_cidr";

/** An attribute compared with a literal. */
export interface Comparison {
  /** A name, or a path with dots. */
  attribute: string;
  operator: Operator;
  /** Absent for exists and not_exists. */
  value?: Literal;
}

/** Every one of them. */
export interface AllOf {
  and: Condition[];
}

/** At least one of them. */
export interface AnyOf {
  or: Condition[];
}

/** Plain negation. */
export interface Not {
  not: Condition;
}

/** Membership of a segment. */
export interface InSegment {
  /** Its key. */
  segment: string;
}

/** Whom something is for. */
export type Condition = Comparison | AllOf | AnyOf | Not | InSegment;

/** An audience: excluded, then included, then the condition. */
export interface Segment {
  key: string;
  /** Targeting keys. Absent: []. */
  included?: string[];
  /** Targeting keys. Absent: []. */
  excluded?: string[];
  /** Absent: nobody else. */
  if?: Condition;
  /** Further keys, which come by themselves. Absent: none. */
  long_list?: LongList;
}

/** What a long list holds. Who doesn't have the chunk that a unit belongs to can't tell whether it is listed. */
export interface LongList {
  /** How many keys. */
  included: number;
  /** How many keys. */
  excluded: number;
  /** The sum of its chunks' digests modulo 2^256. */
  digest: string;
  /** Absent on the bus, where each chunk is an entry of its own. */
  chunks?: ChunkReference[];
}

/** A chunk of the list, by which it is read. */
export interface ChunkReference {
  number: number;
  /** SHA-256 of the chunk's document as it is answered. */
  digest: string;
}

/** The keys of a long list that one range of hashes leads to; docs/evaluation.md says which. */
export interface Chunk {
  number: number;
  /** Targeting keys, sorted. */
  included: string[];
  /** Targeting keys, sorted. */
  excluded: string[];
}

/** How units come to their variations: by the experiment's own hash, or by the flag's rules. */
export type ExperimentMode = "assigns" | "observes";

/** A variation's part of an experiment. */
export interface ExperimentVariation {
  /** The variation. */
  key: string;
  /** Percent of the units. At most two decimals. */
  weight: number;
  /** A JSON Merge Patch (RFC 7396) on what a remote config would otherwise give; absent: none. */
  value?: Record<string, Json>;
}

/** Buckets of a layer that are the experiment's own, from `start` until before `end`. */
export interface LayerSlot {
  /** The layer. */
  key: string;
  start: number;
  end: number;
}

/** Units that no experiment of this holdout enrols. */
export interface Holdout {
  key: string;
  /** Percent of all units. At most two decimals. */
  share: number;
}

/** An experiment on a flag or a remote config. It runs from `start_at` until before `stop_at`. */
export interface Experiment {
  key: string;
  /** The key of a flag or of a remote config. */
  flag: string;
  mode: ExperimentMode;
  /** Assigned, or for one that observes, expected. */
  variations: ExperimentVariation[];
  /** Epoch milliseconds. */
  start_at: number;
  /** The part of the audience that takes part. At most two decimals. Absent: 100. */
  traffic?: number;
  /** Epoch milliseconds; absent: open end. */
  stop_at?: number;
  /** Absent: everybody. */
  audience?: Condition;
  /** The attribute that is the unit; absent: the targeting key. */
  bucket_by?: string;
  layer?: LayerSlot;
  /** Absent: []. */
  holdouts?: Holdout[];
  /** Exposures name it; from 1. Absent: 1. */
  phase?: number;
  /** What its assignment and its traffic are hashed with; absent: its key. */
  seed?: string;
  /** It assigns as before, and nobody belongs to it. Absent: false. */
  paused?: boolean;
}

/** Any JSON value. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Which of the overrides that match apply: the first, or all in order. */
export type ResolveMode = "first" | "merge";

/** A condition, and the patch that it puts onto the value. */
export interface ConfigOverride {
  if: Condition;
  /** A JSON Merge Patch (RFC 7396). */
  value: Record<string, Json>;
  /** Unique in its remote config; absent: `override-1` for the first, and so on. */
  id?: string;
}

/** A JSON object with its overrides in one environment, served as an object flag is. */
export interface RemoteConfig {
  /** No flag has the same. */
  key: string;
  /** Served where no override applies. */
  value: Record<string, Json>;
  /** Absent: "first". */
  resolve?: ResolveMode;
  /** Absent: []. */
  overrides?: ConfigOverride[];
  /** Sets of positions of overrides: where exactly these match, the value is served. Absent: []. */
  invalid?: number[][];
  /** May client keys see what it evaluates to? Absent: false. */
  client_visible?: boolean;
  /** Out of use: its value is served. Absent: false. */
  archived?: boolean;
  /** The config version that changed its answers last. Absent: 0. */
  version?: number;
  /** Stands in each answer, as its editors set it. Absent: {}. */
  metadata?: Record<string, Note>;
}
