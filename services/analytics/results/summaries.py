"""From the store's aggregates to the engine's summaries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from messages.aggregations import Absence, Aggregation
from stats import KINDS, BinarySummary, CappedArms, CupedSummary, MeanSummary, Summary, summary_from

from analytics.warehouse.aggregates import CovariateMoments, Group, Moments

COVARIATE, HAS_HISTORY = "same metric before", "has history"

Units = Mapping[Group, int]
Grouped = dict[str, dict[str, Summary]]
"""Segment to variation to summary; without segments the only one has an empty name."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """Summaries by segment and variation; `capped` if the values were cut at a pooled percentile. `problem`: why there
    are none, empty if there are. `cumulative`: segments are days, and each holds all before it, too. `steps`: of a
    funnel, how many units took each, by segment and variation."""

    summaries: Grouped
    capped: CappedArms | None = None
    problem: str = ""
    cumulative: bool = False
    steps: Mapping[Group, tuple[int, ...]] = field(default_factory=dict)


def of_units(aggregation: Aggregation, units: Units, moments: Mapping[Group, Moments]) -> Grouped:
    """Rates or means of the units' numbers.

    Units that came in since `units` were counted are in the moments only; they count.
    """
    grouped: Grouped = {}
    for (segment, variation), count in units.items():
        found = moments.get((segment, variation), Moments())
        summary: Summary
        if aggregation.binary:
            summary = BinarySummary(max(count, found.units), found.units)
        else:
            if aggregation.absence is Absence.ZERO:
                found = found.with_zeros(count - found.units)
            summary = mean_summary(found)
        grouped.setdefault(segment, {})[variation] = summary
    return grouped


def mean_summary(moments: Moments) -> MeanSummary:
    """The engine's form of the moments."""
    variance = moments.squares / (moments.units - 1) if moments.units > 1 else 0.0
    return MeanSummary.from_moments(moments.units, moments.mean, variance)


def with_covariate(aggregation: Aggregation, units: Units, moments: Mapping[Group, CovariateMoments]) -> Grouped:
    """The metric with the same metric from before the first exposure; units without history are marked by a second
    covariate, unless the covariate itself is that mark (a conversion before)."""
    grouped: Grouped = {}
    for (segment, variation), count in units.items():
        found = moments.get((segment, variation), CovariateMoments())
        if aggregation.absence is Absence.ZERO:
            found = found.with_zeros(count - found.units)
        grouped.setdefault(segment, {})[variation] = _covariate_summary(found, marked=not aggregation.binary)
    return grouped


def _covariate_summary(found: CovariateMoments, *, marked: bool) -> CupedSummary:
    n, centre, history = found.units, found.y_mean, found.history_units
    x_sum = n * found.x_mean
    x_square_sum = max(found.x_squares, 0.0) + n * found.x_mean * found.x_mean
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


def of_sums(aggregation: Aggregation, units: Units, sums: Mapping[Group, Mapping[str, float]]) -> Grouped:
    """Summaries of sums over units; a unit without an event adds nothing, and counts where its absence is a zero."""
    grouped: Grouped = {}
    nothing = dict.fromkeys(KINDS[aggregation.summary].summary.__dataclass_fields__, 0.0)
    for (segment, variation), count in units.items():
        fields: dict[str, float] = nothing | dict(sums.get((segment, variation), {}))
        if aggregation.absence is Absence.ZERO:
            fields["n"] = max(count, fields["n"])
        grouped.setdefault(segment, {})[variation] = summary_from(aggregation.summary, fields)
    return grouped


def of_clusters(units: Units, sums: Mapping[Group, Mapping[str, float]]) -> Grouped:
    """Of users who come together by unit: their numbers over how many they are, a ratio of the units' sums."""
    grouped: Grouped = {}
    nothing = dict.fromkeys(KINDS["ratio"].summary.__dataclass_fields__, 0.0)
    for segment, variation in units:
        fields = nothing | dict(sums.get((segment, variation), {}))
        grouped.setdefault(segment, {})[variation] = summary_from("ratio", fields)
    return grouped
