"""From the store's aggregates to the engine's summaries, one per variation."""

from __future__ import annotations

from collections.abc import Mapping

from stats import BinarySummary, MeanSummary

from analytics.catalog.entries import Metric
from analytics.warehouse.experiments import MetricWindow, Moments

BINARY = frozenset({"conversion", "retention"})
# A unit without an event counts 0 for these; for a mean it is left out.
COUNTS_ABSENT_AS_ZERO = frozenset({"sum", "count"})

NO_MOMENTS = Moments(0, 0.0, 0.0)


def window_of(metric: Metric, event: str | None = None) -> MetricWindow:
    return MetricWindow(event or metric.event, metric.aggregation, metric.window_start, metric.window_end)


def summary_of(metric: Metric, units: int, moments: Moments) -> BinarySummary | MeanSummary:
    """The summary of a variation with `units` analysed units, of which `moments` describes those with a value."""
    if metric.aggregation in BINARY:
        return BinarySummary(units, moments.units)
    if metric.aggregation in COUNTS_ABSENT_AS_ZERO:
        moments = moments.with_zeros(units - moments.units)
    variance = moments.squares / (moments.units - 1) if moments.units > 1 else 0.0
    return MeanSummary.from_moments(moments.units, moments.mean, variance)


def summaries_of(
    metric: Metric, units: Mapping[str, int], moments: Mapping[str, Moments]
) -> dict[str, BinarySummary | MeanSummary]:
    """One summary per variation of `units`, in that order."""
    return {each: summary_of(metric, count, moments.get(each, NO_MOMENTS)) for each, count in units.items()}
