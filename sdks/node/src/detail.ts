/** An answer with all that is known of it. */

import type { ExperimentPhase, Json } from "./engine/index.js";
import type { Metadata } from "./metadata.js";
import type { ErrorCode } from "./outcome.js";

/** Why a flag serves what it serves. */
export type Reason = "STATIC" | "DEFAULT" | "TARGETING_MATCH" | "SPLIT" | "DISABLED" | "ERROR";

/** A value that a flag can serve: JSON. In objects an integer that a number can't hold is a `bigint`. Objects are frozen. */
export type FlagValue = Json;

/** What a flag serves to a user, and why. */
export interface Detail<T = FlagValue> {
  /** The flag's, or the caller's default with an error. */
  readonly value: T;
  /** The variation's key; undefined with an error. */
  readonly variant: string | undefined;
  readonly reason: Reason;
  readonly errorCode: ErrorCode | undefined;
  readonly errorMessage: string | undefined;
  /** The config version that last changed this flag's answers; 0 with an error before that is known. */
  readonly version: number;
  /** The key of the first of its experiments. */
  readonly experiment: string | undefined;
  /** The experiments that the user takes part in. */
  readonly experiments: readonly ExperimentPhase[];
  readonly metadata: Metadata;
}
