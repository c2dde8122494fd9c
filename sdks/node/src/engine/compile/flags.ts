/**
 * A flag as a closure, in the order of an evaluation.
 *
 * Off, prerequisites, overrides, individual targets, running experiments that assign, rules from the top, default. What
 * is decided after the targets is then looked at by the running experiments that observe.
 */

import { SPLIT_OF_DEFAULT, type Decision, type Particulars } from "../decision.js";
import type { Context } from "../interface.js";
import type { Experiment, Flag, Prerequisite, Rollout, Rule, Target } from "../model.js";
import { compileCondition } from "./conditions.js";
import { compileAssignment, compileObservation, isRunning, type Surroundings } from "./experiments.js";
import { particularsOf, unitOf } from "./outcomes.js";
import type { Program, Run } from "./programs.js";
import { compileBucket, compileSplit, compileUnit, onlyVariation, targetingUnit } from "./units.js";

/** Decides, or passes on to the next step. */
type Step = (context: Context, run: Run) => Decision | undefined;

/** The program of a flag with its experiments, the one that starts first in front. */
export function compileFlag(flag: Flag, experiments: readonly Experiment[], around: Surroundings): Program {
  if (!flag.enabled || flag.archived) {
    const off = around.outcomes.served(flag.offVariation, "DISABLED");
    return () => off;
  }
  const assigning = experiments.filter((one) => one.mode === "assigns");
  const observing = experiments.filter((one) => one.mode === "observes" && !one.paused);
  const before = [
    ...flag.prerequisites.map((one, index) => compilePrerequisite(flag, one, index, around)),
    ...compileTargets("overrides", flag.targets.filter((one) => one.override), { override: true }, around),
    ...compileTargets("targets", flag.targets.filter((one) => !one.override), {}, around),
  ];
  const deciding = [
    ...assigning.map((one) => compileAssigning(one, around)),
    ...flag.rules.map((rule, index) => compileRule(flag, rule, index, around)),
  ];
  const decided = inOrder(deciding, compileDefault(flag, assigning, around));
  return inOrder(before, observing.length > 0 ? observed(decided, observing, around) : decided);
}

function inOrder(steps: readonly Step[], last: Program): Program {
  if (steps.length === 0) return last;
  return (context, run) => {
    for (let i = 0; i < steps.length; i++) {
      const decision = steps[i]!(context, run);
      if (decision !== undefined) return decision;
    }
    return last(context, run);
  };
}

function observed(decided: Program, experiments: readonly Experiment[], around: Surroundings): Program {
  const observers = experiments.map((one) => compileObservation(one, around));
  return (context, run) => {
    const served = decided(context, run);
    let result = served;
    for (const observe of observers) result = observe(context, run, served, result);
    return result;
  };
}

function compilePrerequisite(flag: Flag, wanted: Prerequisite, index: number, around: Surroundings): Step {
  const { outcomes, probe } = around;
  const failed = outcomes.served(flag.offVariation, "DEFAULT", { prerequisite: wanted.flag });
  return (context, run) => {
    const served = run.prerequisite(wanted.flag, context);
    if (probe !== undefined) probe(`prerequisites[${index}]`, served);
    if (served.errorCode !== undefined) return outcomes.prerequisiteFailed(served);
    return served.variation === wanted.variation ? undefined : failed;
  };
}

function compileTargets(
  step: string,
  targets: readonly Target[],
  particulars: Particulars,
  { outcomes, probe }: Surroundings,
): Step[] {
  const permanent = new Map<string, Decision>();
  const expiring = new Map<string, readonly [expiresAt: number, decision: Decision]>();
  for (const { key, variation, expiresAt } of targets.toReversed()) {
    const decision = outcomes.served(variation, "TARGETING_MATCH", particulars);
    if (expiresAt === undefined) permanent.set(key, decision);
    else expiring.set(key, [expiresAt, decision]);
  }
  const steps: Step[] = [];
  if (permanent.size > 0) {
    steps.push((context) => {
      const unit = targetingUnit(context);
      const decision = unit === undefined ? undefined : permanent.get(unit);
      if (probe !== undefined) probe(step, decision);
      return decision;
    });
  }
  if (expiring.size > 0) {
    steps.push((context, run) => {
      const unit = targetingUnit(context);
      const target = unit === undefined ? undefined : expiring.get(unit);
      const serves = target !== undefined && run.now < target[0];
      if (probe !== undefined) probe(`${step}.unexpired`, serves);
      return serves ? target[1] : undefined;
    });
  }
  return steps;
}

