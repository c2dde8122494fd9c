/** One change of many flags: as edits, in words, and what refuses it. */

import type { Environment } from "@/api/place";
import { asProblem, Problem } from "@/api/problem";
import { changeWords } from "@/components/reviewing/acts";
import type { Edit, ExperimentChoice } from "@/components/reviewing/queries";
import { plural } from "@/lib/format";
import { isRecord } from "@/lib/json";
import type { BulkChange } from "./queries";

/** How many one change may name, and how many a change request or a preview. */
export const KEYS_MAX = 200;
export const EDITS_MAX = 100;
const WORDS_SHOWN = 20;

export type BulkAction = Omit<BulkChange, "keys">;

/** What is looked at before it is done; switching off never waits. */
export type Looked = { readonly do: "archive" } | { readonly do: "turn on"; readonly environment: There };

type There = Pick<Environment, "key" | "name" | "protected" | "reason_required">;

export function actionOf(looked: Looked): BulkAction {
  if (looked.do === "archive") return { action: "archive" };
  return { action: "switch", environment: looked.environment.key, enabled: true };
}

/** As a change request and a preview take it. */
export function editsOf(looked: Looked, keys: readonly string[], choice: ExperimentChoice | null = null): Edit[] {
  return keys.map((key): Edit => {
    if (looked.do === "archive") return { entity: "flag", key, action: "archive" };
    const document = { enabled: true, ...(choice === null ? {} : { on_experiments: choice }) };
    return { entity: "flag_settings", key, environment: looked.environment.key, action: "update", document };
  });
}

/** What it does, in the past where it is done: "Archive 5 flags", "Turned on 5 flags in Production". */
export function titleOf(looked: Looked, count: number, done = false): string {
  const flags = plural(count, "flag");
  if (looked.do === "archive") return `${done ? "Archived" : "Archive"} ${flags}`;
  return `${done ? "Turned on" : "Turn on"} ${flags} in ${looked.environment.name}`;
}

type Change = Parameters<typeof changeWords>[0];

interface Told {
  readonly changed: readonly string[];
  readonly unchanged: readonly string[];
  readonly changes?: readonly Change[] | null;
}

/** Each flag that changes, what changes with them, and how many are so already. */
export function manyWords(looked: Looked, told: Told): string[] {
  const own = new Set(told.changed);
  const verb = looked.do === "archive" ? "Archive" : "Turn on";
  const others = (told.changes ?? []).filter(
    ({ entity, key }) => !(entity.startsWith("flag") && own.has(key.split("/")[0] ?? key)),
  );
  const words = [...told.changed.map((key) => `${verb} ${key}`), ...others.map(changeWords)];
  const more = words.length > WORDS_SHOWN ? [`And ${words.length - WORDS_SHOWN} more`] : [];
  const stay = told.unchanged.length;
  const so = stay === 0 ? [] : [plural(stay, "flag stays as it is", "flags stay as they are")];
  return [...words.slice(0, WORDS_SHOWN), ...more, ...so];
}

/** A refusal that names flags by their place among those that were sent, by their keys. */
export function byKey(thrown: unknown, keys: readonly string[]): Problem {
  const problem = asProblem(thrown);
  const { status, title, detail, code, body } = problem;
  const fields = problem.fields.map((each) => ({ ...each, field: keyAt(each.field, keys) }));
  const { requestId, retryAfter } = problem;
  return new Problem({
    ...{ status, title, detail, code, body, fields },
    requestId: requestId ?? undefined,
    retryAfter: retryAfter ?? undefined,
  });
}

function keyAt(field: string, keys: readonly string[]): string {
  const [, place] = /^keys\[(\d+)\]$/.exec(field) ?? [];
  return keys[Number(place)] ?? field;
}

const TOLD_AT_ONCE = 5;

/** The same in one text, for where there is no room for a list. */
export function atOnce(problem: Problem): Problem {
  const told = problem.fields.slice(0, TOLD_AT_ONCE).map((each) => `${each.field}: ${each.message}`);
  if (told.length === 0) return problem;
  const { status, title, code, body } = problem;
  return new Problem({ status, title, code, body, detail: `${problem.detail}. ${told.join("; ")}` });
}

/** The running experiments that it was refused for, where nothing else stands in its way; empty otherwise. */
export function disturbedByMany({ fields, body }: Problem): readonly string[] {
  if (fields.length === 0 || fields.some((each) => each.code !== "experiment_affected")) return [];
  const refusals = Array.isArray(body.refusals) ? body.refusals : [];
  return [...new Set(refusals.flatMap(experimentsOf))];
}

function experimentsOf(refusal: unknown): string[] {
  if (!isRecord(refusal) || !Array.isArray(refusal.experiments)) return [];
  return refusal.experiments.flatMap((each: unknown) => (isRecord(each) ? [String(each.key)] : []));
}
