/** Evaluations: from a flag and a user to an outcome, counted and reported. */

import type { Held } from "./configuration/held.js";
import type { Detail, FlagValue } from "./detail.js";
import { Decision, type Context, type Explanation, type FlagInfo, type FlagSet } from "./engine/index.js";
import type { Reporting } from "./events/reporting.js";
import type { OnceLogger } from "./logger.js";
import { metadataOf, type Provenance } from "./metadata.js";
import { Outcome, Outcomes } from "./outcome.js";
import { contextOf, type User } from "./user.js";

/** What an evaluator works with. */
export interface Evaluating {
  readonly held: Held;
  readonly reporting: Reporting;
  readonly once: OnceLogger;
  /** `project/environment`, as soon as it is known. */
  readonly flagSetId: () => string | undefined;
}

const NOBODY: Context = Object.freeze({});

/** Nothing here throws: a failure is an outcome, too. */
export class Evaluator {
  readonly #with: Evaluating;
  readonly #outcomes = new Outcomes();

  constructor(evaluating: Evaluating) {
    this.#with = evaluating;
  }

  /** What the flag serves to who asks for `wanted`; counted, and an exposure where it is one. */
  outcome(flag: string, user: User, wanted: number): Outcome {
    const now = Date.now();
    const context = this.#context(user);
    const outcome = this.#served(flag, context, wanted, now);
    this.#with.reporting.evaluated(outcome, context ?? NOBODY, now);
    return outcome;
  }

  /** The same with all that is known of it; `otherwise` with an error. */
  detail<T>(flag: string, user: User, wanted: number, otherwise: T): Detail<T> {
    const now = Date.now();
    const context = this.#context(user);
    const outcome = this.#served(flag, context, wanted, now);
    this.#with.reporting.evaluated(outcome, context ?? NOBODY, now);
    return detailOf(outcome, context ?? NOBODY, otherwise, this.#provenance);
  }

  /** All flags and remote configs. */
  all(user: User, wanted: number): Map<string, Detail<FlagValue>> {
    const now = Date.now();
    const context = this.#context(user);
    const details = new Map<string, Detail<FlagValue>>();
    for (const key of this.#with.held.flags?.keys ?? []) {
      const outcome = this.#served(key, context, wanted, now);
      this.#with.reporting.listed(outcome);
      details.set(key, detailOf(outcome, context ?? NOBODY, null, this.#provenance));
    }
    return details;
  }

  /** A remote config; a flag's key is none. */
  config(key: string, user: User, wanted: number): Outcome {
    if (this.#with.held.flags?.flag(key)?.kind !== "flag") return this.outcome(key, user, wanted);
    const outcome = failed(key, "FLAG_NOT_FOUND", `${key} is a flag, no remote config`);
    this.#with.reporting.evaluated(outcome, NOBODY, Date.now());
    return outcome;
  }

  /** Reports an exposure because the application says so. */
  expose(flag: string, user: User, wanted: number): void {
    const now = Date.now();
    const context = this.#context(user);
    this.#with.reporting.exposed(this.#served(flag, context, wanted, now), context ?? NOBODY, now);
  }

  /** The decision with its trace; undefined while nothing is held. */
  explain(flag: string, user: User): Explanation | undefined {
    return this.#with.held.flags?.explain(flag, this.#context(user) ?? NOBODY, Date.now());
  }

  /** What a flag set serves to a user; neither counted nor reported. */
  look(flags: FlagSet, flag: string, user: User): Detail<FlagValue> {
    const context = this.#context(user) ?? NOBODY;
    const outcome = this.#outcomes.of(flags.evaluate(flag, context, Date.now()), (key) => flags.flag(key));
    return detailOf(outcome, context, null, this.#provenance);
  }

  info(flag: string): FlagInfo | undefined {
    return this.#with.held.flags?.flag(flag);
  }

  get #provenance(): Provenance {
    return { flagSetId: this.#with.flagSetId(), ageMs: this.#with.held.ageMs };
  }

  #served(flag: string, context: Context | undefined, wanted: number, now: number): Outcome {
    const { flags } = this.#with.held;
    if (!flags) return failed(flag, "PROVIDER_NOT_READY", "no configuration is held yet");
    if (!context) return failed(flag, "INVALID_CONTEXT", "the user can't be read");
    try {
      const outcome = this.#outcomes.of(flags.evaluate(flag, context, now), (key) => flags.flag(key));
      return outcome.serves & wanted ? outcome : outcome.mismatch(wanted);
    } catch (error) {
      return failed(flag, "GENERAL", String(error));
    }
  }

  /** Undefined for a user whose reading throws. */
  #context(user: User): Context | undefined {
    try {
      return contextOf(user, this.#with.once);
    } catch (error) {
      this.#with.once.warn("user", `a user can't be read: ${String(error)}`);
      return undefined;
    }
  }
}

function failed(flag: string, code: string, message: string): Outcome {
  return new Outcome(
    new Decision(flag, null, null, "ERROR", 0, { errorCode: code as "GENERAL", errorMessage: message, interned: false }),
    undefined,
  );
}

function detailOf<T>(outcome: Outcome, context: Context, otherwise: T, provenance: Provenance): Detail<T> {
  const { decision, errorCode, failed: isFailed } = outcome;
  return {
    value: isFailed ? otherwise : (outcome.value as T),
    variant: isFailed ? undefined : (decision.variation ?? undefined),
    reason: isFailed ? "ERROR" : decision.reason,
    errorCode,
    errorMessage: outcome.errorMessage,
    version: decision.version,
    experiment: isFailed ? undefined : decision.experiment,
    experiments: isFailed ? [] : decision.experiments,
    metadata: metadataOf(outcome, context, provenance),
  };
}
