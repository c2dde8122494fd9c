/** Conditions with what was found. */

import { reader } from "../attributes.js";
import type { Probe, Programs } from "../compile/programs.js";
import { Run } from "../compile/programs.js";
import { compileSegment } from "../compile/segments.js";
import { targetingUnit } from "../compile/units.js";
import { conditionDocument } from "../document/conditions.js";
import { EvaluationFailed } from "../errors.js";
import type { Context } from "../interface.js";
import type { JsonObject } from "../json.js";
import type { Condition, Segment } from "../model.js";

/** What a traced program told, by the paths of its steps. */
export class Recorder {
  readonly seen = new Map<string, unknown>();

  readonly probe: Probe = (path, value) => {
    this.seen.set(path, value);
  };

  /** Whether the condition at a path held; null if it was not needed. */
  matched(path: string): boolean | null {
    return (this.seen.get(path) as boolean | undefined) ?? null;
  }

  /** The bucket at a path; undefined if it was not needed. */
  number(path: string): number | undefined {
    return this.seen.get(path) as number | undefined;
  }
}

/** Tells conditions of one evaluation; collects the segments they name. */
export class ConditionTracer {
  readonly #segments: ReadonlyMap<string, Segment>;
  readonly #programs: Programs;
  readonly #context: Context;
  readonly #now: number;
  readonly #pending = new Set<string>();

  constructor(segments: ReadonlyMap<string, Segment>, programs: Programs, context: Context, now: number) {
    this.#segments = segments;
    this.#programs = programs;
    this.#context = context;
    this.#now = now;
  }

  /** The condition in its authoring form, each part with `matched` (null: it was not needed). */
  trace(condition: Condition, path: string, recorder: Recorder): JsonObject {
    const matched = recorder.matched(path);
    switch (condition.form) {
      case "comparison": {
        const actual = reader(condition.attribute)(this.#context) ?? null;
        return { ...conditionDocument(condition), actual, present: actual !== null, matched };
      }
      case "not":
        return { not: this.trace(condition.condition, `${path}.not`, recorder), matched };
      case "segment":
        if (matched !== null) this.#pending.add(condition.segment);
        return { ...conditionDocument(condition), matched };
      case "and":
      case "or": {
        const below = `${path}.${condition.form}`;
        const parts = condition.conditions.map((part, index) => this.trace(part, `${below}[${index}]`, recorder));
        return { [condition.form]: parts, matched };
      }
    }
  }

  /** Every segment that was asked for, by a rule or by another segment, with how it answered. */
  memberships(): JsonObject {
    const told: [string, JsonObject][] = [];
    for (const key of this.#pending) told.push([key, this.#membership(key)]);
    return Object.fromEntries(told);
  }

  #membership(key: string): JsonObject {
    const segment = this.#segments.get(key);
    if (segment === undefined) return { member: null, reason: "error", because: `there is no segment '${key}'` };
    const recorder = new Recorder();
    let member: boolean;
    try {
      member = compileSegment(segment, recorder.probe)(this.#context, new Run(this.#programs, this.#now));
    } catch (error) {
      const because = error instanceof EvaluationFailed ? error.message : "it can't be evaluated";
      return { member: null, reason: "error", because };
    }
    const told = { member, unit: targetingUnit(this.#context) ?? null };
    if (recorder.matched("excluded") === true) {
      return { ...told, reason: "excluded", because: "the key is excluded" };
    }
    if (recorder.matched("included") === true) {
      return { ...told, reason: "included", because: "the key is included" };
    }
    if (segment.condition === undefined) {
      return { ...told, reason: "not_included", because: "the key is not included, and there is no condition" };
    }
    const because = member ? "the condition matches" : "the condition does not match";
    return { ...told, reason: "condition", because, if: this.trace(segment.condition, "if", recorder) };
  }
}
