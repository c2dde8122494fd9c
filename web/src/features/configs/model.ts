/** A remote config's drafts: what differs from what is saved, and what somebody would get, said in words. */

import { type Json, type JsonObject, mergePatch, patchedPointers, same, shortJson, valueAt } from "@/lib/json";

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
