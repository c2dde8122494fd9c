"""Asks for the aggregates that a metric's analysis needs, and puts them into the engine's summaries.

What an aggregation needs stands in its row of `messages.aggregations` and in its query.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from messages.aggregations import Absence
from stats import (
    CappedArms,
    ClusterSums,
    InvalidInputError,
    QuantileSummary,
    Summary,
    Winsorising,
    quantile_ranks,
)

from analytics.catalog.entries import Metric
from analytics.results.scope import window_of
from analytics.results.summaries import Grouped, Units, of_clusters, of_sums, of_units, with_covariate
from analytics.warehouse.aggregates import Group
from analytics.warehouse.experiments import NO_CAP, ExperimentReader
from analytics.warehouse.scopes import ExposureScope, MetricWindow

UNCOMPUTABLE = (InvalidInputError, ArithmeticError)
"""What strange numbers raise on their way through the analysis; it costs one metric, never its neighbours."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """Summaries by segment and variation; `capped` if the values were cut at a pooled percentile. `problem`: why there
    are none, empty if there are."""

    summaries: Grouped
    capped: CappedArms | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class MeasurementOptions:
    """How metrics are measured. `cuped`: bring the covariate. `alpha` sets the ranks of a quantile's interval."""

    cuped: bool = False
    alpha: float = 0.05


class Measurer:
    """Measures metrics of one scope; `units` are its analysed units."""

    def __init__(
        self, reader: ExperimentReader, scope: ExposureScope, units: Units, options: MeasurementOptions
    ) -> None:
        self._reader = reader
        self._scope = scope
        self._units = units
        self._options = options

    async def measure(self, metric: Metric) -> Measurement:
        """What the engine can't take is the problem of this one metric. Raises WarehouseError."""
        try:
            return await self._measured(metric)
        except UNCOMPUTABLE as error:
            return Measurement({}, problem=problem_of(metric, error))

    async def _measured(self, metric: Metric) -> Measurement:
        window, aggregation = window_of(metric), metric.aggregation
        if self._scope.by_unit and aggregation.per_unit and window.per == "user":
            return await self._clustered(metric, window)
        if metric.winsorize_at and aggregation.cappable:
            return await self._winsorised(metric, window)
        if aggregation.per_unit:
            return Measurement(await self._plain(metric, window, NO_CAP))
        if aggregation.summary == "quantile":
            return Measurement(await self._quantiles(metric, window))
        return Measurement(of_sums(aggregation, self._units, await self._reader.sums(self._scope, window)))

    async def _plain(self, metric: Metric, window: MetricWindow, cap: float) -> Grouped:
        if self._options.cuped and not self._scope.by_unit:
            moments = await self._reader.covariate_moments(self._scope, window, cap)
            return with_covariate(metric.aggregation, self._units, moments)
        return of_units(metric.aggregation, self._units, await self._reader.moments(self._scope, window, cap))

    async def _clustered(self, metric: Metric, window: MetricWindow) -> Measurement:
        """Users' numbers over users, with the units as clusters: a ratio whose parts are the units' sums."""
        uncapped = await self._reader.sums(self._scope, window)
        plain = of_clusters(self._units, uncapped)
        if not (metric.winsorize_at and metric.aggregation.cappable):
            return Measurement(plain)
        users = round(sum(each["den_sum"] for each in uncapped.values()))
        measured = (await self._reader.user_counts(self._scope, window)).measured
        rank = max(math.ceil(metric.winsorize_at * users) - 1, 0)
        cap = await self._reader.pooled_value(self._scope, window, users - measured, rank)
        if cap is None:
            return Measurement(plain)
        capped = of_clusters(self._units, await self._reader.sums(self._scope, window, cap))
        count = (await self._reader.user_counts(self._scope, window, cap)).capped
        return Measurement(capped, CappedArms(Winsorising(metric.winsorize_at, cap, count), plain.get("", {})))

    async def _winsorised(self, metric: Metric, window: MetricWindow) -> Measurement:
        """The cap is pooled over all variations and segments."""
        uncapped = await self._reader.moments(self._scope, window)
        measured = sum(each.units for each in uncapped.values())
        total = sum(self._units.values()) if metric.aggregation.absence is Absence.ZERO else measured
        rank = max(math.ceil(metric.winsorize_at * total) - 1, 0)
        cap = await self._reader.pooled_value(self._scope, window, total - measured, rank)
        if cap is None:
            return Measurement(of_units(metric.aggregation, self._units, uncapped))
        capped = await self._reader.moments(self._scope, window, cap)
        count = sum(each.capped for each in capped.values())
        plain = of_units(metric.aggregation, self._units, uncapped)
        summaries = (
            await self._plain(metric, window, cap)
            if self._options.cuped and not self._scope.by_unit
            else of_units(metric.aggregation, self._units, capped)
        )
        how = Winsorising(metric.winsorize_at, cap, count)
        return Measurement(summaries, CappedArms(how, plain.get("", {})))

    async def _quantiles(self, metric: Metric, window: MetricWindow) -> Grouped:
        """Of the events' values, with the units as clusters; only without segments."""
        counts = await self._reader.observation_counts(self._scope, window)
        summaries: dict[str, Summary] = {}
        for _, variation in self._units:
            summaries[variation] = await self._quantile(metric, window, variation, counts.get(("", variation), 0))
        return {"": summaries}

    async def _quantile(
        self, metric: Metric, window: MetricWindow, variation: str, observations: int
    ) -> QuantileSummary:
        level, alpha = metric.quantile, self._options.alpha
        if observations == 0:
            return QuantileSummary(0, level, 0.0, None, None, alpha)
        ranks = quantile_ranks(observations, level, alpha)
        middle = max(math.ceil(level * observations), 1)
        wanted = [middle, *(each for each in (ranks.lower, ranks.upper) if each is not None)]
        values = await self._reader.order_statistics(self._scope, window, variation, wanted)
        if not values.keys() >= set(wanted):
            raise InvalidInputError("quantile", "there are fewer values than were counted a moment before")
        found = await self._reader.cluster_totals(self._scope, window, variation, values[middle])
        return QuantileSummary(
            observations,
            level,
            values[middle],
            values[ranks.lower] if ranks.lower is not None else None,
            values[ranks.upper] if ranks.upper is not None else None,
            alpha,
            ClusterSums(
                found.n,
                found.below_sum,
                found.below_sum_sq,
                found.size_sum,
                found.size_sum_sq,
                found.below_size_sum,
            ),
        )


def problem_of(metric: Metric, error: Exception) -> str:
    """Why a metric can't be analysed, and what to do."""
    return (
        f"its numbers can't be computed with ({error}); look for values that can't be right among the events "
        f"`{metric.event}`, and erase the users who sent them"
    )


def all_groups(units: Units, variations: tuple[str, ...], segments: list[str]) -> dict[Group, int]:
    """Every pair of segment and variation, with 0 for one that has no unit."""
    return {(segment, each): units.get((segment, each), 0) for segment in segments for each in variations}
