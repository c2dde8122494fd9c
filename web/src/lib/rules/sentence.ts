/** A condition as the parts of a sentence, and back from them without loss. */

import {
  type Condition,
  type InSegment,
  isAll,
  isAny,
  isComparison,
  isInSegment,
  isNot,
  type Json,
  partsOf,
  type Step,
} from "./condition";
import { shownLiteral } from "./literals";
import { operatorNamed } from "./operators";

export type Group = "and" | "or" | "not";

/**
 * `word`s are written between what can be edited; `open` and `close` bound a group and may have no text.
 * `path` is where errors name it, `place` the condition that it belongs to.
 */
export type Part =
  | { kind: "open"; group: Group; text: string; path: string; place: readonly Step[] }
  | { kind: "close"; text: string }
  | { kind: "word"; text: string }
  | { kind: "attribute"; text: string; name: string; path: string; place: readonly Step[] }
  | { kind: "operator"; text: string; name: string; path: string; place: readonly Step[] }
  | { kind: "value"; text: string; value: Json; path: string; place: readonly Step[] }
  | { kind: "segment"; text: string; key: string; path: string; place: readonly Step[] };

export function sentenceOf(condition: Condition, root = "if"): Part[] {
  return [...parts(condition, root, [], true)];
}

function* parts(condition: Condition, path: string, place: readonly Step[], outermost: boolean): Generator<Part> {
  if (isComparison(condition)) {
    const { attribute } = condition;
    yield { kind: "attribute", text: attribute || "…", name: attribute, path: `${path}.attribute`, place };
    const words = operatorNamed(condition.operator)?.words ?? condition.operator;
    yield { kind: "operator", text: words, name: condition.operator, path: `${path}.operator`, place };
    if (condition.value !== undefined) {
      const { value } = condition;
      yield { kind: "value", text: shownLiteral(value) || "…", value, path: `${path}.value`, place };
    }
  } else if (isInSegment(condition)) {
    yield { kind: "word", text: "in segment" };
    yield segment(condition, path, place);
  } else if (isNot(condition)) {
    yield* negation(condition.not, path, place);
  } else {
    yield* group(condition, path, place, outermost);
  }
}

const segment = (condition: InSegment, path: string, place: readonly Step[]): Part => ({
  kind: "segment",
  text: condition.segment || "…",
  key: condition.segment,
  path: `${path}.segment`,
  place,
});

function* negation(inner: Condition, path: string, place: readonly Step[]): Generator<Part> {
  const below = `${path}.not`;
  const plain = isInSegment(inner);
  yield { kind: "open", group: "not", text: plain ? "not" : "not (", path, place };
  yield* parts(inner, below, [...place, "not"], true);
  yield { kind: "close", text: plain ? "" : ")" };
}

function* group(condition: Condition, path: string, place: readonly Step[], outermost: boolean): Generator<Part> {
  const kind = isAll(condition) ? "and" : "or";
  const inner = partsOf(condition) ?? [];
  const bracketed = !outermost && inner.length > 1;
  yield { kind: "open", group: kind, text: bracketed ? "(" : "", path, place };
  for (const [index, part] of inner.entries()) {
    if (index > 0) yield { kind: "word", text: kind };
    yield* parts(part, `${path}.${kind}[${index}]`, [...place, index], inner.length === 1 && outermost);
  }
  if (inner.length === 0) yield { kind: "word", text: isAny(condition) ? "any of nothing" : "all of nothing" };
  yield { kind: "close", text: bracketed ? ")" : "" };
}

/** From the parts alone; null where they make no condition. */
export function conditionOfSentence(sentence: readonly Part[]): Condition | null {
  const reader = new Reader(sentence.filter((part) => part.kind !== "word"));
  const condition = reader.condition();
  return condition !== null && reader.ended() ? condition : null;
}

class Reader {
  private at = 0;
  constructor(private readonly parts: readonly Part[]) {}

  ended(): boolean {
    return this.at === this.parts.length;
  }

  condition(): Condition | null {
    const part = this.parts[this.at++];
    if (part?.kind === "segment") return { segment: part.key };
    if (part?.kind === "open") return this.group(part.group);
    const operator = this.parts[this.at++];
    if (part?.kind !== "attribute" || operator?.kind !== "operator") return null;
    const value = this.parts[this.at];
    if (value?.kind !== "value") return { attribute: part.name, operator: operator.name };
    this.at++;
    return { attribute: part.name, operator: operator.name, value: value.value };
  }

  private group(kind: Group): Condition | null {
    const inner: Condition[] = [];
    while (!this.ended() && this.parts[this.at]?.kind !== "close") {
      const part = this.condition();
      if (part === null) return null;
      inner.push(part);
    }
    if (this.ended()) return null;
    this.at++;
    if (kind === "and") return { and: inner };
    if (kind === "or") return { or: inner };
    const [only] = inner;
    return only !== undefined && inner.length === 1 ? { not: only } : null;
  }
}

/** As one text, for lists, labels and what is read aloud. */
export function textOfSentence(sentence: readonly Part[]): string {
  return sentence
    .map((part) => part.text)
    .filter((text) => text !== "")
    .join(" ")
    .replaceAll("( ", "(")
    .replaceAll(" )", ")");
}

export const inWords = (condition: Condition): string => textOfSentence(sentenceOf(condition));
