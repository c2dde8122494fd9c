"""Baselines and random splits from what units of a flag did in a past period."""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass

from messages.aggregations import Absence
from stats import BinarySummary, InvalidInputError, MetricSpec, Summary, analyse_metric

from analytics.catalog.entries import Environment, Metric
from analytics.results.scope import window_of
from analytics.results.summaries import mean_summary
from analytics.warehouse.aggregates import Moments
from analytics.warehouse.client import Warehouse
from analytics.warehouse.experiments import ExperimentReader
from analytics.warehouse.history import Half, HistoryReader
from analytics.warehouse.scopes import END_OF_TIME, ExposureScope

DAY_MILLISECONDS = 86_400_000


@dataclass(frozen=True, slots=True)
class Period:
    """Whose exposures to a flag made them units, `start <= time < stop` in epoch milliseconds."""

    environment: Environment
    flag: str
    variations: tuple[str, ...]
    start: int
    stop: int

    def scope(self) -> ExposureScope:
        environment = self.environment
        return ExposureScope(
            environment.organization_id,
            environment.id,
            self.flag,
            "",
            self.variations,
            self.start,
            self.stop,
            END_OF_TIME,
        )

    @property
    def days(self) -> float:
        return (self.stop - self.start) / DAY_MILLISECONDS


@dataclass(frozen=True, slots=True)
class Baseline:
    """What a metric did in a past period. `sd` None for a rate. `units_per_day` None when there was none."""

    units: int
    mean: float
    sd: float | None
    units_per_day: float | None


@dataclass(frozen=True, slots=True)
class Calibration:
    """Random splits of the past, tested. `p_values` of the splits that could be tested, sorted."""

    splits: int
    alpha: float
    p_values: list[float]

    @property
    def false_positives(self) -> int:
        return sum(p < self.alpha for p in self.p_values)

    @property
    def tolerance(self) -> float:
        """Three standard errors of the rate, if the tests hold their level."""
        return 3.0 * math.sqrt(self.alpha * (1.0 - self.alpha) / max(len(self.p_values), 1))


async def baseline(warehouse: Warehouse, metric: Metric, period: Period) -> Baseline:
    """The metric over all units of the period. Raises WarehouseError."""
    reader = ExperimentReader(warehouse)
    counts, moments = await asyncio.gather(
        reader.unit_counts(period.scope()), reader.moments(period.scope(), window_of(metric))
    )
    units = sum(counts.units.values())
    pooled = Moments()
    for each in moments.values():
        pooled = pooled.merged(each)
    per_day = units / period.days if units else None
    if metric.aggregation.binary:
        return Baseline(units, pooled.units / units if units else 0.0, None, per_day)
    if metric.aggregation.absence is Absence.ZERO:
        pooled = pooled.with_zeros(units - pooled.units)
    sd = math.sqrt(pooled.squares / (pooled.units - 1)) if pooled.units > 1 else 0.0
    return Baseline(units, pooled.mean, sd, per_day)


async def calibrate(
    warehouse: Warehouse, metric: Metric, period: Period, *, splits: int, seed: int, alpha: float
) -> Calibration:
    """Tests random halves of the period's units against each other: a true difference there is none.

    Raises WarehouseError.
    """
    halves = await HistoryReader(warehouse).random_splits(period.scope(), window_of(metric), splits=splits, seed=seed)
    return await asyncio.to_thread(_calibrated, metric, halves, splits, alpha)


def _calibrated(metric: Metric, halves: list[tuple[Half, Half]], splits: int, alpha: float) -> Calibration:
    p_values = []
    for first, second in halves:
        try:
            arms = {"a": _summary(metric, first), "b": _summary(metric, second)}
            p_value = analyse_metric(MetricSpec(metric.key), arms, control="a").comparison("b").p_value
        except InvalidInputError:
            continue
        if p_value is not None:
            p_values.append(p_value)
    return Calibration(splits, alpha, sorted(p_values))


def _summary(metric: Metric, half: Half) -> Summary:
    if metric.aggregation.binary:
        return BinarySummary(half.units, half.with_value)
    return mean_summary(half.moments)
