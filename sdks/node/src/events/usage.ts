/** What was evaluated, and how often: told once a minute, never one event an evaluation. */

import type { Outcome } from "../outcome.js";
import { VERSION } from "../version.js";
import { uuid7 } from "./identity.js";

const SDK = `node/${VERSION}`;
/** Counts of one event. */
const COUNTS_MAX = 500;
/** Characters of one event, below the 32 KiB that an ingestor takes. */
const EVENT_LENGTH_MAX = 24_000;
const VARIATION_LENGTH_MAX = 128;
/** Different outcomes of one interval; more are not counted. */
const WAYS_MAX = 50_000;
/** Keys that are no flag's and are told by name; further ones are told together. */
const UNKNOWN_MAX = 100;
const KEY_LENGTH_MAX = 128;

/** A count as it is told. */
interface Count {
  readonly flag: string;
  readonly variation?: string;
  readonly reason: string;
  readonly error?: string;
  readonly bulk?: true;
  readonly sdk: string;
  count: number;
}

/** Counts on the outcomes themselves, so that counting is an addition. */
export class Usage {
  #counted: Outcome[] = [];
  /** Of what is another object each time: failures, and remote configs of very many combinations. */
  #others = new Map<string, Count>();
  #unknown = new Set<string>();
  #since: number;

  /** `now`: epoch milliseconds, as everywhere here. */
  constructor(now: number) {
    this.#since = now;
  }

  /** One evaluation; `bulk` where all flags were asked for. */
  count(outcome: Outcome, bulk: boolean): void {
    if (!outcome.decision.interned) return this.#countOther(outcome, bulk);
    if (outcome.count === 0 && outcome.bulk === 0) {
      if (this.#counted.length >= WAYS_MAX) return;
      this.#counted.push(outcome);
    }
    if (bulk) outcome.bulk += 1;
    else outcome.count += 1;
  }

  /** Was anything counted? */
  get pending(): boolean {
    return this.#counted.length > 0 || this.#others.size > 0;
  }

  /** The events of what was counted since they were taken last; empty where that is nothing. */
  take(now: number): object[] {
    const counts: Count[] = [...this.#others.values()];
    for (const outcome of this.#counted) {
      if (outcome.count > 0) counts.push(told(outcome, outcome.decision.flag, false, outcome.count));
      if (outcome.bulk > 0) counts.push(told(outcome, outcome.decision.flag, true, outcome.bulk));
      outcome.count = outcome.bulk = 0;
    }
    const timestamp = new Date(this.#since).toISOString();
    this.#since = now;
    this.#counted = [];
    this.#others = new Map();
    return divided(counts).map((part) => ({ type: "usage", event_id: uuid7(now), timestamp, counts: part }));
  }

  #countOther(outcome: Outcome, bulk: boolean): void {
    const flag = this.#named(outcome);
    const { reason, variation } = outcome.decision;
    const way = `${flag}\n${outcome.errorCode ?? ""}\n${reason}\n${variation ?? ""}\n${bulk}`;
    const known = this.#others.get(way);
    if (known) known.count += 1;
    else if (this.#others.size < WAYS_MAX) this.#others.set(way, told(outcome, flag, bulk, 1));
  }

  /** Anything may be asked for: of what is no flag only so many names are told. */
  #named(outcome: Outcome): string {
    const { flag } = outcome.decision;
    if (outcome.info) return flag;
    if (typeof flag !== "string" || flag.length > KEY_LENGTH_MAX) return "";
    if (this.#unknown.size < UNKNOWN_MAX) this.#unknown.add(flag);
    return this.#unknown.has(flag) ? flag : "";
  }
}

function told({ decision, errorCode }: Outcome, flag: string, bulk: boolean, count: number): Count {
  const { variation } = decision;
  const shown = errorCode === undefined && variation !== null && variation.length <= VARIATION_LENGTH_MAX;
  return {
    flag,
    ...(shown && { variation }),
    reason: errorCode === undefined ? decision.reason : "ERROR",
    ...(errorCode !== undefined && { error: errorCode }),
    ...(bulk && { bulk: true as const }),
    sdk: SDK,
    count,
  };
}

function divided(counts: readonly Count[]): Count[][] {
  const parts: Count[][] = [];
  let part: Count[] = [];
  let length = 0;
  for (const each of counts) {
    const its = JSON.stringify(each).length + 1;
    if (part.length >= COUNTS_MAX || (part.length > 0 && length + its > EVENT_LENGTH_MAX)) {
      parts.push(part);
      part = [];
      length = 0;
    }
    part.push(each);
    length += its;
  }
  if (part.length > 0) parts.push(part);
  return parts;
}
