"""Results per segment, with a family of their own, and over time by the day of the first exposure."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from stats import (
    MetricResult,
    SampleRatioResult,
    SegmentedResult,
    Summary,
    analyse_metric,
    analyse_segments,
    check_segment_ratios,
    merge,
)

from analytics.catalog.entries import Environment, Experiment, Metric, MetricUse
from analytics.results.analysis import (
    CORRECTIONS,
    AnalysisTime,
    Analyst,
    MetricAnalysis,
    analysis_options,
    metric_spec,
)
from analytics.results.consistent_read import consistent_read
from analytics.results.measurements import (
    UNCOMPUTABLE,
    Measurement,
    MeasurementOptions,
    Measurer,
    all_groups,
    problem_of,
)
from analytics.results.scope import scope_of
from analytics.results.summaries import Grouped
from analytics.warehouse.aggregates import UnitCounts
from analytics.warehouse.experiments import ExperimentReader
from analytics.warehouse.scopes import BY_DAY

SEGMENTS_MAX = 20
DAYS_MAX = 400


@dataclass(frozen=True, slots=True)
class LeftOut:
    """How many smaller segments there are, and their units together."""

    segments: int
    units: int


@dataclass(frozen=True, slots=True)
class SegmentedMetricAnalysis:
    """`result` None: the metric can't be analysed, and `problem` says why."""

    metric: Metric
    use: MetricUse
    result: SegmentedResult | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class SegmentedAnalysis:
    """Up to 20 segments by size. `units`: segment to variation to units."""

    experiment: Experiment
    environment: Environment
    time: AnalysisTime
    by: str
    units: dict[str, dict[str, int]]
    left_out: LeftOut
    sample_ratios: dict[str, SampleRatioResult]
    metrics: list[SegmentedMetricAnalysis]


@dataclass(frozen=True, slots=True)
class DailyAnalysis:
    """Per metric and day (UTC, of the first exposure): all units that came in until the end of that day, with all
    that they have done since."""

    experiment: Experiment
    environment: Environment
    time: AnalysisTime
    metrics: list[tuple[MetricUse, Metric, dict[str, MetricAnalysis]]]


@dataclass(frozen=True, slots=True)
class _Measured:
    counts: UnitCounts
    metrics: list[tuple[MetricUse, Metric, Measurement]]


class SegmentAnalyst:
    """Needs the reader of the analyst it is given."""

    def __init__(self, reader: ExperimentReader, analyst: Analyst) -> None:
        self._reader = reader
        self._analyst = analyst

    async def by_segment(
        self, experiment: Experiment, environment: Environment, time: AnalysisTime, by: str
    ) -> SegmentedAnalysis:
        """`by`: a context attribute, `$day`, `$sdk_key` or `$config_version`. Raises WarehouseError."""
        measured = await self._measured(experiment, environment, time, by)
        return await asyncio.to_thread(_by_segment, experiment, environment, time, by, measured)

    async def over_time(self, experiment: Experiment, environment: Environment, time: AnalysisTime) -> DailyAnalysis:
        """Raises WarehouseError."""
        measured = await self._measured(experiment, environment, time, BY_DAY)
        return await asyncio.to_thread(_over_time, experiment, environment, time, measured)

    async def _measured(
        self, experiment: Experiment, environment: Environment, time: AnalysisTime, by: str
    ) -> _Measured:
        scope = scope_of(experiment, environment, time.as_of, by)
        known, _ = self._analyst.known_metrics(experiment)
        usable = [(use, metric) for use, metric in known if metric.aggregation.splittable]

        async def measure(counts: UnitCounts) -> list[Measurement]:
            units = all_groups(counts.units, scope.variations, list(counts.segments()))
            measurer = Measurer(self._reader, scope, units, MeasurementOptions(alpha=experiment.plan.alpha))
            return await asyncio.gather(*(measurer.measure(metric) for _, metric in usable))

        counts, found = await consistent_read(self._reader, scope, measure)
        metrics = [(use, metric, each) for (use, metric), each in zip(usable, found, strict=True)]
        return _Measured(counts, metrics)


def _by_segment(
    experiment: Experiment, environment: Environment, time: AnalysisTime, by: str, measured: _Measured
) -> SegmentedAnalysis:
    sizes = Counter({name: sum(each.values()) for name, each in measured.counts.segments().items()})
    shown = [name for name, _ in sizes.most_common(SEGMENTS_MAX)]
    groups = all_groups(measured.counts.units, tuple(experiment.shares), shown)
    units = {name: {each: groups[name, each] for each in experiment.shares} for name in shown}
    metrics = [
        _segmented_metric(experiment, time, measured.counts.last_at, shown, each)
        for each in (measured.metrics if shown else [])
    ]
    rest = set(sizes) - set(shown)
    return SegmentedAnalysis(
        experiment,
        environment,
        time,
        by,
        units,
        LeftOut(len(rest), sum(sizes[name] for name in rest)),
        check_segment_ratios(units, experiment.shares),
        metrics,
    )


def _segmented_metric(
    experiment: Experiment,
    time: AnalysisTime,
    last_at: int,
    shown: list[str],
    measured: tuple[MetricUse, Metric, Measurement],
) -> SegmentedMetricAnalysis:
    use, metric, found = measured
    if found.problem:
        return SegmentedMetricAnalysis(metric, use, None, found.problem)
    try:
        result = analyse_segments(
            metric_spec(metric, use),
            {name: found.summaries[name] for name in shown},
            control=experiment.control,
            options=analysis_options(experiment, metric, last_at, time.shown),
            method=CORRECTIONS.get(experiment.plan.correction, "holm"),
        )
    except UNCOMPUTABLE as error:
        return SegmentedMetricAnalysis(metric, use, None, problem_of(metric, error))
    return SegmentedMetricAnalysis(metric, use, result)


def _over_time(
    experiment: Experiment, environment: Environment, time: AnalysisTime, measured: _Measured
) -> DailyAnalysis:
    last_at = measured.counts.last_at
    metrics = []
    for use, metric, found in measured.metrics:
        if found.problem:
            unknown = MetricAnalysis(metric, use, None, found.problem)
            days = dict.fromkeys(_last_days(measured.counts.segments()), unknown)
        else:
            days = _by_day(experiment, time, last_at, (use, metric), found.summaries)
        metrics.append((use, metric, days))
    return DailyAnalysis(experiment, environment, time, metrics)


def _by_day(
    experiment: Experiment, time: AnalysisTime, last_at: int, asked: tuple[MetricUse, Metric], summaries: Grouped
) -> dict[str, MetricAnalysis]:
    """From the day on whose numbers can't be computed with, each says so: it holds that day's units too."""
    use, metric = asked
    days: dict[str, MetricAnalysis] = {}
    so_far: dict[str, Summary] = {}
    problem = ""
    for day in _last_days(summaries):
        result: MetricResult | None = None
        if not problem:
            try:
                so_far = {
                    arm: merge([so_far[arm], each]) if arm in so_far else each for arm, each in summaries[day].items()
                }
                options = analysis_options(experiment, metric, last_at, time.shown)
                result = analyse_metric(metric_spec(metric, use), so_far, control=experiment.control, options=options)
            except UNCOMPUTABLE as error:
                problem = problem_of(metric, error)
        days[day] = MetricAnalysis(metric, use, result, problem)
    return days


def _last_days(days: Iterable[str]) -> list[str]:
    return sorted(days)[-DAYS_MAX:]
