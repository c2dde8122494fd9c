/** Figures of a metric, by what kind of metric it is. */

import { amount, lift, points, rate, signedAmount } from "@/lib/format";
import { isRate, type Scale } from "./model";
import type { Comparison, Metric, MetricVariation } from "./queries";

/** A rate in percent, a mean as a number. */
export function level(variation: Pick<MetricVariation, "mean" | "rate"> | undefined): string {
  if (!variation) return "–";
  return variation.rate === null ? amount(variation.mean) : rate(variation.rate);
}

export function meanOf(metric: Metric, mean: number | null): string {
  return isRate(metric) ? rate(mean) : amount(mean);
}

export function effectFormat(metric: Metric | undefined, scale: Scale): (value: number) => string {
  if (scale === "lift") return lift;
  return isRate(metric) ? points : signedAmount;
}

/** "+4.5% (+1.2% to +7.9%)", as far as there are bounds. */
export function effectWords(metric: Metric, of: Pick<Comparison, "lift" | "difference">, scale: Scale): string {
  const format = effectFormat(metric, scale);
  const { estimate = null, lower = null, upper = null } = scale === "lift" ? of.lift : of.difference;
  if (estimate === null) return scale === "lift" ? "no lift" : "no difference";
  if (scale === "lift" && of.lift.kind === "all_reals") return `${format(estimate)} (any lift is possible)`;
  if (scale === "lift" && of.lift.kind === "complement") return `${format(estimate)} (no bounds)`;
  if (lower === null && upper === null) return `${format(estimate)} (no interval)`;
  const from = lower === null ? "no bound" : format(lower);
  const to = upper === null ? "no bound" : format(upper);
  return `${format(estimate)} (${from} to ${to})`;
}

export function marginWords(metric: Metric, comparison: Comparison): string {
  const guardrail = comparison.guardrail;
  if (!guardrail) return "–";
  const harm = metric.higher_is_better ? -guardrail.margin : guardrail.margin;
  return guardrail.margin_kind === "relative" ? lift(harm) : effectFormat(metric, "difference")(harm);
}
