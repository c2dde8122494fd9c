/** What somebody types when they make a rollout or a template, and the documents that the API takes for it. */

import type { components } from "@/api/generated/control-plane";
import { type Guard, guardsOf, type Plan, planOf } from "./model";

type PlanFields = components["schemas"]["PlanFields"];
type GuardFields = components["schemas"]["GuardFields"];

export type HoldUnit = "minutes" | "hours" | "days";
const SECONDS: Readonly<Record<HoldUnit, number>> = { minutes: 60, hours: 3600, days: 86_400 };

export interface DraftStep {
  readonly id: number;
  readonly share: number;
  readonly hold: number;
  readonly unit: HoldUnit;
  readonly approval: boolean;
}

export interface DraftPlan {
  readonly kind: "steps" | "progressive";
  readonly steps: readonly DraftStep[];
  readonly from: number;
  readonly to: number;
  readonly over: number;
  readonly overUnit: HoldUnit;
}

export interface DraftGuard {
  readonly id: number;
  /** A metric's key, or a built-in guard. */
  readonly kind: "metric" | "sample_ratio" | "no_data" | "sdk_errors";
  readonly metric: string | null;
  /** In percent where it is relative. */
  readonly margin: number;
  readonly marginKind: "relative" | "absolute";
  readonly action: Guard["action"];
  /** After a unit's first exposure, in which its events count. */
  readonly windowSeconds: number;
  /** Of `no_data`: without events for so long it acts; null is the service's own. */
  readonly silenceSeconds: number | null;
}

interface Named {
  readonly name: string;
  readonly variations: readonly { readonly key: string; readonly name?: string | null }[];
}

/** "New checkout: on" for what is called so by nobody yet; nothing before flag and variation are known. */
export function proposedName(flag: Named | undefined, variation: string | null): string {
  if (flag === undefined || variation === null) return "";
  const served = flag.variations.find((each) => each.key === variation);
  return `${flag.name}: ${served?.name || variation}`;
}

export const proposedKey = (flag: string, variation: string | null): string =>
  flag === "" || variation === null ? flag : `${flag}-${variation}`;

export const newPlan: DraftPlan = {
  kind: "steps",
  steps: [
    { id: 1, share: 5, hold: 1, unit: "hours", approval: false },
    { id: 2, share: 25, hold: 1, unit: "days", approval: false },
    { id: 3, share: 100, hold: 0, unit: "hours", approval: false },
  ],
  from: 0,
  to: 100,
  over: 24,
  overUnit: "hours",
};

export const newGuard = (id: number): DraftGuard => ({
  id,
  kind: "metric",
  metric: null,
  margin: 2,
  marginKind: "relative",
  action: "roll_back",
  windowSeconds: 60,
  silenceSeconds: null,
});

export function planDocument(draft: DraftPlan): PlanFields {
  if (draft.kind === "progressive") {
    return { progressive: { from: draft.from, to: draft.to, over_seconds: draft.over * SECONDS[draft.overUnit] } };
  }
  return {
    steps: draft.steps.map((each) => ({
      share: each.share,
      hold_seconds: Math.round(each.hold * SECONDS[each.unit]),
      approval: each.approval,
    })),
  };
}

export function guardDocuments(guards: readonly DraftGuard[]): GuardFields[] {
  return guards.map((each) => {
    if (each.kind !== "metric") {
      const silence = each.kind === "no_data" && each.silenceSeconds !== null;
      return {
        built_in: each.kind,
        action: each.action,
        ...(silence ? { silence_seconds: each.silenceSeconds } : {}),
      };
    }
    return {
      metric: each.metric ?? "",
      margin: each.marginKind === "relative" ? rounded(each.margin / 100) : each.margin,
      margin_kind: each.marginKind,
      action: each.action,
      window_seconds: each.windowSeconds,
    };
  });
}

/** A stored plan as a write takes it, times included, which a draft has none of. */
export function storedPlan(document: unknown): PlanFields {
  const { steps, progressive } = planOf(document);
  return {
    progressive: progressive ?? null,
    steps:
      steps?.map(({ share, approval, hold_seconds, at }) => ({
        share,
        approval,
        hold_seconds: hold_seconds ?? null,
        at: at ?? null,
      })) ?? null,
  };
}

/** Stored guards as a write takes them. */
export function storedGuards(documents: unknown): GuardFields[] {
  return guardsOf(documents).map((each) => ({
    action: each.action,
    id: each.id ?? null,
    metric: each.metric ?? null,
    built_in: each.built_in ?? null,
    margin: each.margin ?? null,
    margin_kind: each.margin_kind ?? null,
    window_seconds: each.window_seconds ?? null,
    silence_seconds: each.silence_seconds ?? null,
  }));
}

/** Why it can't be sent yet; empty where it can. */
export function incompleteGuards(guards: readonly DraftGuard[]): string {
  return guards.some((each) => each.kind === "metric" && each.metric === null) ? "A guard has no metric" : "";
}

export function draftOf(
  planned: unknown,
  guarded: unknown,
): { readonly plan: DraftPlan; readonly guards: readonly DraftGuard[] } {
  return { plan: draftPlan(planOf(planned)), guards: guardsOf(guarded).map(draftGuard) };
}

function draftPlan(plan: Plan): DraftPlan {
  if (plan.progressive) {
    const [over, overUnit] = spoken(plan.progressive.over_seconds);
    return { ...newPlan, kind: "progressive", from: plan.progressive.from, to: plan.progressive.to, over, overUnit };
  }
  const steps = (plan.steps ?? []).map((each, index) => {
    const [hold, unit] = spoken(each.hold_seconds ?? 0);
    return { id: index + 1, share: each.share, hold, unit, approval: each.approval };
  });
  return { ...newPlan, steps };
}

function draftGuard(guard: Guard, index: number): DraftGuard {
  const marginKind = guard.margin_kind ?? "relative";
  const margin = guard.margin ?? 0;
  return {
    id: index + 1,
    kind: guard.built_in ?? "metric",
    metric: guard.metric ?? null,
    margin: marginKind === "relative" ? rounded(margin * 100) : margin,
    marginKind,
    action: guard.action,
    windowSeconds: guard.window_seconds ?? 60,
    silenceSeconds: guard.silence_seconds ?? null,
  };
}

/** Seconds in the largest unit that says them in a whole number. */
function spoken(seconds: number): readonly [number, HoldUnit] {
  for (const unit of ["days", "hours", "minutes"] as const) {
    if (seconds > 0 && seconds % SECONDS[unit] === 0) return [seconds / SECONDS[unit], unit];
  }
  return [seconds / 60, "minutes"];
}

/** 0.07 is 7 percent, not 7.000000000000001. */
const rounded = (value: number): number => Math.round(value * 1e9) / 1e9;
