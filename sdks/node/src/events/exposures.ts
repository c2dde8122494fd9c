/** Which evaluations are exposures, and that each is reported once in ten minutes. */

import { unitKey } from "../engine/hashing.js";
import type { Context, Decision } from "../engine/index.js";
import type { OnceLogger } from "../logger.js";
import { ALWAYS, BY_TIME, type Outcome } from "../outcome.js";
import { monotonic } from "../timers.js";
import { at, exposedAttributes, type Private } from "./attributes.js";
import { uuid7, type Keys } from "./identity.js";
import type { Loss } from "./queue.js";

const WINDOW_MS = 600_000;
/** Half of what is remembered at most; with more the older half is forgotten. */
const GENERATION_MAX = 50_000;
const KEY_LENGTH_MAX = 512;
const VARIATION_LENGTH_MAX = 128;

/** What exposures work with. */
export interface Exposing {
  readonly keys: Keys;
  readonly isPrivate: Private;
  /** Attributes that the environment wants of every exposure. */
  readonly exposureAttributes: () => readonly string[];
  readonly put: (event: object) => boolean;
  readonly drop: (loss: Loss) => void;
  readonly once: OnceLogger;
}

/** Makes events of evaluations. */
export class Exposures {
  readonly #with: Exposing;
  readonly #seen = new Seen();

  constructor(exposing: Exposing) {
    this.#with = exposing;
  }

  /** Reports the evaluation if it is an exposure by itself. */
  consider(outcome: Outcome, context: Context, now: number): void {
    if (outcome.exposes === ALWAYS || (outcome.exposes === BY_TIME && outcome.info?.experimentUnderWay(now))) {
      this.report(outcome, context, now);
    }
  }

  /** Reports it unless it failed, is nobody's, or was reported within ten minutes. */
  report(outcome: Outcome, context: Context, now: number): void {
    const user = unitKey(context["targetingKey"]);
    if (outcome.failed || user === undefined || user === "") return;
    const { decision } = outcome;
    const unit = this.#unitOf(decision, context);
    const marks = unit === "" ? outcome.mark : outcome.mark + unit;
    if (this.#seen.has(marks, user)) return;
    const why = this.#unreportable(decision, user);
    if (why !== undefined) {
      this.#with.once.warn(`exposure ${why}`, `exposures of ${decision.flag} are dropped: ${why}`);
      this.#with.drop("invalid");
      return;
    }
    if (this.#with.put(this.#event(outcome, context, user, unit, now))) this.#seen.add(marks, user);
  }

  /** The unit that isn't the user, as far as it may be told: a private one only where it is hashed. */
  #unitOf({ bucketBy }: Decision, context: Context): string {
    const { isPrivate, keys } = this.#with;
    if (bucketBy === undefined || (!keys.hashed && isPrivate.has(bucketBy))) return "";
    const path = Object.hasOwn(context, bucketBy) ? [bucketBy] : bucketBy.split(".");
    const unit = unitKey(at(context, path)) ?? "";
    return unit.length > KEY_LENGTH_MAX ? "" : unit;
  }

  #unreportable({ variation }: Decision, user: string): string | undefined {
    if (!this.#with.keys.hashed && user.length > KEY_LENGTH_MAX) return "the user's key has more than 512 characters";
    return (variation ?? "").length > VARIATION_LENGTH_MAX ? "the variation has more than 128 characters" : undefined;
  }

  #event({ decision, info }: Outcome, context: Context, user: string, unit: string, now: number): object {
    const { keys, isPrivate, exposureAttributes } = this.#with;
    const names = new Set([...(info?.exposureAttributes ?? []), ...exposureAttributes()]);
    // The key itself is no attribute where it is hashed.
    if (keys.hashed) names.delete("targetingKey");
    return {
      type: "exposure",
      event_id: uuid7(now),
      timestamp: new Date(now).toISOString(),
      user_key: keys.told(user),
      flag: decision.flag,
      variation: decision.variation,
      ...(decision.experiment !== undefined && { experiment: decision.experiment }),
      experiments: decision.experiments.map(({ key, phase }) => ({ key, phase })),
      config_version: decision.version,
      ...(unit !== "" && { unit_key: keys.told(unit) }),
      ...(decision.override && { override: true }),
      ...(decision.split !== undefined && { split: decision.split }),
      context: exposedAttributes(context, names, isPrivate),
    };
  }
}

type Times = Map<string, Map<string, number>>;

/** Who was reported when, by what makes exposures the same, then by user. */
class Seen {
  #young: Times = new Map();
  #old: Times = new Map();
  #count = 0;
  #began = monotonic();

  has(mark: string, user: string): boolean {
    const then = this.#young.get(mark)?.get(user) ?? this.#old.get(mark)?.get(user);
    return then !== undefined && monotonic() - then < WINDOW_MS;
  }

  add(mark: string, user: string): void {
    const now = monotonic();
    if (this.#count >= GENERATION_MAX || now - this.#began >= WINDOW_MS) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#count = 0;
      this.#began = now;
    }
    let users = this.#young.get(mark);
    if (!users) this.#young.set(mark, (users = new Map()));
    users.set(user, now);
    this.#count += 1;
  }
}
