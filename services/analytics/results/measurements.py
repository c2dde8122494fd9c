"""Asks for the aggregates that a metric's analysis needs, and puts them into the engine's summaries.

What an aggregation needs stands in its row of `messages.aggregations` and in its tally.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from messages.aggregations import Absence
from service_kit.logs import get_logger
from stats import InvalidInputError, Summary

from analytics.catalog.entries import Metric
from analytics.results.caps import is_capped, percentiles_of, with_caps
from analytics.results.joint_summaries import joint_summaries
from analytics.results.quantiles import QuantileMeasurer
from analytics.results.scope import window_of
from analytics.results.summaries import (
    COVARIATE,
    Grouped,
    Measurement,
    Units,
    of_clusters,
    of_sums,
    of_units,
    with_covariate,
)
from analytics.warehouse.aggregates import NO_CAPS, Caps, Group
from analytics.warehouse.errors import QueryTooExpensive
from analytics.warehouse.experiments import ExperimentReader
from analytics.warehouse.joint_sums import JointRequest
from analytics.warehouse.scopes import ExposureScope, MetricWindow

__all__ = ["Measurement", "MeasurementOptions", "Measurer", "all_groups", "problem_of"]

_log = get_logger("results")
TOO_EXPENSIVE = (
    "its queries need more time or memory than they are allowed; ask for fewer segments, or raise the limits"
)
UNCOMPUTABLE = (InvalidInputError, ArithmeticError)
"""What strange numbers raise on their way through the analysis; it costs one metric, never its neighbours."""


@dataclass(frozen=True, slots=True)
class MeasurementOptions:
    """How metrics are measured. `cuped`: bring the metric's own covariate; `covariates`: what else units did before.
    `alpha` sets the ranks of a quantile's interval. `cumulative`: segments are days, and where days can't be merged
    each holds all before it, too.
    """

    cuped: bool = False
    alpha: float = 0.05
    covariates: tuple[Metric, ...] = ()
    cumulative: bool = False


class Measurer:
    """Measures metrics of one scope; `units` are its analysed units."""

    def __init__(
        self, reader: ExperimentReader, scope: ExposureScope, units: Units, options: MeasurementOptions
    ) -> None:
        self._reader = reader
        self._scope = scope
        self._units = units
        self._options = options
        self._days = tuple(sorted({segment for segment, _ in units})) if options.cumulative else ()

    async def measure(self, metric: Metric) -> Measurement:
        """What the engine can't take, and a query that needs too much, is the problem of this one metric. Raises
        WarehouseError where the store is away."""
        try:
            found = await self._measured(metric)
            if not metric.steps:
                return found
            return replace(found, steps=await self._reader.steps(self._scope, window_of(metric)))
        except UNCOMPUTABLE as error:
            return Measurement({}, problem=problem_of(metric, error))
        except QueryTooExpensive as error:
            _log.warning("a metric is not measured", metric=metric.key, flag=self._scope.flag, error=str(error))
            return Measurement({}, problem=TOO_EXPENSIVE)

    async def _measured(self, metric: Metric) -> Measurement:
        window, aggregation = window_of(metric), metric.aggregation
        if is_capped(metric):
            return await self._capped(metric, window)
        plain = self._covariates(metric, window) if self._needs_joint(metric) else ()
        if plain:
            return Measurement(await self._joint(metric, window, plain, NO_CAPS), cumulative=bool(self._days))
        if aggregation.summary == "quantile":
            measurer = QuantileMeasurer(self._reader, self._scope, self._options.alpha, self._days)
            found = await measurer.measure(window, metric.quantile, self._units)
            return Measurement(_grouped(found), cumulative=bool(self._days))
        return Measurement(await self._numbers(metric, window, NO_CAPS, cuped=self._options.cuped))

    async def _numbers(self, metric: Metric, window: MetricWindow, caps: Caps, *, cuped: bool) -> Grouped:
        """Of the kinds that can be merged."""
        aggregation = metric.aggregation
        if not aggregation.per_unit:
            return of_sums(aggregation, self._units, await self._reader.sums(self._scope, window))
        if self._is_clustered(metric):
            return of_clusters(self._units, await self._reader.sums(self._scope, window, caps))
        if cuped and not self._scope.by_unit:
            moments = await self._reader.covariate_moments(self._scope, window, caps)
            return with_covariate(aggregation, self._units, moments)
        return of_units(aggregation, self._units, await self._reader.moments(self._scope, window, caps))

    async def _capped(self, metric: Metric, window: MetricWindow) -> Measurement:
        """The caps are pooled over all variations and segments. A unit without an event stays 0."""
        plain = await self._numbers(metric, window, NO_CAPS, cuped=False)
        measured, total = await self._counted(metric, window)
        percentiles = percentiles_of(metric)
        caps = await self._reader.pooled_caps(self._scope, window, max(total - measured, 0), percentiles)
        found = NO_CAPS if caps is None else caps
        covariates = self._covariates(metric, window) if self._needs_joint(metric) else ()
        if covariates:
            summaries = await self._joint(metric, window, covariates, found)
        else:
            summaries = await self._numbers(metric, window, found, cuped=self._options.cuped)
        summed = Measurement(summaries, cumulative=bool(covariates and self._days))
        if caps is None:
            return summed
        return with_caps(summed, metric, (caps, await self._over(metric, window, caps)), plain)

    async def _counted(self, metric: Metric, window: MetricWindow) -> tuple[int, int]:
        """Numbers that there are, and with the zeros of those who have none."""
        zero = metric.aggregation.absence is Absence.ZERO
        if self._is_clustered(metric):
            sums = await self._reader.sums(self._scope, window)
            measured = (await self._reader.user_counts(self._scope, window)).measured
            return measured, round(sum(each["den_sum"] for each in sums.values())) if zero else measured
        moments = await self._reader.moments(self._scope, window)
        measured = sum(each.units for each in moments.values())
        return measured, sum(self._units.values()) if zero else measured

    async def _over(self, metric: Metric, window: MetricWindow, caps: Caps) -> int:
        """How many numbers were cut."""
        if self._is_clustered(metric):
            return (await self._reader.user_counts(self._scope, window, caps)).capped
        return sum(each.capped for each in (await self._reader.moments(self._scope, window, caps)).values())

    def _is_clustered(self, metric: Metric) -> bool:
        """Whether users have the numbers, and units of several users the variance."""
        return self._scope.by_unit and metric.aggregation.per_unit and metric.per == "user"

    def _needs_joint(self, metric: Metric) -> bool:
        """Whether covariates have to be summed with each other."""
        if self._scope.by_unit and metric.per == "unit" and metric.aggregation.per_unit:
            return False  # a number of the unit is not summed up from its users'
        own = not metric.aggregation.per_unit or self._scope.by_unit
        return bool(self._options.covariates) or (self._options.cuped and own)

    def _covariates(self, metric: Metric, window: MetricWindow) -> tuple[tuple[str, MetricWindow], ...]:
        """A quantile of what was before has no threshold of its own, so it is no covariate of another metric."""
        own = [(COVARIATE, window)] if self._options.cuped else []
        others = [
            (f"{each.key} before", window_of(each))
            for each in self._options.covariates
            if each.key != metric.key and each.aggregation.summary != "quantile"
        ]
        return (*own, *others)

    async def _joint(
        self, metric: Metric, window: MetricWindow, covariates: tuple[tuple[str, MetricWindow], ...], caps: Caps
    ) -> Grouped:
        asked = JointRequest(window, covariates, caps, self._days)
        if metric.aggregation.summary != "quantile":
            found = await self._reader.joint_sums(self._scope, asked)
            as_ratio = self._is_clustered(metric) or not metric.aggregation.per_unit
            return _grouped(joint_summaries(found, self._units, as_ratio=as_ratio))
        measurer = QuantileMeasurer(self._reader, self._scope, self._options.alpha, self._days)
        plain = await measurer.measure(window, metric.quantile, self._units)
        thresholds = {group: each.value for group, each in plain.items() if each.n}
        found = await self._reader.joint_sums(self._scope, asked, thresholds) if thresholds else {}
        return _grouped(joint_summaries(found, self._units, as_ratio=True, quantiles=plain))


def _grouped(summaries: Mapping[Group, Summary]) -> Grouped:
    grouped: Grouped = {}
    for (segment, variation), each in summaries.items():
        grouped.setdefault(segment, {})[variation] = each
    return grouped


def problem_of(metric: Metric, error: Exception) -> str:
    """Why a metric can't be analysed, and what to do."""
    return (
        f"its numbers can't be computed with ({error}); look for values that can't be right among the events "
        f"`{metric.event}`, and erase the users who sent them"
    )


def all_groups(units: Units, variations: tuple[str, ...], segments: list[str]) -> dict[Group, int]:
    """Every pair of segment and variation, with 0 for one that has no unit."""
    return {(segment, each): units.get((segment, each), 0) for segment in segments for each in variations}
