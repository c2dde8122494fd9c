/** Whose answers may differ between two flag sets. */

import { Answer, type BrokenAnswer } from "./answers.js";
import type { Entities } from "./entities.js";
import type { Experiment, Segment } from "./model.js";
import { meets, type Directory, type References } from "./references.js";
import { servesTheSame } from "./same.js";

/** A flag set as far as it is compared. */
export interface Compared {
  readonly salt: string;
  readonly entities: Entities;
  readonly directory: Directory;
  readonly answers: ReadonlyMap<string, Answer | BrokenAnswer>;
}

/**
 * Keys whose answers may differ for somebody: what came or went; what says something else itself, but for people; what
 * can be evaluated in one of the two only; and what has such a segment, experiment or prerequisite behind it.
 */
export function changesBetween(before: Compared, after: Compared): string[] {
  const all = new Set([...before.answers.keys(), ...after.answers.keys()]);
  if (before.salt !== after.salt) return [...all];
  const segments = changedSegments(before, after);
  const changed = changedExperiments(before, after);
  for (const key of all) {
    const [then, now] = [before.answers.get(key), after.answers.get(key)];
    if (then !== now && differs(then, now)) changed.add(key);
    const named = referencesOf(now);
    if (named !== undefined && meets(named.segments, segments)) changed.add(key);
  }
  addDependents(changed, after.answers);
  return [...all].filter((key) => changed.has(key));
}

function differs(then: Answer | BrokenAnswer | undefined, now: Answer | BrokenAnswer | undefined): boolean {
  if (then === undefined || now === undefined) return true;
  if (then instanceof Answer !== now instanceof Answer) return true;
  return then instanceof Answer && now instanceof Answer && !servesTheSame(then.one.document, now.one.document);
}

function referencesOf(answer: Answer | BrokenAnswer | undefined): References | undefined {
  return answer instanceof Answer ? answer.references : answer?.answer?.references;
}

function changedSegments(before: Compared, after: Compared): ReadonlySet<string> {
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

/** The flags and remote configs on which an experiment is another one. */
function changedExperiments(before: Compared, after: Compared): Set<string> {
  const [then, now] = [before.entities.experiments.good, after.entities.experiments.good];
  const changed = new Set<string>();
  if (then === now) return changed;
  for (const key of union(then, now)) {
    const [one, other] = [then.get(key), now.get(key)];
    if (one === other || servesTheSame(one?.document, other?.document)) continue;
    for (const experiment of [one, other] satisfies (Experiment | undefined)[]) {
      if (experiment !== undefined) changed.add(experiment.flag);
    }
  }
  return changed;
}

/** Flags of which a prerequisite is among them, at any depth. */
function addDependents(changed: Set<string>, answers: Compared["answers"]): void {
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
