/** The decisions a flag can reach, each built once. */

import { Decision, failure, type ExperimentPhase, type Particulars, type Reason } from "../decision.js";
import type { Experiment, Flag } from "../model.js";

/** Interned decisions of one flag. */
export class Outcomes {
  readonly #flag: Flag;
  readonly #made = new Map<string, Decision>();

  constructor(flag: Flag) {
    this.#flag = flag;
  }

  /** The decision that serves `variation`, one of the flag's own. */
  served(variation: string, reason: Reason, particulars: Particulars = {}): Decision {
    const name = JSON.stringify([variation, reason, identityOf(particulars)]);
    return this.#once(name, () => {
      const value = this.#flag.variations.get(variation) ?? null;
      return new Decision(this.#flag.key, value, variation, reason, this.#flag.version, particulars);
    });
  }

  /** The error of a unit that has no targeting key. */
  get targetingKeyMissing(): Decision {
    const message = "the targeting key is needed, and is missing, empty or neither a string nor a whole number";
    return this.#once("", () => failure(this.#flag.key, "TARGETING_KEY_MISSING", message, this.#flag.version));
  }

  /** The error of a unit attribute that is neither a string nor a whole number. */
  invalidUnit(attribute: string): Decision {
    const message = `the attribute '${attribute}' is needed as a unit, and is neither a string nor a whole number`;
    return this.#once(attribute, () => failure(this.#flag.key, "INVALID_CONTEXT", message, this.#flag.version));
  }

  /** The same within one more experiment. */
  joined(decision: Decision, experiment: Experiment): Decision {
    // What was split first was the flag's rollout; an experiment that observes says what its own unit is.
    const [first, second] =
      decision.experiments.length > 0
        ? [decision.bucketBy, experiment.bucketBy]
        : [experiment.bucketBy, decision.bucketBy];
    return this.served(decision.variation ?? "", decision.reason, {
      experiments: [...decision.experiments, phaseOf(experiment)],
      ...unitOf(first || second),
      ...(decision.split !== undefined && { split: decision.split }),
    });
  }

  /** The error of a flag whose prerequisite ended in `decision`, an error. */
  prerequisiteFailed(decision: Decision): Decision {
    const code = decision.errorCode ?? "GENERAL";
    const told = decision.errorMessage ?? code;
    const message = decision.prerequisite === undefined ? `prerequisite '${decision.flag}': ${told}` : told;
    return failure(this.#flag.key, code, message, this.#flag.version, decision.flag);
  }

  #once(name: string, make: () => Decision): Decision {
    let decision = this.#made.get(name);
    if (decision === undefined) this.#made.set(name, (decision = make()));
    return decision;
  }
}

function identityOf(particulars: Particulars): unknown[] {
  const { experiments, prerequisite, bucketBy, override, paused, split } = particulars;
  return [experiments, prerequisite, bucketBy, override, paused, split].map((each) => each ?? null);
}

/** Names the unit's attribute, if it isn't the targeting key. */
export function unitOf(bucketBy: string | undefined): Particulars {
  return bucketBy === undefined ? {} : { bucketBy };
}

/** Of what the experiment assigns. */
export function particularsOf(experiment: Experiment): Particulars {
  const unit = unitOf(experiment.bucketBy);
  return experiment.paused ? { ...unit, paused: experiment.key } : { ...unit, experiments: [phaseOf(experiment)] };
}

function phaseOf(experiment: Experiment): ExperimentPhase {
  return Object.freeze({ key: experiment.key, phase: experiment.phase });
}
