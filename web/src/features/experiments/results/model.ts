/** What the results page makes of an answer: who stands where, what may be shown, which numbers are drawn. It computes
 * no statistic. */

import type { EffectSet, IntervalRow } from "@/charts/Intervals";
import type { Comparison, HealthCheck, Lift, Metric, MetricVariation, Result } from "./queries";
import { readingOutcome } from "./words";

export type Scale = "lift" | "difference";
export type GroupName = "goals" | "guardrails" | "secondary";

export interface Group {
  readonly name: GroupName;
  readonly metrics: readonly Metric[];
}

const ROLES: Record<GroupName, Metric["role"]> = { goals: "goal", guardrails: "guardrail", secondary: "secondary" };

/** Goals, guardrails, secondary metrics; a group without metrics is left out. */
export function groups(metrics: readonly Metric[]): Group[] {
  return (["goals", "guardrails", "secondary"] as const)
    .map((name) => ({ name, metrics: metrics.filter((each) => each.role === ROLES[name]) }))
    .filter((each) => each.metrics.length > 0);
}

/** Variations in the order in which they keep their colours: the control first. */
export function placesOf(result: Pick<Result, "experiment">): ReadonlyMap<string, number> {
  const { control, shares } = result.experiment;
  const others = Object.keys(shares).filter((each) => each !== control);
  return new Map([control, ...others].map((each, place) => [each, place]));
}

/** Checks that forbid a decision. */
export function problems(health: readonly HealthCheck[]): HealthCheck[] {
  return health.filter((each) => each.state === "problem");
}

const ORDER = { problem: 0, warning: 1, unknown: 2, ok: 3 } as const;

/** What wants a look first. */
export function byUrgency(health: readonly HealthCheck[]): HealthCheck[] {
  return health.toSorted((a, b) => ORDER[a.state] - ORDER[b.state]);
}

export interface Treatment {
  readonly variation: MetricVariation;
  readonly comparison: Comparison;
}

export function treatments(metric: Metric): Treatment[] {
  return metric.variations.flatMap((variation) =>
    variation.comparison ? [{ variation, comparison: variation.comparison }] : [],
  );
}

export function controlOf(metric: Metric): MetricVariation | undefined {
  return metric.variations.find((each) => each.is_control);
}

/** Nothing may be read of any comparison yet: raw counts and the date are all there is. */
export function isEarly(metrics: readonly Metric[]): boolean {
  const states = metrics.flatMap((metric) => treatments(metric).map((each) => each.comparison.reading.state));
  return states.includes("too_early") && states.every((each) => each === "too_early" || each === "not_estimable");
}

/** Of a fixed plan, or one between looks: figures that one look would say, for whoever asks for them all the same. */
export function shownEffect(comparison: Comparison, early: boolean): Pick<Comparison, "lift" | "difference"> {
  const read = comparison.reading.state !== "too_early";
  return early && !read ? comparison.fixed_horizon : comparison;
}

export function setOf(of: Pick<Comparison, "lift" | "difference">, scale: Scale): EffectSet {
  return scale === "lift" ? liftSet(of.lift) : differenceSet(of.difference.lower, of.difference.upper);
}

function liftSet(lift: Lift): EffectSet {
  if (lift.kind === "all_reals") return { kind: "all_reals" };
  if (lift.kind === "complement" && lift.excluded) {
    const [from, to] = lift.excluded;
    return typeof from === "number" && typeof to === "number"
      ? { kind: "complement", excluded: [from, to] }
      : { kind: "none" };
  }
  return differenceSet(lift.lower, lift.upper);
}

function differenceSet(lower: number | null = null, upper: number | null = null): EffectSet {
  return lower === null && upper === null ? { kind: "none" } : { kind: "interval", lower, upper };
}

export function estimateOf(of: Pick<Comparison, "lift" | "difference">, scale: Scale): number | null {
  return (scale === "lift" ? of.lift.estimate : of.difference.estimate) ?? null;
}

/** A margin of harm, on the side of harm; null on a scale that it was not given on. */
export function marginOf(metric: Metric, comparison: Comparison, scale: Scale): number | null {
  const guardrail = comparison.guardrail;
  if (!guardrail) return null;
  const fits = guardrail.margin_kind === "relative" ? scale === "lift" : scale === "difference";
  if (!fits) return null;
  return metric.higher_is_better ? -guardrail.margin : guardrail.margin;
}

/** The rows of a group's picture. What is too early is only among them when it was asked for. */
export function intervalRows(
  group: Group,
  scale: Scale,
  places: ReadonlyMap<string, number>,
  early: boolean,
): IntervalRow[] {
  const several = places.size > 2;
  return group.metrics.flatMap((metric) =>
    treatments(metric)
      .filter(({ comparison }) => early || comparison.reading.state !== "too_early")
      .map(({ variation, comparison }) => {
        const shown = shownEffect(comparison, early);
        return {
          key: `${metric.metric} ${variation.variation}`,
          label: several ? `${metric.name} · ${variation.variation}` : metric.name,
          place: places.get(variation.variation) ?? 1,
          outcome: readingOutcome(comparison.reading.state),
          estimate: estimateOf(shown, scale),
          set: setOf(shown, scale),
          margin: marginOf(metric, comparison, scale),
          better: metric.higher_is_better ? "right" : "left",
        } as const;
      }),
  );
}

/** Whether a group has a difference that can be drawn on one axis: of rates only, or of nothing else. */
export function sameUnit(group: Group): boolean {
  return (
    new Set(group.metrics.map((each) => isRate(each))).size === 1 &&
    (isRate(group.metrics[0]) || group.metrics.length === 1)
  );
}

export function isRate(metric: Metric | undefined): boolean {
  return metric?.variations.some((each) => each.rate !== null) ?? false;
}

/** The level of a result's intervals in words: "95% interval", sequential where it may be read again and again. */
export function intervalName(comparison: Pick<Comparison, "alpha" | "decided_by">): string {
  const level = Number((100 * (1 - comparison.alpha)).toFixed(2));
  return `${level}%${comparison.decided_by === "fixed" ? "" : " sequential"} interval`;
}

/** The finding of a group, which names its picture. */
export function finding(group: Group): string {
  const words = {
    better: "better",
    worse: "worse",
    within_margin: "within the margin",
    unclear: "no clear difference",
  };
  const said = group.metrics.flatMap((metric) =>
    treatments(metric).map(({ variation, comparison }) => {
      const { state } = comparison.reading;
      const word = state === "too_early" ? "too early" : state === "not_estimable" ? "can't be told" : words[state];
      return `${metric.name}, ${variation.variation}: ${word}`;
    }),
  );
  return said.join("; ");
}
