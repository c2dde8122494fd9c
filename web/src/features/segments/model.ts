/** A segment in words: who is in it and why, what uses it, how large it is. */

import { listed, plural } from "@/lib/format";
import type { JsonObject } from "@/lib/json";
import { type Parts, SET } from "@/lib/merge";
import { conditionOf, inWords } from "@/lib/rules";

export interface SegmentUse {
  kind: string;
  key: string;
  environment: string | null;
  active: boolean;
  path: { kind: string; key: string }[];
}

export interface UseGroup {
  kind: string;
  key: string;
  environments: string[];
  active: boolean;
  /** Through which segments or flags, the nearest to the segment first; empty where it names the segment itself. */
  through: string[];
}

/** One line for each entity, with all environments in which it uses the segment. */
export function groupedUses(uses: readonly SegmentUse[]): UseGroup[] {
  const groups = new Map<string, UseGroup>();
  for (const use of uses) {
    const through = use.path.map((step) => `${step.kind} ${step.key}`);
    const name = JSON.stringify([use.kind, use.key, through]);
    const group = groups.get(name) ?? { kind: use.kind, key: use.key, environments: [], active: false, through };
    if (use.environment !== null && !group.environments.includes(use.environment))
      group.environments.push(use.environment);
    group.active ||= use.active;
    groups.set(name, group);
  }
  return [...groups.values()];
}

/** "2 flags in production and staging, 1 experiment" for what an edit touches. */
export function touchedWords(uses: readonly SegmentUse[]): string {
  const active = uses.filter((each) => each.active);
  const kinds = ["flag", "config", "experiment", "segment"];
  const told = kinds.flatMap((kind) => {
    const count = new Set(active.filter((each) => each.kind === kind).map((each) => each.key)).size;
    return count === 0 ? [] : [`${count} ${kind}${count === 1 ? "" : "s"}`];
  });
  if (told.length === 0) return "Nothing that is served uses it now.";
  const places = [...new Set(active.flatMap((each) => (each.environment === null ? [] : [each.environment])))];
  return `Touches ${listed(told)}${places.length > 0 ? `, in ${listed(places)}` : ""}.`;
}

export interface Membership {
  member: boolean | null;
  reason: string;
  because: string;
}

export function membershipOf(told: Readonly<Record<string, unknown>> | undefined): Membership | undefined {
  if (told === undefined) return undefined;
  const member = typeof told.member === "boolean" ? told.member : null;
  return { member, reason: String(told.reason ?? ""), because: typeof told.because === "string" ? told.because : "" };
}

export function membershipWords(unit: string, { member, because }: Membership): string {
  if (member === null) return `That can't be told of ${unit}: ${because}.`;
  return member ? `${unit} is in it: ${because}.` : `${unit} is not in it: ${because}.`;
}

/** What somebody edits of a segment. The long list is edited by itself. */
export interface SegmentDraft {
  name: string;
  description: string;
  tags: string[];
  owner: string | null;
  included: string[];
  excluded: string[];
  if: JsonObject | null;
}

/** How others' changes of the same segment are merged. */
export const PARTS: Parts<SegmentDraft> = { tags: SET, included: SET, excluded: SET };

export function draftOf(segment: SegmentDraft): SegmentDraft {
  const { name, description, tags, owner, included, excluded } = segment;
  return { name, description, tags, owner, included, excluded, if: segment.if };
}

/** The fields that differ, as a PATCH takes them. */
export function patchOf(before: SegmentDraft, after: SegmentDraft): Partial<SegmentDraft> {
  const changed = Object.entries(after).filter(([name, value]) => {
    const was = before[name as keyof SegmentDraft];
    return JSON.stringify(was) !== JSON.stringify(value);
  });
  return Object.fromEntries(changed);
}

/** Why a key can't stand there, told before anything is sent. */
export function doubleKeys(draft: Pick<SegmentDraft, "included" | "excluded">): string[] {
  const excluded = new Set(draft.excluded);
  return draft.included.filter((each) => excluded.has(each));
}

interface Listed {
  included: readonly string[];
  excluded: readonly string[];
  if: unknown;
  long_list: { included: number; excluded: number } | null;
}

/** "2 listed keys, or country is one of DE, FR; but not 1 excluded key": a row of the list. */
export function whoWords(segment: Listed): string {
  const listed = segment.included.length + (segment.long_list?.included ?? 0);
  const left = segment.excluded.length + (segment.long_list?.excluded ?? 0);
  const condition = conditionOf(segment.if);
  const parts = [
    listed > 0 ? plural(listed, "listed key") : "",
    condition === null ? (segment.if === null ? "" : "whoever meets its condition") : inWords(condition),
  ].filter((each) => each !== "");
  const who = parts.length === 0 ? "Nobody" : parts.join(", or ");
  return left > 0 ? `${who}; but not ${plural(left, "excluded key")}` : who;
}

/** What an edit changes, as sentences. `condition` tells its parts. */
export function draftWords(
  before: SegmentDraft,
  after: SegmentDraft,
  condition: (one: JsonObject) => string,
): string[] {
  const words: string[] = [];
  for (const field of ["included", "excluded"] as const) {
    const was = new Set(before[field]);
    const is = new Set(after[field]);
    const added = after[field].filter((each) => !was.has(each));
    const removed = before[field].filter((each) => !is.has(each));
    if (added.length > 0) words.push(`${keysWords(added)} ${added.length === 1 ? "is" : "are"} ${field}`);
    if (removed.length > 0)
      words.push(`${keysWords(removed)} ${removed.length === 1 ? "is" : "are"} no longer ${field}`);
  }
  if (JSON.stringify(before.if) !== JSON.stringify(after.if))
    words.push(conditionWords(before.if, after.if, condition));
  if (before.name !== after.name) words.push(`It is called “${after.name}”`);
  if (before.description !== after.description) words.push("Its description is another one");
  if (before.owner !== after.owner)
    words.push(after.owner === null ? "Nobody looks after it" : `${after.owner} looks after it`);
  if (before.tags.join("\n") !== after.tags.join("\n")) words.push(`Its tags are ${listed(after.tags) || "none"}`);
  return words;
}

function conditionWords(
  before: JsonObject | null,
  after: JsonObject | null,
  words: (one: JsonObject) => string,
): string {
  if (after === null) return "There is no condition any more";
  return before === null ? `Whoever: ${words(after)}` : `The condition is: ${words(after)}; it was: ${words(before)}`;
}

function keysWords(keys: readonly string[]): string {
  return keys.length <= 3 ? listed(keys) : `${keys.slice(0, 2).join(", ")} and ${keys.length - 2} more`;
}
