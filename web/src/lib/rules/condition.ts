/** Conditions as docs/evaluation.md has them, and where in one a part stands. */

import { isRecord } from "@/lib/json";

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

export interface Comparison {
  attribute: string;
  operator: string;
  value?: Json;
}
export interface All {
  and: Condition[];
}
export interface Any {
  or: Condition[];
}
export interface Not {
  not: Condition;
}
export interface InSegment {
  segment: string;
}
export type Condition = Comparison | All | Any | Not | InSegment;

export const isAll = (one: Condition): one is All => "and" in one;
export const isAny = (one: Condition): one is Any => "or" in one;
export const isNot = (one: Condition): one is Not => "not" in one;
export const isInSegment = (one: Condition): one is InSegment => "segment" in one;
export const isComparison = (one: Condition): one is Comparison => "attribute" in one;

/** Those of a group; null where it is none. */
export function partsOf(condition: Condition): Condition[] | null {
  if (isAll(condition)) return condition.and;
  return isAny(condition) ? condition.or : null;
}

export { isRecord as isObject };

export function isJson(value: unknown): value is Json {
  if (value === null || typeof value === "boolean" || typeof value === "string") return true;
  if (typeof value === "number") return Number.isFinite(value);
  if (Array.isArray(value)) return value.every(isJson);
  return isRecord(value) && Object.values(value).every(isJson);
}

/** What an API has answered as a condition; older forms become today's, and null is said of what is none. */
export function conditionOf(document: unknown): Condition | null {
  if (!isRecord(document)) return null;
  const attribute = document.attribute ?? document.field;
  const operator = document.operator ?? document.op;
  if (operator === "in_segment") return segmentsOf(document.value);
  if (typeof attribute === "string") {
    if (typeof operator !== "string") return null;
    const value = document.value;
    const presence = operator === "exists" || operator === "not_exists";
    return isJson(value) && !presence ? { attribute, operator, value } : { attribute, operator };
  }
  const names = Object.keys(document);
  if (names.length !== 1) return null;
  const content = document[names[0] ?? ""];
  switch (names[0]) {
    case "and":
      return withParts(content, (and) => ({ and }));
    case "or":
      return withParts(content, (or) => ({ or }));
    case "not": {
      const inner = conditionOf(content);
      return inner === null ? null : { not: inner };
    }
    case "segment":
      return typeof content === "string" ? { segment: content } : null;
    case "in_segment":
      return segmentsOf(content);
    default:
      return null;
  }
}

function withParts(content: unknown, group: (parts: Condition[]) => Condition): Condition | null {
  if (!Array.isArray(content)) return null;
  const parts: Condition[] = [];
  for (const each of content) {
    const part = conditionOf(each);
    if (part === null) return null;
    parts.push(part);
  }
  return group(parts);
}

function segmentsOf(content: unknown): Condition | null {
  if (typeof content === "string") return { segment: content };
  if (!Array.isArray(content) || content.length === 0) return null;
  const keys = content.filter((each): each is string => typeof each === "string");
  const [first] = keys;
  if (keys.length !== content.length || first === undefined) return null;
  return keys.length === 1 ? { segment: first } : { or: keys.map((segment) => ({ segment })) };
}

/** A step from a condition to a part of it. */
export type Step = number | "not";
export type Place = readonly Step[];

/** As errors name a place: `rules[0].if.and[1].not`. */
export function pathAt(root: string, condition: Condition, place: Place): string {
  let path = root;
  let here: Condition | undefined = condition;
  for (const step of place) {
    if (here === undefined) break;
    if (isNot(here)) {
      path += ".not";
      here = here.not;
    } else if (typeof step === "number") {
      path += `${isAll(here) ? ".and" : ".or"}[${step}]`;
      here = partsOf(here)?.[step];
    }
  }
  return path;
}

export function partAt(condition: Condition, place: Place): Condition | undefined {
  let here: Condition | undefined = condition;
  for (const step of place) {
    if (here === undefined) return undefined;
    here = step === "not" ? (isNot(here) ? here.not : undefined) : partsOf(here)?.[step];
  }
  return here;
}

/** With another part at a place; null takes it away, and with it the groups that it leaves empty. */
export function replacedAt(condition: Condition, place: Place, part: Condition | null): Condition | null {
  const [step, ...rest] = place;
  if (step === undefined) return part;
  if (isNot(condition)) {
    const inner = replacedAt(condition.not, rest, part);
    return inner === null ? null : { not: inner };
  }
  const parts = partsOf(condition);
  if (parts === null || step === "not") return condition;
  const before = parts[step];
  if (before === undefined) return condition;
  const after = replacedAt(before, rest, part);
  const changed = after === null ? parts.toSpliced(step, 1) : parts.with(step, after);
  if (changed.length === 0) return null;
  return isAll(condition) ? { and: changed } : { or: changed };
}

/** How many comparisons and segments it asks. */
export function sizeOf(condition: Condition): number {
  if (isNot(condition)) return sizeOf(condition.not);
  return partsOf(condition)?.reduce((sum, part) => sum + sizeOf(part), 0) ?? 1;
}

export function depthOf(condition: Condition): number {
  if (isNot(condition)) return 1 + depthOf(condition.not);
  const parts = partsOf(condition);
  return parts === null ? 1 : 1 + Math.max(0, ...parts.map(depthOf));
}
