/** What a decision is to an application, prepared once for each outcome that a flag can have. */

import { Decision, type FlagInfo, type Json } from "./engine/index.js";

/** OpenFeature's error codes, as far as this SDK gives them. */
export type ErrorCode =
  | "FLAG_NOT_FOUND"
  | "PARSE_ERROR"
  | "TARGETING_KEY_MISSING"
  | "INVALID_CONTEXT"
  | "TYPE_MISMATCH"
  | "PROVIDER_NOT_READY"
  | "GENERAL";

/** What a caller asks for, one bit each: an outcome serves several. */
export const BOOLEAN = 1;
export const STRING = 2;
export const INTEGER = 4;
export const NUMBER = 8;
export const OBJECT = 16;
/** An integer of any size. */
export const BIGINT = 32;
export const ANY = 64;

const NAMES = new Map([
  [BOOLEAN, "boolean"], [STRING, "string"], [INTEGER, "integer"], [NUMBER, "number"], [OBJECT, "object"], [BIGINT, "bigint"],
]);

/** When an outcome is reported as an exposure. */
export const NEVER = 0;
export const ALWAYS = 1;
/** While an experiment is under way. */
export const BY_TIME = 2;

/** One outcome of one flag at one version: what is served, and what is counted and reported of it. */
export class Outcome {
  readonly decision: Decision;
  readonly info: FlagInfo | undefined;
  /** Frozen, because all callers get the same. */
  readonly value: Json;
  readonly errorCode: ErrorCode | undefined;
  readonly errorMessage: string | undefined;
  /** What may ask for it. */
  readonly serves: number;
  readonly exposes: typeof NEVER | typeof ALWAYS | typeof BY_TIME;
  /** What makes exposures of the same unit the same. */
  readonly mark: string;
  /** Evaluations since usage was told, and those of them that asked for all flags. */
  count = 0;
  bulk = 0;
  #mismatches: Map<number, Outcome> | undefined;

  /** `mismatch`: it is asked for as what it is not. */
  constructor(decision: Decision, info: FlagInfo | undefined, mismatch?: string) {
    this.decision = decision;
    this.info = info;
    this.value = valueOf(decision, info);
    this.errorCode = mismatch === undefined ? decision.errorCode : "TYPE_MISMATCH";
    this.errorMessage = mismatch ?? decision.errorMessage;
    this.serves = this.errorCode === undefined && info ? servesOf(info) : 0;
    this.exposes = this.errorCode === undefined && info ? exposesOf(decision, info) : NEVER;
    this.mark = this.exposes === NEVER && this.errorCode !== undefined ? "" : markOf(decision);
  }

  /** Is the caller's default served? */
  get failed(): boolean {
    return this.errorCode !== undefined;
  }

  /** The outcome for who asks for `wanted` and is not served. */
  mismatch(wanted: number): Outcome {
    if (this.errorCode !== undefined) return this;
    this.#mismatches ??= new Map();
    let mismatch = this.#mismatches.get(wanted);
    if (!mismatch) {
      mismatch = new Outcome(this.decision, this.info, mismatchOf(this, NAMES.get(wanted)));
      this.#mismatches.set(wanted, mismatch);
    }
    return mismatch;
  }
}

function servesOf({ type }: FlagInfo): number {
  switch (type) {
    case "boolean":
      return ANY | BOOLEAN;
    case "string":
      return ANY | STRING;
    case "integer":
      return ANY | INTEGER | BIGINT | NUMBER;
    case "number":
      return ANY | NUMBER;
    case "object":
      return ANY | OBJECT;
  }
}

function mismatchOf({ decision, info }: Outcome, wanted: string | undefined): string {
  if (wanted === undefined) return `${decision.flag}: no flag serves a value of the default's type`;
  return `${decision.flag} is of type ${info?.type ?? "unknown"}, and ${wanted} was asked for`;
}

function exposesOf(decision: Decision, info: FlagInfo): typeof NEVER | typeof ALWAYS | typeof BY_TIME {
  if (decision.experiments.length > 0 || info.reportExposures) return ALWAYS;
  return info.kind === "remote_config" && info.hasExperiments ? BY_TIME : NEVER;
}

function markOf(decision: Decision): string {
  return JSON.stringify([
    decision.flag,
    decision.variation,
    decision.experiments.map(({ key, phase }) => [key, phase]),
    decision.bucketBy ?? "",
    decision.override,
    decision.split ?? null,
  ]);
}

/** A flag of type number serves numbers, however many digits its document has; only in objects are integers exact. */
function valueOf({ value }: Decision, info: FlagInfo | undefined): Json {
  return info?.type === "number" && typeof value === "bigint" ? Number(value) : frozen(value);
}

/** So that nobody changes what others are served. */
function frozen(value: Json): Json {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  for (const each of Object.values(value)) frozen(each);
  return Object.freeze(value) as Json;
}

/** The outcomes of decisions, found again by identity. */
export class Outcomes {
  #known = new WeakMap<Decision, Outcome>();

  /** `info` is asked for only where the outcome is new. */
  of(decision: Decision, info: (flag: string) => FlagInfo | undefined): Outcome {
    const known = this.#known.get(decision);
    if (known) return known;
    const outcome = new Outcome(decision, info(decision.flag));
    if (decision.interned) this.#known.set(decision, outcome);
    return outcome;
  }
}
