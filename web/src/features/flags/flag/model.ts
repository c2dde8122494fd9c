/** A flag's settings as a draft: what is sent, and what becomes of it when somebody else has saved meanwhile. Pure. */

import { same } from "@/lib/json";
import { listBy, type Parts, SET } from "@/lib/merge";
import {
  differenceInWords,
  inWords,
  isObject,
  type Json,
  type Rule,
  ruleOf,
  rulesOf,
  type Serve,
  serveOf,
} from "@/lib/rules";

export interface Target {
  key: string;
  variation: string;
  expires_at?: string | number | null;
}
export interface Prerequisite {
  flag: string;
  variation: string;
}

/** What the rules' tab edits; null takes what the flag itself says. */
export interface SettingsDraft {
  prerequisites: Prerequisite[];
  targets: Target[];
  rules: Rule[];
  default: Serve | null;
  off_variation: string | null;
  report_exposures: boolean;
  exposure_attributes: string[];
}

export interface Stored {
  readonly prerequisites: readonly Prerequisite[];
  readonly targets: readonly Target[];
  readonly rules: readonly unknown[];
  readonly default: unknown;
  readonly off_variation: string;
  readonly inherited: readonly string[];
  readonly report_exposures: boolean;
  readonly exposure_attributes: readonly string[];
}

/** Null where a rule or the default is one that this page can't show. */
export function draftOf(stored: Stored): SettingsDraft | null {
  const rules = rulesOf(stored.rules);
  const served = serveOf(stored.default);
  if (rules === null || served === null) return null;
  return {
    prerequisites: stored.prerequisites.map(({ flag, variation }) => ({ flag, variation })),
    targets: stored.targets.map((each) => ({ ...each })),
    rules,
    default: stored.inherited.includes("default") ? null : served,
    off_variation: stored.inherited.includes("off_variation") ? null : stored.off_variation,
    report_exposures: stored.report_exposures,
    exposure_attributes: [...stored.exposure_attributes],
  };
}

export const FIELDS = [
  "prerequisites",
  "targets",
  "rules",
  "default",
  "off_variation",
  "report_exposures",
  "exposure_attributes",
] as const;
export type Field = (typeof FIELDS)[number];

const changedFields = (before: SettingsDraft, after: SettingsDraft): Field[] =>
  FIELDS.filter((field) => !same(before[field], after[field]));

/** Only what changed is sent, so that what somebody else saves in another field stays. */
export function patchOf(before: SettingsDraft, after: SettingsDraft): Partial<SettingsDraft> {
  return Object.fromEntries(changedFields(before, after).map((field) => [field, after[field]]));
}

/** In words; what is taken from the flag is told as what that is. */
export function wordsOf(
  before: SettingsDraft,
  after: SettingsDraft,
  own: { default: unknown; off_variation: string },
): string[] {
  const told = (draft: SettingsDraft) => ({
    ...draft,
    default: draft.default ?? own.default,
    off_variation: draft.off_variation ?? own.off_variation,
  });
  const words = differenceInWords(told(before), told(after));
  for (const field of ["default", "off_variation"] as const) {
    if ((before[field] === null) === (after[field] === null)) continue;
    const name = field === "default" ? "The default" : "What off serves";
    words.push(after[field] === null ? `${name} follows the flag again` : `${name} is this environment's own`);
  }
  return words;
}

const ruleTitle = (rule: unknown): string => {
  const read = ruleOf(rule);
  return read === null ? "a rule" : read.description || inWords(read.if);
};

/** How others' changes of the same settings are merged. */
export const PARTS: Parts<SettingsDraft> = {
  prerequisites: listBy("flag"),
  targets: listBy("key"),
  rules: listBy("id", ruleTitle),
  exposure_attributes: SET,
};

/** The members of a JSON document that are a draft's. */
export function draftFromJson(text: string, before: SettingsDraft): SettingsDraft | string {
  let read: Json;
  try {
    read = JSON.parse(text);
  } catch (error) {
    return error instanceof Error ? error.message : "This is no JSON";
  }
  if (!isObject(read)) return "An object is wanted";
  const unknown = Object.keys(read).filter((name) => !FIELDS.some((field) => field === name));
  if (unknown.length > 0) return `There is no ${unknown.join(", ")} here`;
  const rules = Array.isArray(read.rules) ? rulesOf(read.rules) : before.rules;
  if (rules === null) return "A rule is none: each has an if and a then";
  const served = read.default === null || read.default === undefined ? null : serveOf(read.default);
  if (served === null && read.default) return "The default serves a variation or a rollout";
  return { ...before, ...read, rules, default: served };
}
