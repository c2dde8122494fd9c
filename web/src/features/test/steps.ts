/** An explanation as steps that are sentences. Pure: what it says was decided by the engine. */

import { type Condition, conditionOf, inWords, isObject, shownLiteral } from "@/lib/rules";
import { type Document, number, text } from "./document";

export type Outcome = "decided" | "passed" | "failed" | "not_reached" | "problem";

export interface Ruler {
  readonly label: string;
  readonly bucket: number;
  /** Whose buckets: variations, or who takes part. */
  readonly ranges: readonly { readonly name: string; readonly from: number; readonly to: number }[];
  readonly by: string;
  readonly unit: string;
}

export interface Step {
  readonly key: string;
  readonly outcome: Outcome;
  readonly sentence: string;
  readonly trace: Trace | null;
  readonly rulers: readonly Ruler[];
}

/** A part of a condition with what it found; null: it was not needed. */
export interface Trace {
  readonly words: string;
  readonly matched: boolean | null;
  readonly group: "and" | "or" | "not" | null;
  readonly actual: string | null;
  readonly segment: string | null;
  readonly parts: readonly Trace[];
}

const BUCKETS = 10_000;

export function traceOf(document: unknown): Trace | null {
  if (!isObject(document)) return null;
  const { matched: found, ...rest } = document;
  const matched = typeof found === "boolean" ? found : null;
  for (const group of ["and", "or", "not"] as const) {
    if (!(group in rest)) continue;
    const content = rest[group];
    const parts = (Array.isArray(content) ? content : [content]).map(traceOf).filter((each) => each !== null);
    const words = { and: "all of these", or: "any of these", not: "not this" }[group];
    return { words, matched, group, actual: null, segment: null, parts };
  }
  const { actual, present, ...condition } = rest;
  const read: Condition | null = conditionOf(condition);
  if (read === null) return null;
  const segment = "segment" in read ? read.segment : null;
  const seen = "attribute" in read ? (present === false ? "missing" : shownActual(actual)) : null;
  return { words: inWords(read), matched, group: null, actual: seen, segment, parts: [] };
}

const shownActual = (value: unknown): string =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? shownLiteral(value)
    : JSON.stringify(value);

export function stepsOf(steps: readonly Document[]): Step[] {
  return steps.map((step, index) => ({ key: `${index}`, ...told(step) }));
}

type Told = Omit<Step, "key">;

const plain = (outcome: Outcome, sentence: string): Told => ({ outcome, sentence, trace: null, rulers: [] });

function told(step: Document): Told {
  const result = text(step.result);
  switch (step.step) {
    case "enabled":
      if (result === "passed") return plain("passed", "It is on.");
      return plain("decided", `It is ${result}, so it serves ${served(step)}.`);
    case "prerequisite":
      return prerequisite(step, result);
    case "overrides":
    case "targets":
      return target(step, result);
    case "experiment":
      return experiment(step, result);
    case "rule":
    case "override":
      return rule(step, result);
    case "default":
      return byDefault(step, result);
    case "combination":
      return plain(
        result === "applied" ? "decided" : "passed",
        result === "not applied" ? `Not applied: ${text(step.because)}.` : `Overrides: ${result}.`,
      );
    default:
      return plain("passed", `${text(step.step)}: ${result}`);
  }
}

const served = (step: Document): string => text(step.variation) || "its value";

function prerequisite(step: Document, result: string): Told {
  const wanted = `Prerequisite: ${text(step.flag)} must serve ${text(step.wanted)}`;
  const answer = isObject(step.served) ? text(step.served.variation) || "an error" : "";
  if (result === "not reached") return plain("not_reached", `${wanted}. Not reached.`);
  if (result === "met") return plain("passed", `${wanted}, and it does.`);
  if (result === "error") return plain("problem", `${wanted}, but it ends in an error.`);
  return plain("decided", `${wanted}, but it serves ${answer}: the off variation is served.`);
}

function target(step: Document, result: string): Told {
  const override = step.step === "overrides";
  const noun = override ? "Override" : "Individual target";
  const unit = text(step.unit);
  if (result === "not reached") return plain("not_reached", `${noun}s: not reached.`);
  if (result === "matched") return plain("decided", `${noun} of ${unit}: serves ${served(step)}.`);
  if (result === "expired") return plain("failed", `${noun} of ${unit} has expired.`);
  return plain(
    "failed",
    `${unit === "" ? "The context has no usable key, so no" : "No"} ${noun.toLowerCase()}${unit === "" ? "" : ` is for ${unit}`}.`,
  );
}

