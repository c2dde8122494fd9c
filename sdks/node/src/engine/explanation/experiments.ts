/** Experiments in the trace: who takes part, and who gets what. */

import { BUCKET_COUNT } from "../hashing.js";
import type { JsonObject } from "../json.js";
import { hashedAs, type Experiment } from "../model.js";
import type { ConditionTracer, Recorder } from "./conditions.js";
import { owner, ranges, type SplitTracer } from "./splits.js";

/** Tells the steps of experiments from what the program reported. */
export class ExperimentTracer {
  constructor(
    private readonly recorder: Recorder,
    private readonly conditions: ConditionTracer,
    private readonly splits: SplitTracer,
  ) {}

  /** One experiment; `result` is `taking part`, or why the unit doesn't or isn't counted. */
  step(experiment: Experiment): JsonObject {
    const path = `experiments.${experiment.key}`;
    const { seen } = this.recorder;
    let step: JsonObject = {
      step: "experiment",
      experiment: experiment.key,
      mode: experiment.mode,
      start_at: experiment.startAt,
      stop_at: experiment.stopAt ?? null,
      ...(experiment.seed !== undefined && { seed: experiment.seed }),
    };
    if (experiment.paused && experiment.mode === "observes") return { ...step, result: "paused" };
    if (!seen.has(`${path}.running`)) return { ...step, result: "not reached" };
    if (!seen.get(`${path}.running`)) return { ...step, result: "not running" };
    if (experiment.audience !== undefined) {
      const audience = this.conditions.trace(experiment.audience, `${path}.audience`, this.recorder);
      step = { ...step, audience };
      if (this.recorder.matched(`${path}.audience`) !== true) return { ...step, result: "not in the audience" };
    }
    const unit = seen.get(`${path}.unit`);
    if (typeof unit !== "string" || (unit === "" && experiment.bucketBy === undefined)) {
      return { ...step, result: "no usable unit" };
    }
    return this.#enrolment(experiment, path, unit, step);
  }

  /** Holdouts, layer, traffic, assignment, as far as they were asked. */
  #enrolment(experiment: Experiment, path: string, unit: string, step: JsonObject): JsonObject {
    const { bucketBy, slot, traffic } = experiment;
    const bucketOf = (key: string, number: number): JsonObject => this.splits.bucket(key, bucketBy, unit, number);
    let told = step;
    const holdouts: JsonObject[] = [];
    for (const [index, { key, share }] of experiment.holdouts.entries()) {
      const number = this.recorder.number(`${path}.holdouts[${index}]`);
      if (number === undefined) continue;
      holdouts.push({ holdout: key, below: share, ...bucketOf(`holdout:${key}`, number) });
      told = { ...told, holdouts };
      if (number < share) return { ...told, result: "held out" };
    }
    if (slot !== undefined) {
      const number = this.recorder.number(`${path}.layer`) ?? 0;
      const bucket = bucketOf(`layer:${slot.layer}`, number);
      told = { ...told, layer: { layer: slot.layer, from: slot.start, to: slot.end, ...bucket } };
      if (number < slot.start || number >= slot.end) return { ...told, result: "outside its part of the layer" };
    }
    if (traffic < BUCKET_COUNT) {
      const number = this.recorder.number(`${path}.traffic`) ?? 0;
      told = { ...told, traffic: { below: traffic, ...bucketOf(`traffic:${hashedAs(experiment)}`, number) } };
      if (number >= traffic) return { ...told, result: "outside its traffic" };
    }
    if (experiment.mode === "assigns") {
      const number = this.recorder.number(`${path}.assignment`) ?? 0;
      const variation = owner(experiment.shares, number);
      const bucket = bucketOf(hashedAs(experiment), number);
      told = { ...told, assignment: { ...bucket, ranges: ranges(experiment.shares), variation } };
    }
    return { ...told, result: experiment.paused ? "assigned, and not counted: it is paused" : "taking part" };
  }
}
