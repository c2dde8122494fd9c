/** A metric in one sentence, and the form that it is edited in. */

import { isRecord } from "@/lib/json";
import type { Metric, MetricCreate } from "./queries";

type Told = Pick<
  Metric,
  | "aggregation"
  | "direction"
  | "event"
  | "denominator_event"
  | "quantile"
  | "steps"
  | "property"
  | "window_start_seconds"
  | "window_end_seconds"
  | "winsorize_at"
  | "per"
>;

const SUBJECTS = { user: "user", unit: "unit" } as const;

/** "Share of users with a purchase within 7 days of their exposure. More is better." */
export function sentenceOf(metric: Told): string {
  const caps = metric.winsorize_at === null ? "" : `, capped at the percentile ${trim(metric.winsorize_at * 100)}`;
  const better = metric.direction === "higher_is_better" ? "More is better." : "Less is better.";
  return `${whatOf(metric)}${windowOf(metric)}${caps}. ${better}`;
}

function whatOf(metric: Told): string {
  const who = SUBJECTS[metric.per];
  const event = metric.event;
  switch (metric.aggregation) {
    case "conversion":
      return `Share of ${who}s with ${a(event)}`;
    case "retention":
      return `Share of ${who}s who came back with ${a(event)}`;
    case "funnel":
      return `Share of ${who}s who took all steps ${(metric.steps ?? []).join(" → ")}`;
    case "count":
      return `Number of ${event} per ${who}`;
    case "sum":
      return `Sum of the values of ${event} per ${who}`;
    case "mean":
      return `Mean value of ${event} per ${who} with one`;
    case "distinct":
      return `Number of different values of ${metric.property ?? "a property"} in ${event} per ${who}`;
    case "days":
      return `Number of days with ${a(event)} per ${who}`;
    case "ratio":
      return `Values of ${event} per value of ${metric.denominator_event ?? "another event"}`;
    case "quantile":
      return `${quantileName(metric.quantile)} of the values of ${event}`;
    default:
      return `${metric.aggregation} of ${event}`;
  }
}

const a = (event: string): string => `${/^[aeiou]/i.test(event) ? "an" : "a"} ${event}`;

function quantileName(quantile: number | null): string {
  return quantile === 0.5 ? "Median" : `Percentile ${trim((quantile ?? 0) * 100)}`;
}

function windowOf({ window_start_seconds: start, window_end_seconds: end }: Told): string {
  if (start && end) return `, from ${spanOf(start)} until ${spanOf(end)} after their exposure`;
  if (end) return ` within ${spanOf(end)} of their exposure`;
  return start ? `, from ${spanOf(start)} after their exposure` : "";
}

const SPANS = [
  [86_400, "day"],
  [3600, "hour"],
  [60, "minute"],
  [1, "second"],
] as const;

/** In the largest unit that it is a whole number of. */
export function spanOf(seconds: number): string {
  const [size, name] = SPANS.find(([each]) => seconds % each === 0) ?? SPANS[3];
  const number = seconds / size;
  return `${number} ${name}${number === 1 ? "" : "s"}`;
}

function trim(value: number): string {
  return String(Number(value.toFixed(4)));
}

export interface MetricForm {
  readonly key: string;
  readonly name: string;
  readonly description: string;
  readonly aggregation: Metric["aggregation"];
  readonly direction: Metric["direction"];
  readonly event: string;
  readonly denominatorEvent: string;
  readonly quantile: number;
  readonly steps: string;
  readonly property: string;
  readonly windowStartDays: number | null;
  readonly windowEndDays: number | null;
  readonly winsorizeAt: number | null;
  readonly filter: Record<string, unknown> | null;
  readonly per: Metric["per"];
}

export const EMPTY: MetricForm = {
  key: "",
  name: "",
  description: "",
  aggregation: "conversion",
  direction: "higher_is_better",
  event: "",
  denominatorEvent: "",
  quantile: 0.9,
  steps: "",
  property: "",
  windowStartDays: null,
  windowEndDays: null,
  winsorizeAt: null,
  filter: null,
  per: "user",
};

const DAY = 86_400;

export function formOf(metric: Metric): MetricForm {
  return {
    key: metric.key,
    name: metric.name,
    description: metric.description,
    aggregation: metric.aggregation,
    direction: metric.direction,
    event: metric.event,
    denominatorEvent: metric.denominator_event ?? "",
    quantile: metric.quantile ?? 0.9,
    steps: (metric.steps ?? []).join("\n"),
    property: metric.property ?? "",
    windowStartDays: metric.window_start_seconds === null ? null : metric.window_start_seconds / DAY,
    windowEndDays: metric.window_end_seconds === null ? null : metric.window_end_seconds / DAY,
    winsorizeAt: metric.winsorize_at,
    filter: isRecord(metric.filter) ? metric.filter : null,
    per: metric.per,
  };
}

const CAPPED = new Set<Metric["aggregation"]>(["sum", "count", "mean", "distinct", "days"]);

export function canBeCapped(aggregation: Metric["aggregation"]): boolean {
  return CAPPED.has(aggregation);
}

export function stepsOf(form: MetricForm): string[] {
  return form.steps
    .split("\n")
    .map((each) => each.trim())
    .filter((each) => each !== "");
}

/** Only what the aggregation has; the rest is null, so that a change of it leaves nothing behind. */
export function documentOf(form: MetricForm) {
  const steps = stepsOf(form);
  const seconds = (days: number | null) => (days === null ? null : Math.round(days * DAY));
  return {
    name: form.name.trim(),
    description: form.description.trim(),
    aggregation: form.aggregation,
    direction: form.direction,
    event: form.aggregation === "funnel" ? (steps.at(-1) ?? null) : form.event.trim() || null,
    denominator_event: form.aggregation === "ratio" ? form.denominatorEvent.trim() || null : null,
    quantile: form.aggregation === "quantile" ? form.quantile : null,
    steps: form.aggregation === "funnel" ? steps : null,
    property: form.aggregation === "distinct" ? form.property.trim() || null : null,
    window_start_seconds: seconds(form.windowStartDays),
    window_end_seconds: seconds(form.windowEndDays),
    winsorize_at: canBeCapped(form.aggregation) ? form.winsorizeAt : null,
    filter: form.filter,
    per: form.per,
  };
}

export function createBody(form: MetricForm): MetricCreate {
  return { key: form.key, ...documentOf(form) } as MetricCreate;
}

/** Only what differs: a metric that an experiment uses keeps its definition. */
export function patchBody(before: MetricForm, after: MetricForm): Record<string, unknown> {
  const from: Record<string, unknown> = documentOf(before);
  return Object.fromEntries(
    Object.entries(documentOf(after)).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(from[name])),
  );
}

/** The sentence of what is being typed. */
export function draftSentence(form: MetricForm): string {
  const made = documentOf(form);
  return sentenceOf({ ...made, event: made.event ?? (form.key || "event") });
}
