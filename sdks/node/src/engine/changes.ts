/** Whose answers may differ between two flag sets. */

import type { Answering, AnyAnswer } from "./answering.js";
import { Answer } from "./answers.js";
import type { Segment } from "./model.js";
import { meets, type References } from "./references.js";
import { servesTheSame } from "./same.js";

/**
 * Keys whose answers may differ for somebody: what came or went; what says something else itself, but for people; what
 * can be evaluated in one of the two only; and what has such a segment, experiment or prerequisite behind it.
 */
export function changesBetween(before: Answering, after: Answering): string[] {
  const all = new Set([...before.all.keys(), ...after.all.keys()]);
  if (before.salt !== after.salt) return [...all];
  const segments = changedSegments(before, after);
  const changed = new Set<string>();
  for (const key of all) {
    const [then, now] = [before.all.get(key), after.all.get(key)];
    if (then !== now && differs(then, now)) changed.add(key);
    const named = referencesOf(now);
    if (named !== undefined && meets(named.segments, segments)) changed.add(key);
  }
  addDependents(changed, after.all);
  return [...all].filter((key) => changed.has(key));
}

function differs(then: AnyAnswer | undefined, now: AnyAnswer | undefined): boolean {
  if (then === undefined || now === undefined) return true;
  if (then instanceof Answer !== now instanceof Answer) return true;
  if (!(then instanceof Answer && now instanceof Answer)) return false;
  return !servesTheSame(then.one.document, now.one.document) || !sameExperiments(then, now);
}

/** Are the experiments on them the same, in the same order? */
function sameExperiments(then: Answer, now: Answer): boolean {
  if (then.experiments.length !== now.experiments.length) return false;
  return then.experiments.every((one, index) => servesTheSame(one.document, now.experiments[index]?.document));
}

function referencesOf(answer: AnyAnswer | undefined): References | undefined {
  return answer instanceof Answer ? answer.references : answer?.answer?.references;
}

function changedSegments(before: Answering, after: Answering): ReadonlySet<string> {
  const [then, now] = [before.entities.segments.good, after.entities.segments.good];
  if (then === now) return new Set();
  const changed = [...union(then, now)].filter((key) => {
    const [one, other] = [then.get(key), now.get(key)];
    if (one === other) return false;
    return !servesTheSame(one?.document, other?.document) || !sameChunks(one, other);
  });
  return new Set([...before.directory.reaching(changed), ...after.directory.reaching(changed)]);
}

/** Are the same chunks of their long lists here? */
function sameChunks(one: Segment | undefined, other: Segment | undefined): boolean {
  const [chunks, others] = [one?.longList?.chunks, other?.longList?.chunks];
  if (chunks?.size !== others?.size) return false;
  return [...(chunks ?? [])].every(([number, chunk]) => others?.get(number)?.digest === chunk.digest);
}

/** Flags of which a prerequisite is among them, at any depth. */
function addDependents(changed: Set<string>, answers: Answering["all"]): void {
  const dependents = new Map<string, string[]>();
  for (const [key, answer] of answers) {
    for (const prerequisite of referencesOf(answer)?.flags ?? []) {
      dependents.set(prerequisite, [...(dependents.get(prerequisite) ?? []), key]);
    }
  }
  for (const key of changed) {
    for (const dependent of dependents.get(key) ?? []) changed.add(dependent);
  }
}

function union(one: ReadonlyMap<string, unknown>, other: ReadonlyMap<string, unknown>): Set<string> {
  return new Set([...one.keys(), ...other.keys()]);
}
