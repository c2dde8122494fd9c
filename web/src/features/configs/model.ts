/** A remote config's drafts: what differs from what is saved, and what somebody would get, said in words. */

import {
  isObject,
  type Json,
  type JsonObject,
  mergePatch,
  patchedPointers,
  same,
  shortJson,
  valueAt,
} from "@/lib/json";
import { listBy, MEMBERS, type Parts } from "@/lib/merge";

export interface ConfigOverride {
  id?: string;
  if?: JsonObject;
  segment?: string;
  value: JsonObject;
}

export interface SettingsDraft {
  /** Null: the config's own. */
  value: JsonObject | null;
  resolve: "first" | "merge";
  overrides: ConfigOverride[];
}

/** How others' changes of the same settings are merged. */
export const SETTINGS_PARTS: Parts<SettingsDraft> = {
  value: MEMBERS,
  overrides: listBy("id", (each) =>
    isObject(each) && typeof each.segment === "string" ? each.segment : "an override",
  ),
};

/** The fields that differ, as a PATCH takes them. */
export function settingsPatch(before: SettingsDraft, after: SettingsDraft): Partial<SettingsDraft> {
  const patch: Partial<SettingsDraft> = {};
  if (!same(before.value, after.value)) patch.value = after.value;
  if (before.resolve !== after.resolve) patch.resolve = after.resolve;
  if (JSON.stringify(before.overrides) !== JSON.stringify(after.overrides)) patch.overrides = after.overrides;
  return patch;
}

/** "theme from light to dark, texts.pay is taken away" for what a patch makes of a value. */
export function patchWords(base: JsonObject, patch: JsonObject): string[] {
  return patchedPointers(patch).map((pointer) => {
    const name = pointer.slice(1).replaceAll("/", ".").replaceAll("~1", "/").replaceAll("~0", "~");
    const [was, is] = [valueAt(base, pointer), valueAt(patch, pointer)];
    if (is === null || is === undefined) return `${name} is taken away`;
    return was === undefined
      ? `${name} is ${shortJson(is, 40)}`
      : `${name} from ${shortJson(was, 40)} to ${shortJson(is, 40)}`;
  });
}

/** What whoever an override alone matches gets. */
export function overridden(value: JsonObject, override: ConfigOverride): Json {
  return mergePatch(value, override.value);
}

/** What lies between two values, a line for each place. */
export function valueWords(before: Json, after: Json): string[] {
  return differences(before, after, "").map(({ at, was, is }) => {
    const name = at === "" ? "the value" : at.slice(1);
    if (is === undefined) return `${name} is taken away`;
    return was === undefined
      ? `${name} is new: ${shortJson(is, 40)}`
      : `${name} from ${shortJson(was, 40)} to ${shortJson(is, 40)}`;
  });
}

interface Difference {
  at: string;
  was: Json | undefined;
  is: Json | undefined;
}

function differences(was: Json | undefined, is: Json | undefined, at: string): Difference[] {
  if (same(was, is)) return [];
  if (
    was === null ||
    is === null ||
    typeof was !== "object" ||
    typeof is !== "object" ||
    Array.isArray(was) ||
    Array.isArray(is)
  )
    return [{ at, was, is }];
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])];
  return names.flatMap((name) => differences(was[name], is[name], `${at}.${name}`));
}

/** Of a refusal: which environments a schema would break, and how. */
export function brokenBySchema(fields: readonly { field: string; code: string; message: string }[]): string[] {
  return fields.filter((each) => each.code === "needed_in_environment").map((each) => each.message);
}

interface Outline {
  own_value: boolean;
  overrides: number;
}

/** What an environment sets of a config: "the same value, 2 overrides". */
export function outlineWords(outline: Outline | undefined): string {
  if (outline === undefined) return "–";
  const overrides =
    outline.overrides === 0 ? "" : `, ${outline.overrides} ${outline.overrides === 1 ? "override" : "overrides"}`;
  return `${outline.own_value ? "its own value" : "the shared value"}${overrides}`;
}

/** Text that people type, as the object that it has to be. */
export function objectFrom(text: string): JsonObject | null {
  try {
    const read: unknown = JSON.parse(text);
    return isObject(read) ? read : null;
  } catch {
    return null;
  }
}

/** A schema that takes what a value has now: a start to write a stricter one from. */
export function schemaOf(value: Json): JsonObject {
  if (Array.isArray(value)) return { type: "array", ...(value[0] === undefined ? {} : { items: schemaOf(value[0]) }) };
  if (isObject(value))
    return {
      type: "object",
      properties: Object.fromEntries(Object.entries(value).map(([name, part]) => [name, schemaOf(part)])),
    };
  if (value === null) return {};
  return { type: typeof value === "number" ? (Number.isInteger(value) ? "integer" : "number") : typeof value };
}

/** What a draft changes in an environment, as sentences. `who` tells whom an override matches. */
export function settingsWords(
  before: SettingsDraft,
  after: SettingsDraft,
  shared: JsonObject,
  who: (override: ConfigOverride) => string,
): string[] {
  const words: string[] = [];
  if (before.value !== null && after.value === null) words.push("The shared value is served again");
  if (before.value === null && after.value !== null) words.push("It has a value of its own");
  words.push(...valueWords(before.value ?? shared, after.value ?? shared));
  if (before.resolve !== after.resolve)
    words.push(
      after.resolve === "merge" ? "All overrides that match apply" : "The first override that matches applies",
    );
  return [...words, ...overrideWords(before.overrides, after.overrides, after.value ?? shared, who)];
}

function overrideWords(
  before: readonly ConfigOverride[],
  after: readonly ConfigOverride[],
  value: JsonObject,
  who: (override: ConfigOverride) => string,
): string[] {
  const was = new Map(before.flatMap((each) => (each.id === undefined ? [] : [[each.id, each] as const])));
  const kept = new Set(after.map((each) => each.id));
  const told = (each: ConfigOverride) =>
    `if ${who(each)}: ${patchWords(value, each.value).join(", ") || "nothing changes"}`;
  const words = [...was.values()]
    .filter((each) => !kept.has(each.id))
    .map((each) => `No override any more ${told(each)}`);
  for (const each of after) {
    const earlier = each.id === undefined ? undefined : was.get(each.id);
    if (earlier === undefined) words.push(`A new override ${told(each)}`);
    else if (JSON.stringify(earlier) !== JSON.stringify(each))
      words.push(`Another override ${told(each)}; it was ${told(earlier)}`);
  }
  const order = (list: readonly ConfigOverride[]) =>
    list.map((each) => each.id).filter((id) => id !== undefined && was.has(id) && kept.has(id));
  if (order(before).join() !== order(after).join()) words.push("Overrides stand in another order");
  return words;
}
