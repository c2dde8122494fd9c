/** References between entities: which flags and segments one names, and whether they are there. */

import { told, type Table } from "./entities.js";
import type { Condition, Experiment, Flag, RemoteConfig, Segment } from "./model.js";

/** Keys that what answers under a key names. */
export interface References {
  readonly flags: ReadonlySet<string>;
  readonly segments: ReadonlySet<string>;
}

const NOTHING: ReadonlySet<string> = new Set();

/** The segments in a condition, at any depth. */
export function* segmentsIn(condition: Condition | undefined): Iterable<string> {
  switch (condition?.form) {
    case "segment":
      yield condition.segment;
      break;
    case "not":
      yield* segmentsIn(condition.condition);
      break;
    case "and":
    case "or":
      for (const part of condition.conditions) yield* segmentsIn(part);
      break;
    default:
  }
}

function segmentsOf(conditions: Iterable<Condition | undefined>): ReadonlySet<string> {
  const found = new Set<string>();
  for (const condition of conditions) {
    for (const segment of segmentsIn(condition)) found.add(segment);
  }
  return found.size > 0 ? found : NOTHING;
}

/** What a flag or remote config names, and what the experiments on it do. */
export function referencesOf(one: Flag | RemoteConfig, experiments: readonly Experiment[]): References {
  const parts = "rules" in one ? one.rules : one.overrides;
  const conditions = [...parts.map((part) => part.condition), ...experiments.map((each) => each.audience)];
  const prerequisites = "rules" in one ? one.prerequisites : [];
  return {
    flags: prerequisites.length > 0 ? new Set(prerequisites.map((each) => each.flag)) : NOTHING,
    segments: segmentsOf(conditions),
  };
}

/** What only tells which keys it has. */
export type Keys = { readonly size: number; has(key: string): boolean; keys(): Iterable<string> };

/** Why something can't be evaluated because of what it names. `isBroken`: that is there, and can't be evaluated itself. */
export interface Missing {
  readonly reason: string;
  readonly isBroken: boolean;
}

/** The segments of one flag set, with why some can't be asked. */
export class Directory {
  /** Each segment that is there, with those that it names. */
  readonly #named: ReadonlyMap<string, ReadonlySet<string>>;
  /** Why a segment can't be asked: it is broken, or names one that is broken or absent, directly or through others. */
  readonly #unusable: ReadonlyMap<string, Missing>;

  private constructor(named: ReadonlyMap<string, ReadonlySet<string>>, unusable: ReadonlyMap<string, Missing>) {
    this.#named = named;
    this.#unusable = unusable;
  }

  static of({ good, flaws }: Table<Segment>): Directory {
    const flawed = [...flaws.values()].filter((flaw) => !good.has(flaw.key));
    const broken = new Map(flawed.map((flaw) => [flaw.key, told(flaw)]));
    const named = new Map<string, ReadonlySet<string>>();
    for (const key of broken.keys()) named.set(key, NOTHING);
    for (const [key, segment] of good) named.set(key, segmentsOf([segment.condition]));
    return new Directory(named, unusableOf(named, broken));
  }

  /** Segments that can be asked in one of the two and not in the other, or not for the same reason. */
  segmentsThatDiffer(other: Directory): ReadonlySet<string> {
    if (this.#named === other.#named) return NOTHING;
    const keys = new Set([...this.#named.keys(), ...other.#named.keys()]);
    return new Set([...keys].filter((key) => this.#standing(key) !== other.#standing(key)));
  }

  #standing(key: string): string | boolean {
    return this.#unusable.get(key)?.reason ?? this.#named.has(key);
  }

  /** These segments and all that name one of them, directly or through others. */
  reaching(segments: Iterable<string>): Set<string> {
    const found = new Set(segments);
    const referrers = referrersIn(this.#named);
    for (const key of found) {
      for (const referrer of referrers.get(key) ?? []) found.add(referrer);
    }
    return found;
  }

  /**
   * Why something can't be evaluated although it is sound itself; undefined when all that it names is there. What is
   * archived is off, and what it names may have gone with it. `variations`: of a flag; undefined where there is none.
   */
  missing(
    one: Flag | RemoteConfig,
    references: References,
    variations: (flag: string) => Keys | undefined,
  ): Missing | undefined {
    if (one.archived) return undefined;
    for (const key of [...references.segments].sort()) {
      if (!this.#named.has(key)) return absent(`there is no segment '${key}'`);
      const reason = this.#unusable.get(key);
      if (reason !== undefined) return reason;
    }
    for (const { flag, variation } of "rules" in one ? one.prerequisites : []) {
      // What a broken flag serves is asked when it is needed, and is an error then.
      const there = variations(flag);
      if (there === undefined) return absent(`there is no flag '${flag}', which is a prerequisite`);
      if (!there.has(variation)) return absent(`the prerequisite '${flag}' has no variation '${variation}'`);
    }
    return undefined;
  }
}

function absent(reason: string): Missing {
  return { reason, isBroken: false };
}

function unusableOf(
  named: ReadonlyMap<string, ReadonlySet<string>>,
  broken: ReadonlyMap<string, string>,
): ReadonlyMap<string, Missing> {
  const reasons = new Map<string, Missing>();
  for (const [key, reason] of broken) reasons.set(key, { reason: `segment '${key}': ${reason}`, isBroken: true });
  for (const [key, others] of named) {
    const other = [...others].sort().find((each) => !named.has(each));
    if (other !== undefined && !reasons.has(key)) {
      reasons.set(key, absent(`segment '${key}': there is no segment '${other}'`));
    }
  }
  const referrers = referrersIn(named);
  for (const [key, reason] of reasons) {
    for (const referrer of referrers.get(key) ?? []) {
      if (!reasons.has(referrer)) reasons.set(referrer, reason);
    }
  }
  return reasons;
}

/** Each segment that is named, with those that name it. */
function referrersIn(named: ReadonlyMap<string, ReadonlySet<string>>): ReadonlyMap<string, readonly string[]> {
  const referrers = new Map<string, string[]>();
  for (const [key, others] of named) {
    for (const other of others) {
      const known = referrers.get(other);
      if (known === undefined) referrers.set(other, [key]);
      else known.push(key);
    }
  }
  return referrers;
}

/** Have the two sets a key in common? */
export function meets(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  for (const key of one) if (other.has(key)) return true;
  return false;
}

/** Have the two the same keys? */
export function sameKeys(one: Keys | undefined, other: Keys | undefined): boolean {
  return one === other || (one?.size === other?.size && [...(one?.keys() ?? [])].every((key) => other?.has(key)));
}
