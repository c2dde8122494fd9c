/** The operators as a table: their words, what they compare with, which types they fit. */

import type { Json } from "./condition";

export type LiteralKind =
  | "scalar"
  | "scalars"
  | "number"
  | "text"
  | "pattern"
  | "version"
  | "date"
  | "networks"
  | "none";
export type ValueType = "string" | "number" | "boolean" | "array" | "object";

export interface Operator {
  name: string;
  words: string;
  literal: LiteralKind;
  /** The types of values that it can match. */
  fits: readonly ValueType[];
  group: "Equality" | "Text" | "Numbers" | "Versions" | "Time" | "Network" | "Presence";
}

const TEXT: readonly ValueType[] = ["string", "array"];
const NUMBER: readonly ValueType[] = ["number", "array"];
const SCALAR: readonly ValueType[] = ["string", "number", "boolean", "array"];
const ALL: readonly ValueType[] = ["string", "number", "boolean", "array", "object"];

export const OPERATORS: readonly Operator[] = [
  { name: "eq", words: "is", literal: "scalar", fits: SCALAR, group: "Equality" },
  { name: "ne", words: "is not", literal: "scalar", fits: SCALAR, group: "Equality" },
  { name: "in", words: "is one of", literal: "scalars", fits: SCALAR, group: "Equality" },
  { name: "not_in", words: "is none of", literal: "scalars", fits: SCALAR, group: "Equality" },
  { name: "contains", words: "contains", literal: "text", fits: TEXT, group: "Text" },
  { name: "not_contains", words: "does not contain", literal: "text", fits: TEXT, group: "Text" },
  { name: "starts_with", words: "starts with", literal: "text", fits: TEXT, group: "Text" },
  { name: "ends_with", words: "ends with", literal: "text", fits: TEXT, group: "Text" },
  { name: "matches", words: "matches the pattern", literal: "pattern", fits: TEXT, group: "Text" },
  { name: "gt", words: "is greater than", literal: "number", fits: NUMBER, group: "Numbers" },
  { name: "gte", words: "is at least", literal: "number", fits: NUMBER, group: "Numbers" },
  { name: "lt", words: "is less than", literal: "number", fits: NUMBER, group: "Numbers" },
  { name: "lte", words: "is at most", literal: "number", fits: NUMBER, group: "Numbers" },
  { name: "semver_eq", words: "is version", literal: "version", fits: TEXT, group: "Versions" },
  { name: "semver_gt", words: "is a version above", literal: "version", fits: TEXT, group: "Versions" },
  { name: "semver_gte", words: "is at least version", literal: "version", fits: TEXT, group: "Versions" },
  { name: "semver_lt", words: "is a version below", literal: "version", fits: TEXT, group: "Versions" },
  { name: "semver_lte", words: "is at most version", literal: "version", fits: TEXT, group: "Versions" },
  { name: "before", words: "is before", literal: "date", fits: ["string", "number", "array"], group: "Time" },
  { name: "after", words: "is after", literal: "date", fits: ["string", "number", "array"], group: "Time" },
  { name: "in_cidr", words: "is in the network", literal: "networks", fits: TEXT, group: "Network" },
  { name: "exists", words: "is present", literal: "none", fits: ALL, group: "Presence" },
  { name: "not_exists", words: "is missing", literal: "none", fits: ALL, group: "Presence" },
];

const BY_NAME = new Map(OPERATORS.map((each) => [each.name, each]));

export const operatorNamed = (name: string): Operator | undefined => BY_NAME.get(name);

/** Operators that are the negation of another one, but only where the attribute is present. */
export const NEGATIVE: Readonly<Record<string, string>> = { ne: "eq", not_in: "in", not_contains: "contains" };

/** Those that can match an attribute which was seen with these types; of one that was never seen, all. */
export function operatorsFor(types: readonly ValueType[]): Operator[] {
  if (types.length === 0) return [...OPERATORS];
  return OPERATORS.filter((each) => types.some((type) => each.fits.includes(type)));
}

/** What stays of a literal where the operator changes; what can't stay begins empty. */
export function literalFor(operator: string, before: Json | undefined): Json | undefined {
  const kind = operatorNamed(operator)?.literal ?? "scalar";
  const first = Array.isArray(before) ? before[0] : before;
  const texts = (value: Json | undefined): string => (value === undefined || value === null ? "" : String(value));
  switch (kind) {
    case "none":
      return undefined;
    case "scalars":
      return Array.isArray(before) ? before : before === undefined || before === "" ? [] : [before];
    case "networks":
      return Array.isArray(before) ? before.map(texts) : before === undefined || before === "" ? [] : [texts(before)];
    case "number": {
      const number = typeof first === "string" && first.trim() !== "" ? Number(first) : first;
      return typeof number === "number" && Number.isFinite(number) ? number : "";
    }
    case "scalar":
      return first === undefined || typeof first === "object" ? "" : first;
    case "date":
      return typeof first === "number" ? first : texts(first);
    default:
      return texts(first);
  }
}
