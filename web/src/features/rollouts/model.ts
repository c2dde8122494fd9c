/** Plans, guards and states of rollouts in words; what may be done in which state. */

import { z } from "zod";
import { amount, duration, percent, points, rate } from "@/lib/format";
import type { Finding, Rollout, RolloutState, Step, WatchedMetrics } from "./queries";

export type Tone = "neutral" | "info" | "good" | "caution" | "problem";

export const STATES: Readonly<Record<RolloutState, { readonly label: string; readonly tone: Tone }>> = {
  pending: { label: "Not started", tone: "neutral" },
  running: { label: "Running", tone: "info" },
  held: { label: "Held", tone: "problem" },
  paused: { label: "Paused", tone: "caution" },
  completed: { label: "Completed", tone: "good" },
  rolled_back: { label: "Rolled back", tone: "problem" },
  cancelled: { label: "Cancelled", tone: "neutral" },
};

const stepSchema = z.object({
  share: z.number(),
  hold_seconds: z.number().nullish(),
  at: z.union([z.string(), z.number()]).nullish(),
  approval: z.boolean().default(false),
});
const planSchema = z.object({
  steps: z.array(stepSchema).nullish(),
  progressive: z
    .object({ from: z.number().default(0), to: z.number().default(100), over_seconds: z.number() })
    .nullish(),
});
const guardSchema = z.object({
  id: z.string().nullish(),
  metric: z.string().nullish(),
  built_in: z.enum(["sample_ratio", "no_data", "sdk_errors"]).nullish(),
  margin: z.number().nullish(),
  margin_kind: z.enum(["relative", "absolute"]).nullish(),
  action: z.enum(["roll_back", "hold", "notify"]),
  window_seconds: z.number().nullish(),
  silence_seconds: z.number().nullish(),
});

export type PlanStep = z.infer<typeof stepSchema>;
export type Plan = z.infer<typeof planSchema>;
export type Guard = z.infer<typeof guardSchema>;
export type GuardAction = Guard["action"];

/** An answer's plan; what this version does not know of it is left out. */
export const planOf = (document: unknown): Plan => planSchema.catch({}).parse(document);
export const guardsOf = (documents: unknown): readonly Guard[] => z.array(guardSchema).catch([]).parse(documents);

export function stepWords(step: PlanStep): string {
  const held =
    step.at !== null && step.at !== undefined
      ? `from ${new Date(step.at).toLocaleString("en", { dateStyle: "medium", timeStyle: "short" })}`
      : step.hold_seconds
        ? `for ${duration(step.hold_seconds * 1000)}`
        : "at once";
  return `${percent(step.share)} ${held}${step.approval ? ", after an approval" : ""}`;
}

/** "5% → 50% → 100%", or "0% to 100% evenly over 2 h". */
export function planWords(plan: Plan): string {
  if (plan.progressive) {
    const { from, to, over_seconds } = plan.progressive;
    return `${percent(from)} to ${percent(to)} evenly over ${duration(over_seconds * 1000)}`;
  }
  return (plan.steps ?? []).map((each) => percent(each.share)).join(" → ");
}

export const GUARD_ACTIONS: Readonly<Record<GuardAction, string>> = {
  roll_back: "Roll back",
  hold: "Hold",
  notify: "Tell the webhooks",
};

const BUILT_IN = {
  sample_ratio: "units don't arrive in the expected shares",
  no_data: "no exposures come",
  sdk_errors: "SDKs report more errors",
} as const;

/** "Roll back when purchase is more than 2% worse". Of metrics that aren't `watched` the key is told. */
export function guardWords(guard: Guard, watched: WatchedMetrics = new Map()): string {
  const action = GUARD_ACTIONS[guard.action];
  if (guard.built_in) return `${action} when ${BUILT_IN[guard.built_in]}`;
  const metric = watched.get(guard.metric ?? "");
  const margin = guard.margin ?? 0;
  const worse =
    margin === 0
      ? "worse"
      : guard.margin_kind === "absolute"
        ? `worse by more than ${metric?.isRate === true ? `${amount(margin * 100)} pp` : amount(margin)}`
        : `more than ${percent(margin * 100)} worse`;
  return `${action} when ${metric?.name ?? guard.metric ?? "the metric"} is ${worse}`;
}

/** How a guard's figures are written: shares of units as rates, and what lies between them in points. */
export const figureWords = (isRate: boolean) =>
  isRate
    ? { mean: rate, distance: (value: Figure) => unsigned(points(value)) }
    : { mean: amount, distance: (value: Figure) => amount(value) };

