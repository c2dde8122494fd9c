/** The answer of an evaluation. */

import type { Json, JsonObject } from "./json.js";

/** OpenFeature's resolution reasons, as far as this engine gives them. */
export type Reason = "STATIC" | "DEFAULT" | "TARGETING_MATCH" | "SPLIT" | "DISABLED" | "ERROR";

/** OpenFeature's error codes, as far as this engine gives them. */
export type ErrorCode = "FLAG_NOT_FOUND" | "PARSE_ERROR" | "TARGETING_KEY_MISSING" | "INVALID_CONTEXT" | "GENERAL";

/** Names the default's percentages where a rule's id names those of a rule. */
export const SPLIT_OF_DEFAULT = "$default";

/** An experiment, by its key, in one of its phases (from 1). */
export interface ExperimentPhase {
  readonly key: string;
  readonly phase: number;
}

/** What a decision tells beside flag, value, variation, reason and version. */
export interface Particulars {
  readonly errorCode?: ErrorCode;
  readonly errorMessage?: string;
  readonly experiments?: readonly ExperimentPhase[];
  readonly prerequisite?: string;
  readonly bucketBy?: string;
  readonly override?: boolean;
  readonly paused?: string;
  readonly split?: string;
  readonly applied?: readonly string[];
  readonly invalidCombination?: boolean;
  readonly interned?: boolean;
}

const NONE: readonly never[] = Object.freeze([]);

/**
 * What a flag serves, and why.
 *
 * Every decision that a flag can reach without an unforeseen error is built once and returned again and again: equal
 * answers of one flag at one version are the same object, so a caller may key what it prepares by identity. Neither a
 * decision nor its value is to be changed.
 */
export class Decision {
  /** The key asked for. */
  readonly flag: string;
  /** The variation's value; null with an error. */
  readonly value: Json;
  /** The variation's key; null with an error. */
  readonly variation: string | null;
  readonly reason: Reason;
  /** The config version that last changed the answers of the flag. */
  readonly version: number;
  readonly errorCode: ErrorCode | undefined;
  readonly errorMessage: string | undefined;
  /** Those that the unit takes part in; the one that assigned, or else the first that observes, in front. */
  readonly experiments: readonly ExperimentPhase[];
  /** The prerequisite flag that failed, or whose error this is. */
  readonly prerequisite: string | undefined;
  /** The attribute that is the unit of the split or of the experiments; undefined for the targeting key. */
  readonly bucketBy: string | undefined;
  /** An override of the unit decided. */
  readonly override: boolean;
  /** The experiment that assigned it and is paused, so that nobody belongs to it. */
  readonly paused: string | undefined;
  /** The id of the rule whose percentages decided, `SPLIT_OF_DEFAULT` for those of the default. */
  readonly split: string | undefined;
  /** Of a remote config, the ids of the overrides that matched. */
  readonly applied: readonly string[];
  /** These overrides must not be applied together, and were not. */
  readonly invalidCombination: boolean;
  /** It is the same object each time; false for errors, and for what a remote config reached beyond its memory. */
  readonly interned: boolean;

  constructor(
    flag: string,
    value: Json,
    variation: string | null,
    reason: Reason,
    version: number,
    particulars: Particulars = {},
  ) {
    this.flag = flag;
    this.value = value;
    this.variation = variation;
    this.reason = reason;
    this.version = version;
    this.errorCode = particulars.errorCode;
    this.errorMessage = particulars.errorMessage;
    this.experiments = particulars.experiments ?? NONE;
    this.prerequisite = particulars.prerequisite;
    this.bucketBy = particulars.bucketBy;
    this.override = particulars.override ?? false;
    this.paused = particulars.paused;
    this.split = particulars.split;
    this.applied = particulars.applied ?? NONE;
    this.invalidCombination = particulars.invalidCombination ?? false;
    this.interned = particulars.interned ?? true;
  }

  /** The key of the first of its experiments. */
  get experiment(): string | undefined {
    return this.experiments[0]?.key;
  }

  /** As JSON, in the form that all engines tell; absent parts are left out, value, variation and reason never are. */
  toDocument(): JsonObject {
    return {
      flag: this.flag,
      value: this.value,
      variation: this.variation,
      reason: this.reason,
      version: this.version,
      ...(this.errorCode && { errorCode: this.errorCode, errorMessage: this.errorMessage ?? null }),
      ...(this.experiment !== undefined && {
        experiment: this.experiment,
        experiments: this.experiments.map(({ key, phase }) => ({ key, phase })),
      }),
      ...(this.prerequisite !== undefined && { prerequisite: this.prerequisite }),
      ...(this.bucketBy !== undefined && { bucket_by: this.bucketBy }),
      ...(this.override && { override: true }),
      ...(this.paused !== undefined && { paused: this.paused }),
      ...(this.applied.length > 0 && { overrides: this.applied }),
      ...(this.invalidCombination && { invalid_combination: true }),
    };
  }
}

/** The decision of an evaluation that ended in an error. */
export function failure(
  flag: string,
  errorCode: ErrorCode,
  errorMessage: string,
  version = 0,
  prerequisite?: string,
): Decision {
  const named = prerequisite === undefined ? {} : { prerequisite };
  return new Decision(flag, null, null, "ERROR", version, { errorCode, errorMessage, interned: false, ...named });
}
