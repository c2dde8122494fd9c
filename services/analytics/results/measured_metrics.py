"""Measures an experiment's metrics in one scope, each by itself, and with matured units only where the plan says so."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from service_kit.logs import get_logger

from analytics.catalog.entries import Experiment, Metric
from analytics.results.measurements import TOO_EXPENSIVE, Measurement, MeasurementOptions, Measurer, all_groups
from analytics.results.sample_ratio import unit_problem
from analytics.results.scope import matured_scope, window_of
from analytics.warehouse.aggregates import UnitCounts
from analytics.warehouse.errors import QueryTooExpensive
from analytics.warehouse.experiments import ExperimentReader
from analytics.warehouse.scopes import ExposureScope, MetricWindow

_log = get_logger("results")


@dataclass(frozen=True, slots=True)
class MetricsMeasurer:
    """What is asked of `reader`. `shown_at`: the moment of the data (epoch milliseconds); `covariates`: bring them, if
    the plan wants them; `others`: metrics whose past is a covariate of all. `cumulative`: as in the options of one
    metric's measurement."""

    reader: ExperimentReader
    experiment: Experiment
    shown_at: int
    covariates: bool = True
    others: tuple[Metric, ...] = ()
    cumulative: bool = False

    @property
    def options(self) -> MeasurementOptions:
        plan = self.experiment.plan
        others = self.others if self.covariates else ()
        return MeasurementOptions(plan.cuped and self.covariates, plan.alpha, others, self.cumulative)

    def expect(self, scope: ExposureScope, metrics: Sequence[Metric]) -> None:
        """Tells the reader what `measure` will ask, so that it reads at once."""
        scopes: dict[ExposureScope, list[MetricWindow]] = {scope: []}
        for metric in metrics:
            scopes.setdefault(self._scope_of(scope, metric), []).append(window_of(metric))
        for each, windows in scopes.items():
            self.reader.expect(each, windows, covariates=self.options.cuped)

    async def measure(self, scope: ExposureScope, counts: UnitCounts, metrics: Sequence[Metric]) -> list[Measurement]:
        """One per metric; `counts` are the scope's. Where they don't know what was assigned, that is every metric's
        problem. Raises WarehouseError."""
        if problem := unit_problem(self.experiment, counts):
            return [Measurement({}, problem=problem) for _ in metrics]
        return await asyncio.gather(*(self._measured(scope, counts, each) for each in metrics))

    async def _measured(self, scope: ExposureScope, counts: UnitCounts, metric: Metric) -> Measurement:
        segments = list(counts.segments()) if scope.segment else [""]
        try:
            of_metric = self._scope_of(scope, metric)
            if of_metric != scope:
                counts = await self.reader.unit_counts(of_metric)
        except QueryTooExpensive as error:
            _log.warning("a metric is not measured", experiment=self.experiment.id, metric=metric.key, error=str(error))
            return Measurement({}, problem=TOO_EXPENSIVE)
        groups = all_groups(counts.units, scope.variations, segments)
        return await Measurer(self.reader, of_metric, groups, self.options).measure(metric)

    def _scope_of(self, scope: ExposureScope, metric: Metric) -> ExposureScope:
        return matured_scope(scope, self.experiment, metric, self.shown_at)
