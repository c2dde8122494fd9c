/**
 * Why a flag serves what it serves: the ordered trace of one evaluation.
 *
 * The trace is recorded by the flag's own program, compiled by the same functions with a probe at each step, and then
 * told in the words of the authoring form.
 */

import { Answer } from "../answers.js";
import { Run, type Programs } from "../compile/programs.js";
import type { Decision } from "../decision.js";
import type { Entities } from "../entities.js";
import type { Context, Explanation } from "../interface.js";
import type { JsonObject } from "../json.js";
import type { Experiment, Flag } from "../model.js";
import { recovered } from "../recovery.js";
import { ConditionTracer, Recorder } from "./conditions.js";
import { ExperimentTracer } from "./experiments.js";
import { FlagTracer } from "./flags.js";
import { remoteConfigSteps } from "./remote_configs.js";
import { SplitTracer } from "./splits.js";

/** The flag set to which an answer belongs. */
interface Surrounding extends Programs {
  readonly version: number;
  readonly salt: string;
  readonly entities: Entities;
}

/** Evaluate a flag or a remote config with a probe at each step, and tell them. */
export function explained(
  set: Surrounding,
  answer: Answer,
  context: Context,
  now: number,
  showSalt: boolean,
): Explanation {
  const recorder = new Recorder();
  let decision: Decision;
  try {
    decision = answer.compiled(recorder.probe)(context, new Run(set, now));
  } catch (error) {
    decision = recovered(answer, error);
  }
  const conditions = new ConditionTracer(set.entities.segments.good, set, context, now);
  const splits = new SplitTracer(set.salt, showSalt);
  const experiments = new ExperimentTracer(recorder, conditions, splits);
  const { one } = answer;
  let steps: JsonObject[];
  if ("rules" in one) {
    steps = flagSteps(one, answer, experiments, new FlagTracer(one, recorder, conditions, splits), context);
  } else {
    const assigning = one.archived ? [] : answer.experiments.filter(({ mode }) => mode === "assigns");
    steps = remoteConfigSteps(one, decision, recorder, conditions);
    steps.push(...assigning.map((each) => withPatch(experiments.step(each), each)));
  }
  const segments = conditions.memberships();
  return { decision: decision.toDocument(), config_version: set.version, now, steps, segments };
}

function flagSteps(
  flag: Flag,
  { experiments }: Answer,
  trace: ExperimentTracer,
  tracer: FlagTracer,
  context: Context,
): JsonObject[] {
  const before = tracer.beforeExperiments(context);
  if (!flag.enabled || flag.archived) return before;
  const steps = (mode: Experiment["mode"]): JsonObject[] =>
    experiments.filter((one) => one.mode === mode).map((one) => trace.step(one));
  return [...before, ...steps("assigns"), ...tracer.rules(), tracer.default(), ...steps("observes")];
}

/** The step of an experiment on a remote config, with the patch of the variation that it assigned. */
function withPatch(step: JsonObject, experiment: Experiment): JsonObject {
  const assignment = step["assignment"] as { readonly variation: string } | undefined;
  return assignment === undefined ? step : { ...step, value: experiment.patches.get(assignment.variation) ?? {} };
}