function compileAssigning(experiment: Experiment, around: Surroundings): Step {
  const particulars = particularsOf(experiment);
  const decisions = experiment.shares.map((share) => around.outcomes.served(share.variation, "SPLIT", particulars));
  return compileAssignment(experiment, decisions, around);
}

function compileRule(flag: Flag, rule: Rule, index: number, around: Surroundings): Step {
  const path = `rules[${index}]`;
  const matches = compileCondition(rule.condition, `${path}.if`, around.probe);
  const variation = onlyVariation(rule.serve);
  if (variation !== undefined || "variation" in rule.serve) {
    const decision = around.outcomes.served(variation ?? "", "TARGETING_MATCH");
    return (context, run) => (matches(context, run) ? decision : undefined);
  }
  const split = compileRollout(flag, rule.serve, `${path}.then`, rule.id, around);
  return (context, run) => (matches(context, run) ? split(context) : undefined);
}

/** What a rollout serves; undefined where the attribute that is its unit is absent. */
function compileRollout(
  flag: Flag,
  rollout: Rollout,
  path: string,
  name: string,
  { salt, outcomes, probe }: Surroundings,
): (context: Context) => Decision | undefined {
  const particulars = { ...unitOf(rollout.bucketBy), split: name };
  const decisions = rollout.shares.map((share) => outcomes.served(share.variation, "SPLIT", particulars));
  const unitIn = compileUnit(rollout.bucketBy, outcomes, path, probe);
  const split = compileSplit(rollout.shares, decisions, compileBucket(salt, flag.key, `${path}.bucket`, probe));
  return (context) => {
    const unit = unitIn(context);
    return typeof unit === "string" ? split(unit) : unit;
  };
}

function compileDefault(flag: Flag, assigning: readonly Experiment[], around: Surroundings): Program {
  const decide = compileServedByDefault(flag, assigning, around);
  const { probe } = around;
  if (probe === undefined) return decide;
  return (context, run) => {
    probe("default", true);
    return decide(context, run);
  };
}

function compileServedByDefault(flag: Flag, assigning: readonly Experiment[], around: Surroundings): Program {
  const serve = flag.default;
  const variation = onlyVariation(serve);
  if (variation !== undefined || "variation" in serve) {
    return compileUnsplitDefault(flag, variation ?? "", assigning, around);
  }
  const split = compileRollout(flag, serve, "default", SPLIT_OF_DEFAULT, around);
  const off = around.outcomes.served(flag.offVariation, "DEFAULT");
  return (context) => split(context) ?? off;
}

/** DEFAULT while something could change what is served, STATIC otherwise. */
function compileUnsplitDefault(
  flag: Flag,
  variation: string,
  assigning: readonly Experiment[],
  { outcomes }: Surroundings,
): Program {
  const changing = outcomes.served(variation, "DEFAULT");
  const expiries = flag.targets.map((target) => target.expiresAt ?? Infinity);
  const expires = expiries.reduce((latest, one) => Math.max(latest, one), -Infinity);
  if (flag.prerequisites.length > 0 || flag.rules.length > 0 || expires === Infinity) return () => changing;
  const constant = outcomes.served(variation, "STATIC");
  if (assigning.length === 0 && expiries.length === 0) return () => constant;
  return (_context, { now }) =>
    now < expires || assigning.some((experiment) => isRunning(experiment, now)) ? changing : constant;
}
