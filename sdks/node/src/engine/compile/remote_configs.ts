/**
 * A remote config as a closure: the overrides that match, what comes of them together, and the patch of an experiment's
 * variation on that.
 */

import type { Decision } from "../decision.js";
import type { Experiment, RemoteConfig } from "../model.js";
import { Combinations, type Combination } from "./combinations.js";
import { compileCondition } from "./conditions.js";
import { compileAssignment, isRunning, type Surroundings } from "./experiments.js";
import type { Program, Run } from "./programs.js";
import type { Context } from "../interface.js";

/** The overrides that apply to a context. */
type Match = (context: Context, run: Run) => Combination;

/** The program of a remote config with the experiments on it; one that observes has nothing to look for here. */
export function compileRemoteConfig(
  config: RemoteConfig,
  experiments: readonly Experiment[],
  combinations: Combinations,
  around: Surroundings,
): Program {
  if (config.archived) return () => combinations.off;
  const matched = compileMatch(config, combinations, around);
  const assigning = experiments.filter((one) => one.mode === "assigns");
  if (assigning.length === 0) return (context, run) => combinations.decision(matched(context, run));
  const assignments = assigning.map((one) => {
    const outcomes = one.shares.map((share) => (found: Combination): Decision => {
      return combinations.patched(found, one, share.variation);
    });
    return compileAssignment(one, outcomes, around);
  });
  return (context, run) => {
    const found = matched(context, run);
    for (const assign of assignments) {
      const outcome = assign(context, run);
      if (outcome !== undefined) return typeof outcome === "function" ? outcome(found) : outcome;
    }
    const passedBy = config.overrides.length === 0 && assigning.some((one) => isRunning(one, run.now));
    return passedBy ? combinations.passedBy : combinations.decision(found);
  };
}

function compileMatch(config: RemoteConfig, combinations: Combinations, { probe }: Surroundings): Match {
  const conditions = config.overrides.map((override, index) =>
    compileCondition(override.condition, `overrides[${index}].if`, probe),
  );
  if (config.resolve === "first") {
    return (context, run) => {
      const index = conditions.findIndex((holds) => holds(context, run));
      return index < 0 ? combinations.none : combinations.with(combinations.none, index);
    };
  }
  return (context, run) => {
    let found = combinations.none;
    for (let i = 0; i < conditions.length; i++) {
      if (conditions[i]!(context, run)) found = combinations.with(found, i);
    }
    return found;
  };
}