function rule(step: Document, result: string): Told {
  const place = (number(step.index) ?? 0) + 1;
  const noun = step.step === "override" ? "Override" : "Rule";
  const description = text(step.description);
  const name = `${noun} ${place}${description === "" ? "" : ` (${description})`}`;
  const trace = traceOf(step.if);
  const rulers = rulersOf(step, name);
  if (result === "not reached") return plain("not_reached", `${name}: not reached.`);
  if (result === "not matched") return { outcome: "failed", sentence: `${name} doesn't match.`, trace, rulers };
  if (result === "passed over")
    return { outcome: "failed", sentence: `${name} matches and is passed over: ${text(step.because)}.`, trace, rulers };
  if (result === "error")
    return {
      outcome: "problem",
      sentence: `${name} matches and ends in an error: ${text(step.because)}.`,
      trace,
      rulers,
    };
  const how = rulers.length > 0 ? ` by bucket ${number(step.bucket)?.toLocaleString("en") ?? ""}` : "";
  return { outcome: "decided", sentence: `${name} matches: serves ${served(step)}${how}.`, trace, rulers };
}

function byDefault(step: Document, result: string): Told {
  const rulers = rulersOf(step, "Default");
  if (result === "not reached") return plain("not_reached", "Default: not reached.");
  if (result === "passed over")
    return {
      outcome: "decided",
      sentence: `Default: ${text(step.because)}, so the off variation is served.`,
      trace: null,
      rulers,
    };
  if (result === "error")
    return { outcome: "problem", sentence: `Default: an error, ${text(step.because)}.`, trace: null, rulers };
  const how = rulers.length > 0 ? ` by bucket ${number(step.bucket)?.toLocaleString("en") ?? ""}` : "";
  return {
    outcome: "decided",
    sentence: `Nothing else decided: the default serves ${served(step)}${how}.`,
    trace: null,
    rulers,
  };
}

function experiment(step: Document, result: string): Told {
  const name = `Experiment ${text(step.experiment)}`;
  const observes = step.mode === "observes";
  const trace = traceOf(step.audience);
  const rulers: Ruler[] = [];
  for (const held of Array.isArray(step.holdouts) ? step.holdouts.filter(isObject) : [])
    rulers.push(
      ...cutRuler(held, `Holdout ${text(held.holdout)}`, 0, number(held.below) ?? 0, "held out", "not held out"),
    );
  if (isObject(step.layer))
    rulers.push(
      ...cutRuler(
        step.layer,
        `Layer ${text(step.layer.layer)}`,
        number(step.layer.from) ?? 0,
        number(step.layer.to) ?? 0,
        "this experiment's",
        "others",
      ),
    );
  if (isObject(step.traffic))
    rulers.push(
      ...cutRuler(step.traffic, "Traffic", 0, number(step.traffic.below) ?? 0, "takes part", "stays outside"),
    );
  const assignment = isObject(step.assignment) ? step.assignment : null;
  if (assignment !== null) rulers.push(...rulersOf(assignment, name));
  if (result === "not reached") return plain("not_reached", `${name}: not reached.`);
  const assigned = assignment === null ? "" : text(assignment.variation);
  if (assigned !== "") {
    const counted = result === "taking part" ? "" : " It is paused, so this is not counted.";
    return { outcome: "decided", sentence: `${name} assigns ${assigned}.${counted}`, trace, rulers };
  }
  if (result === "taking part")
    return { outcome: "passed", sentence: `${name} observes: this counts in it.`, trace, rulers };
  const outcome = result === "error" ? "problem" : "failed";
  return { outcome, sentence: `${name}${observes ? " observes" : ""}: ${result}.`, trace, rulers };
}

function rulersOf(step: Document, label: string): Ruler[] {
  const bucket = number(step.bucket);
  const ranges = (Array.isArray(step.ranges) ? step.ranges.filter(isObject) : []).map((each) => ({
    name: text(each.variation),
    from: number(each.from) ?? 0,
    to: number(each.to) ?? 0,
  }));
  return bucket === null || ranges.length === 0 ? [] : [{ label, bucket, ranges, ...inputsOf(step) }];
}

/** Whether the bucket lies between two borders. */
function cutRuler(step: Document, label: string, from: number, to: number, inside: string, outside: string): Ruler[] {
  const bucket = number(step.bucket);
  if (bucket === null) return [];
  const ranges = [
    { name: outside, from: 0, to: from },
    { name: inside, from, to },
    { name: outside, from: to, to: BUCKETS },
  ].filter((each) => each.to > each.from);
  return [{ label, bucket, ranges, ...inputsOf(step) }];
}

function inputsOf(step: Document): { by: string; unit: string } {
  const inputs = isObject(step.inputs) ? step.inputs : {};
  return { by: text(inputs.unit_attribute), unit: text(inputs.unit) };
}
