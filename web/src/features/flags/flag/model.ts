/** A flag's settings as a draft: what is sent, and what becomes of it when somebody else has saved meanwhile. Pure. */

import { alike, differenceInWords, isObject, type Json, type Rule, rulesOf, type Serve, serveOf } from "@/lib/rules";

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
  FIELDS.filter((field) => !alike(before[field], after[field]));

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

/** What both have changed; each is chosen. */
export interface Conflict {
  readonly path: string;
  readonly name: string;
  readonly mine: unknown;
  readonly theirs: unknown;
  readonly choose: (draft: SettingsDraft, side: "mine" | "theirs") => SettingsDraft;
}

export interface Merged {
  /** With theirs where both changed the same. */
  readonly draft: SettingsDraft;
  readonly conflicts: readonly Conflict[];
}

/** My changes laid over what stands now: other fields and other rules both stand. */
export function merged(base: SettingsDraft, mine: SettingsDraft, theirs: SettingsDraft): Merged {
  const conflicts: Conflict[] = [];
  let draft: SettingsDraft = { ...theirs };
  for (const field of changedFields(base, mine)) {
    if (alike(base[field], theirs[field]) || alike(mine[field], theirs[field])) {
      draft = { ...draft, [field]: mine[field] };
    } else if (field === "rules") {
      const rules = mergedRules(base.rules, mine.rules, theirs.rules);
      draft = { ...draft, rules: rules.rules };
      conflicts.push(...rules.conflicts);
    } else {
      const wanted = mine[field];
      const found = theirs[field];
      conflicts.push({
        path: field,
        name: field.replaceAll("_", " "),
        mine: wanted,
        theirs: found,
        choose: (current, side) => ({ ...current, [field]: side === "mine" ? wanted : found }),
      });
    }
  }
  return { draft, conflicts };
}

function mergedRules(base: readonly Rule[], mine: readonly Rule[], theirs: readonly Rule[]) {
  const find = (rules: readonly Rule[], id: string | undefined) =>
    rules.find((each) => id !== undefined && each.id === id);
  const conflicts: Conflict[] = [];
  const kept = theirs.flatMap((rule): Rule[] => {
    const was = find(base, rule.id);
    const own = find(mine, rule.id);
    if (was === undefined) return [rule];
    if (own === undefined && alike(was, rule)) return [];
    if (own === undefined || (!alike(was, own) && !alike(was, rule) && !alike(own, rule))) {
      conflicts.push(conflictOf(rule, own));
      return [rule];
    }
    return [alike(was, own) ? rule : own];
  });
  for (const own of mine) {
    const was = find(base, own.id);
    if (was !== undefined && find(theirs, own.id) === undefined && !alike(was, own))
      conflicts.push(conflictOf(undefined, own));
  }
  const rules = inserted(
    kept,
    mine.filter((rule) => rule.id === undefined),
    mine,
  );
  return { rules: reordered(rules, base, mine, theirs), conflicts };
}

function conflictOf(theirs: Rule | undefined, mine: Rule | undefined): Conflict {
  const id = theirs?.id ?? mine?.id ?? "";
  return {
    path: `rules[${id}]`,
    name: mine?.description || theirs?.description || "a rule",
    mine: mine ?? null,
    theirs: theirs ?? null,
    choose: (draft, side) => {
      const wanted = side === "mine" ? mine : theirs;
      const at = draft.rules.findIndex((each) => each.id === id);
      if (wanted === undefined) return { ...draft, rules: draft.rules.filter((each) => each.id !== id) };
      return { ...draft, rules: at < 0 ? [...draft.rules, wanted] : draft.rules.with(at, wanted) };
    },
  };
}

/** New rules stand behind the rule that they stood behind. */
function inserted(kept: readonly Rule[], fresh: readonly Rule[], mine: readonly Rule[]): Rule[] {
  let rules = [...kept];
  for (const rule of fresh) {
    const before = mine[mine.indexOf(rule) - 1];
    const at =
      before === undefined
        ? -1
        : rules.findIndex((each) => each === before || (each.id !== undefined && each.id === before.id));
    rules = rules.toSpliced(before === undefined ? 0 : at < 0 ? rules.length : at + 1, 0, rule);
  }
  return rules;
}

/** My order, if I alone have changed it. */
function reordered(rules: Rule[], base: readonly Rule[], mine: readonly Rule[], theirs: readonly Rule[]): Rule[] {
  const order = (list: readonly Rule[], among: readonly Rule[]) =>
    list.flatMap((each) => (each.id !== undefined && among.some((other) => other.id === each.id) ? [each.id] : []));
  const iMoved = !alike(order(mine, base), order(base, mine));
  const theyMoved = !alike(order(theirs, base), order(base, theirs));
  if (!iMoved || theyMoved) return rules;
  const place = (rule: Rule) =>
    mine.findIndex((each) => each === rule || (each.id !== undefined && each.id === rule.id));
  const own = rules.filter((rule) => place(rule) >= 0).sort((one, other) => place(one) - place(other));
  return rules.map((rule) => (place(rule) < 0 ? rule : (own.shift() ?? rule)));
}

/** A refusal of an edit, told as one of the settings themselves: `edits[0].document.rules[0].if` is `rules[0].if`. */
export function ownPaths<T extends { readonly field: string }>(fields: readonly T[]): T[] {
  return fields.map((each) => ({ ...each, field: each.field.replace(/^edits\[0\]\.document\.?/, "") }));
}

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
