/**
 * The configuration of one environment as read and checked, immutable data.
 *
 * Times are epoch milliseconds, weights and shares hundredths of a percent (0 to 10,000, so a bucket compares with them
 * directly). What an operator needs of its literal is made ready when it is read.
 */

import type { FlagType } from "../config.gen.js";
import type { Read } from "./attributes.js";
import type { Json, JsonObject } from "./json.js";
import type { LongList } from "./long_lists.js";
import type { Operator, Test } from "./operators.js";

/** A condition on one attribute. */
export interface Comparison {
  readonly form: "comparison";
  readonly attribute: string;
  readonly operatorName: string;
  /** Undefined for `exists` and `not_exists`. */
  readonly value: Json | undefined;
  readonly operator: Operator;
  readonly read: Read;
  readonly test: Test;
}

/** True when all conditions are (`and`), or at least one is (`or`). */
export interface Joined {
  readonly form: "and" | "or";
  readonly conditions: readonly Condition[];
}

/** True when the condition is not. */
export interface Not {
  readonly form: "not";
  readonly condition: Condition;
}

/** True when the context is in the segment. */
export interface InSegment {
  readonly form: "segment";
  readonly segment: string;
}

export type Condition = Comparison | Joined | Not | InSegment;

/** One variation's part of a rollout. */
export interface Share {
  readonly variation: string;
  readonly weight: number;
}

/** Shares that add up to 10,000; `bucketBy` is undefined for the targeting key. */
export interface Rollout {
  readonly shares: readonly Share[];
  readonly bucketBy: string | undefined;
}

/** One variation for everybody, or a rollout. */
export type Serve = { readonly variation: string } | Rollout;

export interface Rule {
  /** Unique within its flag. */
  readonly id: string;
  readonly description: string;
  readonly condition: Condition;
  readonly serve: Serve;
}

/** An individual target: `key` gets `variation` while the time is before `expiresAt`. */
export interface Target {
  readonly key: string;
  readonly variation: string;
  readonly expiresAt: number | undefined;
  /** It comes before those that are none, and its decision says so. */
  readonly override: boolean;
}

/** A flag that must serve a variation first. */
export interface Prerequisite {
  readonly flag: string;
  readonly variation: string;
}

export interface Flag {
  readonly key: string;
  readonly type: FlagType;
  /** The values as the flag's type says them. */
  readonly variations: ReadonlyMap<string, Json>;
  readonly offVariation: string;
  readonly default: Serve;
  readonly enabled: boolean;
  readonly archived: boolean;
  readonly clientVisible: boolean;
  readonly reportExposures: boolean;
  readonly prerequisites: readonly Prerequisite[];
  readonly targets: readonly Target[];
  readonly rules: readonly Rule[];
  readonly version: number;
  readonly metadata: Readonly<Record<string, string | number | boolean>>;
  readonly exposureAttributes: readonly string[];
  readonly document: JsonObject;
}

/** A reusable audience, by precedence: excluded keys, then included keys, then the condition. */
export interface Segment {
  readonly key: string;
  readonly included: ReadonlySet<string>;
  readonly excluded: ReadonlySet<string>;
  readonly condition: Condition | undefined;
  readonly longList: LongList | undefined;
  readonly document: JsonObject;
}

/** Buckets `start <= bucket < end` of a layer. */
export interface LayerSlot {
  readonly layer: string;
  readonly start: number;
  readonly end: number;
}

/** A share of units that no experiment naming this holdout ever enrols. */
export interface Holdout {
  readonly key: string;
  readonly share: number;
}

/** An experiment on a flag or a remote config. It runs from `startAt` until before `stopAt`. */
export interface Experiment {
  readonly key: string;
  readonly flag: string;
  readonly mode: "assigns" | "observes";
  /** The assigned weights, or for one that observes, the expected ones. */
  readonly shares: readonly Share[];
  readonly startAt: number;
  readonly stopAt: number | undefined;
  /** The part of the audience that takes part. */
  readonly traffic: number;
  readonly audience: Condition | undefined;
  readonly bucketBy: string | undefined;
  readonly slot: LayerSlot | undefined;
  readonly holdouts: readonly Holdout[];
  readonly phase: number;
  readonly seed: string | undefined;
  readonly paused: boolean;
  /** Merge patches by variation, put onto what a remote config would otherwise give. */
  readonly patches: ReadonlyMap<string, JsonObject>;
  readonly document: JsonObject;
}

/** What stands for the experiment in the hashes of its assignment and its traffic. */
export function hashedAs(experiment: Experiment): string {
  return experiment.seed ?? experiment.key;
}

/** Does it run at this time? Paused ones do. */
export function isUnderWay({ startAt, stopAt }: Experiment, now: number): boolean {
  return startAt <= now && (stopAt === undefined || now < stopAt);
}

/** A condition, and the patch that it puts onto a remote config's value. */
export interface ConfigOverride {
  readonly id: string;
  readonly condition: Condition;
  readonly value: JsonObject;
}

/** A JSON object with its overrides. */
export interface RemoteConfig {
  readonly key: string;
  readonly value: JsonObject;
  /** Which of the overrides that match apply: the first, or all of them in their order. */
  readonly resolve: "first" | "merge";
  readonly overrides: readonly ConfigOverride[];
  /** Sets of positions of overrides that must not be applied together. */
  readonly invalid: readonly (readonly number[])[];
  readonly clientVisible: boolean;
  readonly archived: boolean;
  readonly version: number;
  readonly metadata: Readonly<Record<string, string | number | boolean>>;
  readonly document: JsonObject;
}
