/** The decisions that a remote config can reach, each built when it is first reached. */

import { Decision, type Reason } from "../decision.js";
import { patched } from "../merge_patch.js";
import type { JsonObject } from "../json.js";
import type { Experiment, RemoteConfig } from "../model.js";
import { particularsOf } from "./outcomes.js";

/** The variation of a value to which no override is applied. */
export const BASE = "base";

/** Ten overrides have 1,024 combinations, of which few are reached. */
const KEPT_MAX = 256;

/** Overrides that match together, by their positions in order. */
export interface Combination {
  readonly positions: readonly number[];
  /** It is the same object each time. */
  readonly kept: boolean;
  readonly longer: Map<number, Combination>;
}

/** What a remote config comes to. */
export class Combinations {
  readonly #config: RemoteConfig;
  readonly #invalid: ReadonlySet<string>;
  readonly #made = new Map<Combination, Decision>();
  readonly #patched = new Map<string, Map<Combination, Decision>>();
  #kept = 1;

  /** No override. */
  readonly none: Combination = { positions: [], kept: true, longer: new Map() };
  /** Of one that is archived. */
  readonly off: Decision;
  /** Of one without overrides, while an experiment on it runs. */
  readonly passedBy: Decision;

  constructor(config: RemoteConfig) {
    this.#config = config;
    this.#invalid = new Set(config.invalid.map((positions) => positions.join()));
    this.off = new Decision(config.key, config.value, BASE, "DISABLED", config.version);
    this.passedBy = new Decision(config.key, config.value, BASE, "DEFAULT", config.version);
  }

  /** A combination and one override more. */
  with(combination: Combination, position: number): Combination {
    const known = combination.longer.get(position);
    if (known !== undefined) return known;
    const kept = combination.kept && this.#kept < KEPT_MAX;
    const longer = { positions: [...combination.positions, position], kept, longer: new Map() };
    if (kept) {
      this.#kept += 1;
      combination.longer.set(position, longer);
    }
    return longer;
  }

  /** What a combination is served as, without an experiment. */
  decision(combination: Combination): Decision {
    return remembered(this.#made, combination, () => this.#decision(combination));
  }

  /** What it is served as in a variation of an experiment. */
  patched(combination: Combination, experiment: Experiment, variation: string): Decision {
    const name = JSON.stringify([experiment.key, variation]);
    let made = this.#patched.get(name);
    if (made === undefined) this.#patched.set(name, (made = new Map()));
    return remembered(made, combination, () => {
      const otherwise = this.#decision(combination);
      const value = patched(otherwise.value as JsonObject, experiment.patches.get(variation) ?? {});
      const { applied, invalidCombination, interned } = otherwise;
      const particulars = { ...particularsOf(experiment), applied, invalidCombination, interned };
      return new Decision(this.#config.key, value, variation, "SPLIT", this.#config.version, particulars);
    });
  }

  #decision({ positions, kept }: Combination): Decision {
    const config = this.#config;
    const overrides = positions.map((position) => config.overrides[position]!);
    const applied = overrides.map((override) => override.id);
    const invalidCombination = this.#invalid.has(positions.join());
    const applies = positions.length > 0 && !invalidCombination;
    const value = applies ? overrides.reduce((before, { value: patch }) => patched(before, patch), config.value) : config.value;
    const otherwise: Reason = config.overrides.length > 0 ? "DEFAULT" : "STATIC";
    return new Decision(
      config.key,
      value,
      applies ? applied.join("+") : BASE,
      applies ? "TARGETING_MATCH" : otherwise,
      config.version,
      { applied, invalidCombination, interned: kept },
    );
  }
}

function remembered(made: Map<Combination, Decision>, combination: Combination, make: () => Decision): Decision {
  let decision = made.get(combination);
  if (decision === undefined) {
    decision = make();
    if (combination.kept) made.set(combination, decision);
  }
  return decision;
}
