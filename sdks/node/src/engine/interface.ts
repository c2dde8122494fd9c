/** What goes into the engine and comes out of it beside decisions. */

import type { Experiment, Flag, FlagType, Note, RemoteConfig, Segment } from "../config.gen.js";
import type { JsonObject } from "./json.js";

/** An evaluation context: attributes by name, the targeting key as `targetingKey`. Plain JSON. */
export type Context = JsonObject;

/** The `data` of a `change` event of `/v1/stream`: what is different by key, null for what is gone. */
export interface Change {
  readonly version: number;
  readonly flags?: Readonly<Record<string, Flag | null>>;
  readonly segments?: Readonly<Record<string, Segment | null>>;
  readonly experiments?: Readonly<Record<string, Experiment | null>>;
  readonly remote_configs?: Readonly<Record<string, RemoteConfig | null>>;
  /** Flags and remote configs whose answers changed through something else, with the version of their answers. */
  readonly versions?: Readonly<Record<string, number>>;
}

/** The keys of one chunk of a long list. */
export interface ChunkKeys {
  readonly included: readonly string[];
  readonly excluded: readonly string[];
}

/** A chunk that is named and not held. */
export interface MissingChunk {
  /** The segment's key. */
  readonly segment: string;
  readonly number: number;
  /** SHA-256 of its document as it is answered, 64 hexadecimal digits. */
  readonly digest: string;
}

/** Something that this engine can't evaluate. */
export interface Defect {
  readonly kind: "flag" | "segment" | "experiment" | "remote_config";
  readonly key: string;
  /** The path of the field below the entity, `rules[0].if.value`; "" for the whole. */
  readonly field: string;
  readonly message: string;
}

/** What is known of a flag or a remote config beside what it serves. */
export interface FlagInfo {
  readonly kind: "flag" | "remote_config";
  readonly type: FlagType;
  /** The config version that last changed its answers. */
  readonly version: number;
  readonly reportExposures: boolean;
  readonly clientVisible: boolean;
  readonly metadata: Readonly<Record<string, Note>>;
  /** Attributes that its exposures carry. */
  readonly exposureAttributes: readonly string[];
  /** Are there experiments on it, running or not? */
  readonly hasExperiments: boolean;
  /** Does an experiment that assigns run on it at this time (epoch milliseconds)? */
  experimentUnderWay(now: number): boolean;
}

/** A decision with its trace. */
export interface Explanation {
  readonly decision: JsonObject;
  /** The version of the whole flag set. */
  readonly config_version: number;
  /** Epoch milliseconds. */
  readonly now: number;
  /** One object a step, each with `step` (its kind) and `result`. */
  readonly steps: readonly JsonObject[];
  /** The memberships that were asked for, by segment. */
  readonly segments: JsonObject;
}
