"""From the store's aggregates to the engine's summaries."""

from __future__ import annotations

from collections.abc import Mapping

from stats import BinarySummary, CupedSummary, MeanSummary, RatioSummary, Summary

from analytics.warehouse.aggregates import CovariateMoments, Group, Moments, RatioSums

BINARY = frozenset({"conversion", "retention"})
# A unit without an event counts 0 for these; for a mean it is left out.
COUNTS_ABSENT_AS_ZERO = frozenset({"conversion", "retention", "sum", "count"})
COVARIATE, HAS_HISTORY = "same metric before", "has history"

Units = Mapping[Group, int]
Grouped = dict[str, dict[str, Summary]]
"""Segment to variation to summary; without segments the only one has an empty name."""


def binary_or_mean(aggregation: str, units: Units, moments: Mapping[Group, Moments]) -> Grouped:
    """Rates for conversions and retention, means for sums, counts and means per unit.

    Units that came in since `units` were counted are in the moments only; they count.
    """
    grouped: Grouped = {}
    for (segment, variation), count in units.items():
        found = moments.get((segment, variation), Moments())
        summary: Summary
        if aggregation in BINARY:
            summary = BinarySummary(max(count, found.units), found.units)
        else:
            if aggregation in COUNTS_ABSENT_AS_ZERO:
                found = found.with_zeros(count - found.units)
            summary = mean_summary(found)
        grouped.setdefault(segment, {})[variation] = summary
    return grouped


def mean_summary(moments: Moments) -> MeanSummary:
    """The engine's form of the moments."""
    variance = moments.squares / (moments.units - 1) if moments.units > 1 else 0.0
    return MeanSummary.from_moments(moments.units, moments.mean, variance)


def with_covariate(aggregation: str, units: Units, moments: Mapping[Group, CovariateMoments]) -> Grouped:
    """The metric with the same metric from before the first exposure; units without history are marked by a second
    covariate, unless the covariate itself is that mark (a conversion before)."""
    grouped: Grouped = {}
    for (segment, variation), count in units.items():
        found = moments.get((segment, variation), CovariateMoments())
        if aggregation in COUNTS_ABSENT_AS_ZERO:
            found = found.with_zeros(count - found.units)
        grouped.setdefault(segment, {})[variation] = _covariate_summary(found, marked=aggregation not in BINARY)
    return grouped


def _covariate_summary(found: CovariateMoments, *, marked: bool) -> CupedSummary:
    n, centre, history = found.units, found.y_mean, found.history_units
    x_sum = n * found.x_mean
    x_square_sum = max(found.x_squares, 0.0) + n * found.x_mean**2
    if not marked:
        return CupedSummary(
            n,
            0.0,
            max(found.y_squares, 0.0),
            (x_sum,),
            ((x_square_sum,),),
            (found.xy_products,),
            (COVARIATE,),
            centre=centre,
        )
    return CupedSummary(
        n,
        0.0,
        max(found.y_squares, 0.0),
        (x_sum, float(history)),
        ((x_square_sum, x_sum), (x_sum, float(history))),
        (found.xy_products, found.history_y_sum - history * centre),
        (COVARIATE, HAS_HISTORY),
        history,
        centre,
    )


def ratios(units: Units, sums: Mapping[Group, RatioSums]) -> Grouped:
    """Sums above and below the line; a unit without an event adds nothing but counts as a unit."""
    grouped: Grouped = {}
    for (segment, variation), count in units.items():
        found = sums.get((segment, variation), RatioSums())
        grouped.setdefault(segment, {})[variation] = RatioSummary(
            count, found.num_sum, found.num_sum_sq, found.den_sum, found.den_sum_sq, found.num_den_sum
        )
    return grouped
