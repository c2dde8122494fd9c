"""Metrics by the number of whole days since each unit's first exposure: novelty that wears off, habits that grow.

A day's units are those that have it behind them, told by the day (UTC) of their exposure, so that all of them have had
the same time; an event counts on its day within the metric's own window.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from stats import SegmentedResult, Summary, merge

from analytics.catalog.entries import Experiment, Metric
from analytics.results.measurements import (
    UNCOMPUTABLE,
    Measurement,
    MeasurementOptions,
    Measurer,
    all_groups,
    problem_of,
)
from analytics.results.sample_ratio import unit_problem
from analytics.results.scope import DAY_SECONDS, window_of
from analytics.results.summaries import Grouped
from analytics.warehouse.aggregates import Group, UnitCounts
from analytics.warehouse.experiments import ExperimentReader
from analytics.warehouse.scopes import ExposureScope

DAYS_MAX = 14
_DAY = DAY_SECONDS * 1000
_EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class ElapsedDays:
    """`shown_at`: the moment of the data, in epoch milliseconds. Quantiles of events have no days that add up."""

    reader: ExperimentReader
    experiment: Experiment
    shown_at: int

    async def measured(
        self, scope: ExposureScope, metrics: Sequence[Metric]
    ) -> tuple[UnitCounts, list[Metric], list[Measurement]]:
        """Units by elapsed day (`"0"` begins at the exposure) and variation, and the metrics that can be told so;
        `scope` is by day. Raises WarehouseError."""
        counts = await self.reader.unit_counts(scope)
        elapsed = {day: self._ripe(scope, counts, day) for day in range(DAYS_MAX)}
        elapsed = {day: exposed for day, exposed in elapsed.items() if exposed}
        told = [each for each in metrics if each.aggregation.summary != "quantile"]
        if problem := unit_problem(self.experiment, counts):
            found = [Measurement({}, problem=problem) for _ in told]
        else:
            found = [await self._metric(scope, counts, each, elapsed) for each in told]
        units: dict[Group, int] = {
            (str(day), arm): sum(counts.units.get((each, arm), 0) for each in exposed)
            for day, exposed in elapsed.items()
            for arm in scope.variations
        }
        return replace(counts, units=units), told, found

    def _ripe(self, scope: ExposureScope, counts: UnitCounts, day: int) -> list[str]:
        """Days of exposure whose units all have the elapsed day behind them."""
        until = min(self.shown_at, scope.as_of)
        return [
            each
            for each in sorted(counts.segments())
            if (date.fromisoformat(each).toordinal() - _EPOCH + 2 + day) * _DAY <= until
        ]

    async def _metric(
        self, scope: ExposureScope, counts: UnitCounts, metric: Metric, elapsed: Mapping[int, Sequence[str]]
    ) -> Measurement:
        days = {day: each for day in elapsed if (each := _on_day(metric, day)) is not None}
        plan = self.experiment.plan
        options = MeasurementOptions(plan.cuped and metric.aggregation.per_unit, plan.alpha)
        self.reader.expect(scope, [window_of(each) for each in days.values()], covariates=options.cuped)
        measurer = Measurer(
            self.reader, scope, all_groups(counts.units, scope.variations, list(counts.segments())), options
        )
        summaries: Grouped = {}
        for day, of_day in days.items():
            found = await measurer.measure(of_day)
            if found.problem:
                return found
            try:
                summaries[str(day)] = _merged([found.summaries[each] for each in elapsed[day]])
            except UNCOMPUTABLE as error:
                return Measurement({}, problem=problem_of(metric, error))
        return Measurement(summaries)


def of_same_units(result: SegmentedResult) -> SegmentedResult:
    """Without heterogeneity: Cochran's Q holds for segments of different units, and each day is of the same ones."""
    return replace(result, heterogeneity=dict.fromkeys(result.heterogeneity))


def _on_day(metric: Metric, day: int) -> Metric | None:
    """The metric in the part of its window that falls on the day; uncapped, since each day would have its own caps."""
    start = max(metric.window_start, day * DAY_SECONDS)
    end = min(metric.window_end or (day + 1) * DAY_SECONDS, (day + 1) * DAY_SECONDS)
    return replace(metric, window_start=start, window_end=end, winsorize_at=0.0) if start < end else None


def _merged(days: Sequence[Mapping[str, Summary]]) -> dict[str, Summary]:
    return {arm: merge([each[arm] for each in days]) for arm in days[0]}
