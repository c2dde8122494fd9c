/** A flag's settings in one environment, as they are edited. */

import { type Condition, conditionOf, isObject } from "./condition";
import { type Serve, serveOf } from "./serve";

// An alias, as documents of the API are asked for by index.
export type Rule = {
  /** Given by the control plane, and kept; a rule that was just made has none. */
  id?: string;
  description: string;
  if: Condition;
  then: Serve;
};

/** Null where it is one that this page can't show. */
export function ruleOf(document: unknown): Rule | null {
  if (!isObject(document)) return null;
  const condition = conditionOf(document.if);
  const serve = serveOf(document.then);
  if (condition === null || serve === null) return null;
  const { id, description } = document;
  const rule: Rule = { description: typeof description === "string" ? description : "", if: condition, then: serve };
  return typeof id === "string" ? { id, ...rule } : rule;
}

export function rulesOf(documents: readonly unknown[]): Rule[] | null {
  const rules = documents.map(ruleOf);
  return rules.some((rule) => rule === null) ? null : rules.filter((rule): rule is Rule => rule !== null);
}

/** A list with one element at another place. */
export function movedTo<T>(list: readonly T[], from: number, to: number): T[] {
  const element = list[from];
  if (element === undefined) return [...list];
  return list.toSpliced(from, 1).toSpliced(Math.max(0, Math.min(list.length - 1, to)), 0, element);
}
