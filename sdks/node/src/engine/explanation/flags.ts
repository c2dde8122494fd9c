/** The steps of a flag, in the order in which they were taken. */

import { onlyVariation, targetingUnit } from "../compile/units.js";
import type { Decision } from "../decision.js";
import type { Context } from "../interface.js";
import type { JsonObject } from "../json.js";
import type { Flag, Prerequisite, Rule, Serve, Target } from "../model.js";
import type { ConditionTracer, Recorder } from "./conditions.js";
import { owner, ranges, type SplitTracer } from "./splits.js";

export const NOT_REACHED = "not reached";

/** Tells the steps of a flag from what its program reported. */
export class FlagTracer {
  constructor(
    private readonly flag: Flag,
    private readonly recorder: Recorder,
    private readonly conditions: ConditionTracer,
    private readonly splits: SplitTracer,
  ) {}

  /** Off, prerequisites, overrides, targets. */
  beforeExperiments(context: Context): JsonObject[] {
    const { flag } = this;
    if (!flag.enabled || flag.archived) {
      return [{ step: "enabled", result: flag.archived ? "archived" : "off", variation: flag.offVariation }];
    }
    const overrides = flag.targets.filter((target) => target.override);
    const targets = flag.targets.filter((target) => !target.override);
    return [
      { step: "enabled", result: "passed" },
      ...flag.prerequisites.map((one, index) => this.#prerequisite(one, index)),
      ...(overrides.length > 0 ? [this.#targets("overrides", "no override", overrides, context)] : []),
      ...(targets.length > 0 ? [this.#targets("targets", "no target", targets, context)] : []),
    ];
  }

  #prerequisite(prerequisite: Prerequisite, index: number): JsonObject {
    const step = { step: "prerequisite", flag: prerequisite.flag, wanted: prerequisite.variation };
    const served = this.recorder.seen.get(`prerequisites[${index}]`) as Decision | undefined;
    if (served === undefined) return { ...step, result: NOT_REACHED };
    const met = served.variation === prerequisite.variation ? "met" : "failed";
    return { ...step, result: served.errorCode === undefined ? met : "error", served: served.toDocument() };
  }

  #targets(name: string, none: string, targets: readonly Target[], context: Context): JsonObject {
    const { seen } = this.recorder;
    const unit = targetingUnit(context);
    const step = { step: name, unit: unit ?? null };
    if (!seen.has(name) && !seen.has(`${name}.unexpired`)) return { ...step, result: NOT_REACHED };
    const mine = targets.find((target) => target.key === unit);
    if (mine === undefined) return { ...step, result: none };
    const matched = seen.get(name) !== undefined || seen.get(`${name}.unexpired`) === true;
    const { variation, expiresAt } = mine;
    return { ...step, variation, expires_at: expiresAt ?? null, result: matched ? "matched" : "expired" };
  }

  /** Every rule, from the top. */
  rules(): JsonObject[] {
    return this.flag.rules.map((rule, index) => this.#rule(rule, index));
  }

  #rule(rule: Rule, index: number): JsonObject {
    const path = `rules[${index}]`;
    const step = { step: "rule", index, id: rule.id, description: rule.description };
    const matched = this.recorder.matched(`${path}.if`);
    if (matched === null) return { ...step, result: NOT_REACHED };
    const asked = { ...step, if: this.conditions.trace(rule.condition, `${path}.if`, this.recorder) };
    if (!matched) return { ...asked, result: "not matched" };
    return { ...asked, ...this.#serve(rule.serve, `${path}.then`, "matched") };
  }

  /** What is served when nothing else decided. */
  default(): JsonObject {
    if (!this.recorder.seen.has("default")) return { step: "default", result: NOT_REACHED };
    return { step: "default", ...this.#serve(this.flag.default, "default", "served") };
  }

  #serve(serve: Serve, path: string, done: string): JsonObject {
    const variation = onlyVariation(serve);
    if (variation !== undefined || "variation" in serve) return { result: done, variation: variation ?? null };
    const { shares, bucketBy } = serve;
    const told = { bucket_by: bucketBy ?? null, ranges: ranges(shares) };
    if (!this.recorder.seen.has(`${path}.unit`)) {
      return { ...told, result: "passed over", because: "the unit's attribute is missing" };
    }
    const unit = this.recorder.seen.get(`${path}.unit`) as string;
    const bucket = this.recorder.number(`${path}.bucket`);
    if (bucket === undefined) return { ...told, result: "error", because: "there is no usable unit" };
    const hashed = this.splits.bucket(this.flag.key, bucketBy, unit, bucket);
    return { ...told, ...hashed, result: done, variation: owner(shares, bucket) };
  }
}
