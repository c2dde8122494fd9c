/** An experiment as closures: who takes part, and who gets what. */

import type { Decision } from "../decision.js";
import { BUCKET_COUNT } from "../hashing.js";
import type { Context } from "../interface.js";
import { hashedAs, type Experiment } from "../model.js";
import { compileCondition } from "./conditions.js";
import type { Outcomes } from "./outcomes.js";
import type { Holds, Probe, Run } from "./programs.js";
import { compileBucket, compileOptionalUnit, compileSplit, compileUnit } from "./units.js";

/** What the programs of one flag or remote config are compiled with. */
export interface Surroundings {
  readonly salt: string;
  readonly outcomes: Outcomes;
  readonly probe: Probe | undefined;
}

/** What a variation comes to; an error; or undefined for a unit that doesn't take part. */
export type Assign<Outcome> = (context: Context, run: Run) => Outcome | Decision | undefined;

/** Is it from the start until before the stop? */
export function isRunning(experiment: Experiment, now: number): boolean {
  return experiment.startAt <= now && (experiment.stopAt === undefined || now < experiment.stopAt);
}

/** The assignment; `outcomes` has what each of the experiment's variations comes to. */
export function compileAssignment<Outcome>(
  experiment: Experiment,
  outcomes: readonly Outcome[],
  surroundings: Surroundings,
): Assign<Outcome> {
  const path = pathOf(experiment);
  const { salt, probe } = surroundings;
  const concerns = compileAudience(experiment, probe);
  const unitOf = compileUnit(experiment.bucketBy, surroundings.outcomes, path, probe);
  const includes = compileIncluded(experiment, surroundings);
  const bucket = compileBucket(salt, hashedAs(experiment), `${path}.assignment`, probe);
  const split = compileSplit(experiment.shares, outcomes, bucket);
  return (context, run) => {
    if (!concerns(context, run)) return undefined;
    const unit = unitOf(context);
    if (typeof unit !== "string") return unit;
    return includes(unit) ? split(unit) : undefined;
  };
}

/** What a unit is served, within the experiment if it observes that unit. `served`: before any experiment observed. */
export type Observe = (context: Context, run: Run, served: Decision, result: Decision) => Decision;

export function compileObservation(experiment: Experiment, surroundings: Surroundings): Observe {
  const path = pathOf(experiment);
  const expected = new Set(experiment.shares.filter((share) => share.weight > 0).map((share) => share.variation));
  const concerns = compileAudience(experiment, surroundings.probe);
  const unitOf = compileOptionalUnit(experiment.bucketBy, path, surroundings.probe);
  const includes = compileIncluded(experiment, surroundings);
  const joined = new Map<Decision, Decision>();
  return (context, run, served, result) => {
    if (!isUnassigned(served) || !expected.has(served.variation ?? "")) return result;
    if (!concerns(context, run)) return result;
    const unit = unitOf(context);
    if (unit === undefined || !includes(unit)) return result;
    let within = joined.get(result);
    if (within === undefined) joined.set(result, (within = surroundings.outcomes.joined(result, experiment)));
    return within;
  };
}

function isUnassigned(decision: Decision): boolean {
  return decision.variation !== null && decision.experiments.length === 0 && decision.paused === undefined;
}

/** Does it run, and is the context of its audience? */
function compileAudience(experiment: Experiment, probe: Probe | undefined): Holds {
  const path = pathOf(experiment);
  const audience =
    experiment.audience === undefined ? undefined : compileCondition(experiment.audience, `${path}.audience`, probe);
  return (context, run) => {
    const runs = isRunning(experiment, run.now);
    if (probe !== undefined) probe(`${path}.running`, runs);
    return runs && (audience === undefined || audience(context, run));
  };
}

/** Is the unit held out by none, within the part of the layer, and of the traffic? */
function compileIncluded(experiment: Experiment, { salt, probe }: Surroundings): (unit: string) => boolean {
  const path = pathOf(experiment);
  const tests: ((unit: string) => boolean)[] = experiment.holdouts.map(({ key, share }, index) => {
    const bucket = compileBucket(salt, `holdout:${key}`, `${path}.holdouts[${index}]`, probe);
    return (unit) => bucket(unit) >= share;
  });
  if (experiment.slot !== undefined) {
    const { layer, start, end } = experiment.slot;
    const bucket = compileBucket(salt, `layer:${layer}`, `${path}.layer`, probe);
    tests.push((unit) => {
      const found = bucket(unit);
      return start <= found && found < end;
    });
  }
  if (experiment.traffic < BUCKET_COUNT) {
    const bucket = compileBucket(salt, `traffic:${hashedAs(experiment)}`, `${path}.traffic`, probe);
    tests.push((unit) => bucket(unit) < experiment.traffic);
  }
  return (unit) => tests.every((test) => test(unit));
}

function pathOf(experiment: Experiment): string {
  return `experiments.${experiment.key}`;
}