type Figure = number | null;
const unsigned = (text: string): string => text.replace(/^[+\u2212]/, "");

/** "Worse by 24.02 pp". */
export function sizeWords(estimate: number, isRate: boolean): string {
  const words = estimate < 0 ? "Worse" : "Better";
  return estimate === 0 ? "No difference" : `${words} by ${figureWords(isRate).distance(Math.abs(estimate))}`;
}

/** "Worse by 24.02 pp, between 13.50 pp and 34.54 pp"; the service's estimate is below zero where it is worse. */
export function effectWords(finding: Pick<Finding, "estimate" | "lower" | "upper">, isRate: boolean): string | null {
  const { estimate, lower, upper } = finding;
  if (estimate === null) return null;
  const { distance } = figureWords(isRate);
  const far = (value: Figure) => (value === null ? "no bound" : distance(Math.abs(value)));
  const told = sizeWords(estimate, isRate);
  if (lower !== null && lower >= 0) return `${told}, between ${far(lower)} and ${far(upper)}`;
  if (upper !== null && upper <= 0) return `${told}, between ${far(upper)} and ${far(lower)}`;
  return `${told}; it may be ${lower === null ? "worse without bound" : `${far(lower)} worse`} or ${upper === null ? "better without bound" : `${far(upper)} better`}`;
}

export const FINDINGS: Readonly<Record<Finding["state"], { readonly label: string; readonly tone: Tone }>> = {
  healthy: { label: "Healthy", tone: "good" },
  harmed: { label: "Harmed", tone: "problem" },
  insufficient: { label: "Too early to say", tone: "neutral" },
  no_data: { label: "No data", tone: "caution" },
  not_estimable: { label: "Can't be told", tone: "caution" },
};

export const DONE = {
  told: "The webhooks were told",
  held: "The rollout was held",
  rolled_back: "The rollout was rolled back",
  nothing: "Nothing was left to do",
} as const;

/** What somebody can do in a state, the likeliest first. */
export function stepsIn(rollout: Pick<Rollout, "state" | "waiting_for" | "next_share">): readonly Step[] {
  switch (rollout.state) {
    case "pending":
      return ["start"];
    case "running":
      return [
        ...(rollout.waiting_for === "approval" ? (["approve"] as const) : []),
        "pause",
        ...(rollout.next_share === null ? [] : (["skip"] as const)),
        "roll-back",
        "cancel",
      ];
    case "held":
    case "paused":
      return ["resume", "roll-back", "cancel"];
    default:
      return [];
  }
}

/** What the rollout does next, or why it doesn't: "Next: 50% in 2 hours". */
export function waitsFor(rollout: Pick<Rollout, "state" | "waiting_for" | "next_share" | "cause">): string {
  if (rollout.state === "held" || rollout.state === "paused") return rollout.cause.detail;
  if (rollout.state !== "running") return "";
  if (rollout.waiting_for === "approval") return "Waits for somebody's approval";
  if (rollout.waiting_for === "guards")
    return "Waits for its guards: the monitor has not looked in the last minute, or one asks for something";
  return rollout.next_share === null ? "The last step" : `Next: ${percent(rollout.next_share)}`;
}

export interface ChartPoint {
  readonly at: number;
  readonly share: number;
}

/** The share over time as it was: a corner at each change, and the present at the end. */
export function shareOverTime(
  stages: readonly { readonly share: number; readonly started_at: string; readonly ended_at: string | null }[],
  now: number,
): ChartPoint[] {
  const points: ChartPoint[] = [];
  for (const stage of stages) {
    const from = Date.parse(stage.started_at);
    const to = stage.ended_at === null ? now : Date.parse(stage.ended_at);
    points.push({ at: from, share: stage.share }, { at: Math.max(to, from), share: stage.share });
  }
  return points;
}

/** The steps to come as planned, from now on; those that wait for somebody begin at once here. Without any, until when
 * the last one, with `share`, is held. */
export function planned(plan: Plan, position: number, dueAt: string | null, now: number, share: number): ChartPoint[] {
  const points: ChartPoint[] = [];
  let at = dueAt === null ? now : Math.max(Date.parse(dueAt), now);
  for (const step of (plan.steps ?? []).slice(position)) {
    if (step.at !== null && step.at !== undefined) at = Math.max(at, new Date(step.at).getTime());
    const end = at + (step.hold_seconds ?? 0) * 1000;
    points.push({ at, share: step.share }, { at: end, share: step.share });
    at = end;
  }
  return points.length === 0 && at > now ? [{ at, share }] : points;
}
