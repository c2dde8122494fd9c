/** Where people err: things that may be saved and hardly mean what was meant. */

import { same } from "@/lib/json";
import { type Comparison, type Condition, isAll, isAny, isComparison, isInSegment, isNot, partsOf } from "./condition";
import { NEGATIVE, operatorNamed, type ValueType } from "./operators";
import { bucketBy, onlyVariation } from "./serve";
import type { Rule } from "./settings";

/** An attribute as contexts had it: its types, its commonest values, the share of units that have it. */
export interface SeenAttribute {
  name: string;
  types: readonly ValueType[];
  values?: readonly (string | number | boolean)[];
  share?: number;
}

export type HintCode =
  | "missing_passes"
  | "missing_fails"
  | "never_reached"
  | "matches_nobody"
  | "empty_list"
  | "never_seen"
  | "other_type"
  | "no_segment";

export interface Hint {
  code: HintCode;
  /** As an error would name it. */
  path: string;
  text: string;
}

export interface Known {
  /** Undefined: nobody knows what was seen. */
  attributes?: readonly SeenAttribute[] | undefined;
  segments?: readonly string[] | undefined;
}

/** True of everybody, true of nobody, or neither as far as the condition alone tells. */
export function truthOf(condition: Condition): boolean | null {
  if (isComparison(condition)) return condition.operator === "in" && isEmptyList(condition) ? false : null;
  if (isInSegment(condition)) return null;
  if (isNot(condition)) {
    const inner = truthOf(condition.not);
    return inner === null ? null : !inner;
  }
  const parts = partsOf(condition) ?? [];
  const decisive = isAny(condition);
  const truths = parts.map(truthOf);
  if (truths.includes(decisive) || parts.some((part) => parts.some((other) => contradict(part, other))))
    return decisive;
  return truths.length > 0 && truths.every((truth) => truth === !decisive) ? !decisive : null;
}

function contradict(one: Condition, other: Condition): boolean {
  if (isNot(other) && same(other.not, one)) return true;
  return (
    isComparison(one) &&
    isComparison(other) &&
    one.attribute === other.attribute &&
    one.operator === "exists" &&
    other.operator === "not_exists"
  );
}

const isEmptyList = (one: Comparison): boolean => Array.isArray(one.value) && one.value.length === 0;

export function hintsOfCondition(condition: Condition, known: Known = {}, root = "if"): Hint[] {
  return [...hints(condition, known, root)];
}

function* hints(condition: Condition, known: Known, path: string): Generator<Hint> {
  if (isComparison(condition)) yield* ofComparison(condition, known, path);
  else if (isInSegment(condition)) yield* ofSegment(condition.segment, known, path);
  else if (isNot(condition)) {
    if (isComparison(condition.not)) yield* ofNegation(condition.not, known, path);
    yield* hints(condition.not, known, `${path}.not`);
  } else {
    const kind = isAll(condition) ? "and" : "or";
    for (const [index, part] of (partsOf(condition) ?? []).entries())
      yield* hints(part, known, `${path}.${kind}[${index}]`);
  }
}

function* ofComparison(one: Comparison, known: Known, path: string): Generator<Hint> {
  const { attribute, operator } = one;
  if (attribute === "") return;
  const words = operatorNamed(operator)?.words ?? operator;
  if (isEmptyList(one)) {
    const text =
      operator === "not_in"
        ? `With an empty list everybody with ${attribute} matches.`
        : "With an empty list nobody matches.";
    yield { code: "empty_list", path: `${path}.value`, text };
  }
  if (operator in NEGATIVE && mayBeMissing(attribute, known)) {
    const positive = operatorNamed(NEGATIVE[operator] ?? "")?.words ?? "is";
    const text = `Whoever has no ${attribute} does not match “${words}”. To match them, too, say “not (${attribute} ${positive} …)”.`;
    yield { code: "missing_fails", path: `${path}.operator`, text };
  }
  const seen = known.attributes?.find((each) => each.name === attribute);
  if (known.attributes !== undefined && seen === undefined && attribute !== "targetingKey") {
    const near = nearest(attribute, known.attributes);
    const text = `${attribute} was never seen in this environment.${near === null ? "" : ` Did you mean ${near}?`}`;
    yield { code: "never_seen", path: `${path}.attribute`, text };
  }
  const fits = operatorNamed(operator)?.fits;
  if (
    seen !== undefined &&
    seen.types.length > 0 &&
    fits !== undefined &&
    !seen.types.some((type) => fits.includes(type))
  ) {
    const text = `${attribute} was only seen as ${seen.types.map(typeInWords).join(" or ")}, which “${words}” never matches.`;
    yield { code: "other_type", path: `${path}.operator`, text };
  }
}

function* ofNegation(inner: Comparison, known: Known, path: string): Generator<Hint> {
  const negative = Object.keys(NEGATIVE).find((name) => NEGATIVE[name] === inner.operator);
  if (negative === undefined || inner.attribute === "" || !mayBeMissing(inner.attribute, known)) return;
  const words = operatorNamed(negative)?.words ?? negative;
  const text = `Whoever has no ${inner.attribute} matches this, too. If only those with one are meant, say “${inner.attribute} ${words} …”.`;
  yield { code: "missing_passes", path, text };
}

function* ofSegment(key: string, known: Known, path: string): Generator<Hint> {
  if (key !== "" && known.segments !== undefined && !known.segments.includes(key))
    yield { code: "no_segment", path: `${path}.segment`, text: `There is no segment ${key}.` };
}

/** Said only where it may make a difference: not of what every unit was seen with. */
function mayBeMissing(attribute: string, known: Known): boolean {
  if (attribute === "targetingKey") return false;
  const share = known.attributes?.find((each) => each.name === attribute)?.share;
  return share === undefined || share < 1;
}

const typeInWords = (type: ValueType): string =>
  ({ string: "text", number: "a number", boolean: "true or false", array: "a list", object: "an object" })[type];

function nearest(name: string, seen: readonly SeenAttribute[]): string | null {
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
  return seen.find((each) => plain(each.name) === plain(name))?.name ?? null;
}

/** Of rules in their order: also those that nobody comes to, or that match nobody. */
export function hintsOfRules(rules: readonly Rule[], known: Known = {}, root = "rules"): Hint[] {
  const found: Hint[] = [];
  for (const [index, rule] of rules.entries()) {
    const path = `${root}[${index}].if`;
    found.push(...hintsOfCondition(rule.if, known, path));
    const before = rules.slice(0, index).findIndex((other) => endsHere(other) && covers(other.if, rule.if));
    if (before >= 0) {
      const always = truthOf(rules[before]?.if ?? rule.if) === true;
      const why = always ? `rule ${before + 1} matches everybody` : `rule ${before + 1} matches all of them before`;
      found.push({ code: "never_reached", path, text: `Nobody comes as far as this rule: ${why}.` });
    } else if (truthOf(rule.if) === false) {
      found.push({ code: "matches_nobody", path, text: "Nobody matches this rule." });
    }
  }
  return found;
}

/** Only a rule that splits by an attribute is passed over by who hasn't got it. */
const endsHere = (rule: Rule): boolean => bucketBy(rule.then) === null || onlyVariation(rule.then) !== null;

/** Whoever matches the second surely matches the first. */
function covers(first: Condition, second: Condition): boolean {
  if (truthOf(first) === true || same(first, second)) return true;
  if (isAny(first)) return first.or.some((part) => covers(part, second));
  if (isAll(second)) return second.and.some((part) => covers(first, part));
  return isAny(second) && second.or.length > 0 && second.or.every((part) => covers(first, part));
}
