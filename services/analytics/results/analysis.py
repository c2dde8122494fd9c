"""⑩ An experiment's analysis: asks for aggregates, gives them to the engine, returns plain data.

Nothing here sees a row of an event: the store answers with one line per variation and question.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from stats import (
    AnalysisOptions,
    Direction,
    Guardrail,
    InvalidInputError,
    MetricResult,
    MetricSpec,
    SampleRatioResult,
    analyse_metric,
    check_sample_ratio,
)

from analytics.catalog.catalog import Catalog
from analytics.catalog.entries import Environment, Experiment, Metric, MetricUse
from analytics.results.scoping import scope_of
from analytics.results.summaries import summaries_of, window_of
from analytics.warehouse.experiments import DayCount, ExperimentReader, Moments

SAMPLE_RATIO_THRESHOLD = 0.001


@dataclass(frozen=True, slots=True)
class MetricAnalysis:
    """`result` None: the metric can't be analysed, and `problem` says why."""

    metric: Metric
    use: MetricUse
    result: MetricResult | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Analysis:
    """Everything about an experiment at one moment. `units`: analysed units by variation, all variations named."""

    experiment: Experiment
    environment: Environment
    computed_at: int
    as_of: int | None
    units: dict[str, int]
    units_in_several: int
    days: list[DayCount]
    sample_ratio: SampleRatioResult | None
    metrics: list[MetricAnalysis]
    missing_metrics: list[str] = field(default_factory=list)


class Analyst:
    def __init__(self, reader: ExperimentReader, catalog: Catalog) -> None:
        self._reader = reader
        self._catalog = catalog

    async def analyse(
        self, experiment: Experiment, environment: Environment, *, now: int, as_of: int | None = None
    ) -> Analysis:
        """The results at `now`, or as they were at `as_of` (epoch milliseconds). Raises WarehouseError."""
        scope = scope_of(experiment, environment, as_of)
        known: list[tuple[MetricUse, Metric]] = []
        missing: list[str] = []
        for use in experiment.metrics:
            metric = self._catalog.metric(environment.id, use.metric)
            if metric is None:
                missing.append(use.metric)
            else:
                known.append((use, metric))
        (counts, days), measured = await asyncio.gather(
            asyncio.gather(self._reader.unit_counts(scope), self._reader.units_per_day(scope)),
            asyncio.gather(*(self._reader.moments(scope, window_of(metric)) for _, metric in known)),
        )
        units = {each: counts.by_variation.get(each, 0) for each in experiment.shares}
        # The engine's numbers are milliseconds of pure computation, so they are not made on the event loop.
        sample_ratio, results = await asyncio.to_thread(_computed, experiment, units, known, measured)
        return Analysis(
            experiment=experiment,
            environment=environment,
            computed_at=now,
            as_of=as_of,
            units=units,
            units_in_several=counts.in_several,
            days=days,
            sample_ratio=sample_ratio,
            metrics=results,
            missing_metrics=missing,
        )


def _computed(
    experiment: Experiment,
    units: dict[str, int],
    known: list[tuple[MetricUse, Metric]],
    measured: list[dict[str, Moments]],
) -> tuple[SampleRatioResult | None, list[MetricAnalysis]]:
    sample_ratio = None
    if sum(weight > 0 for weight in experiment.shares.values()) > 1:
        sample_ratio = check_sample_ratio(units, experiment.shares, SAMPLE_RATIO_THRESHOLD)
    results = [
        _metric_result(experiment, units, use, metric, moments)
        for (use, metric), moments in zip(known, measured, strict=True)
    ]
    return sample_ratio, results


def _metric_result(
    experiment: Experiment, units: dict[str, int], use: MetricUse, metric: Metric, moments: dict[str, Moments]
) -> MetricAnalysis:
    spec = MetricSpec(
        metric.key,
        Direction.INCREASE if metric.higher_is_better else Direction.DECREASE,
        Guardrail(use.margin) if use.role == "guardrail" else None,
    )
    try:
        result = analyse_metric(
            spec,
            summaries_of(metric, units, moments),
            control=experiment.control,
            options=AnalysisOptions(alpha=experiment.plan.alpha),
        )
    except InvalidInputError as error:
        return MetricAnalysis(metric, use, None, str(error))
    return MetricAnalysis(metric, use, result)
