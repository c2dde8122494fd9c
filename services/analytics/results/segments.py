"""Results per segment, with a family of their own, and over time by the day of the first exposure.

Both may be looked at whenever anybody likes, so the always-valid test decides there in every plan; only once a fixed
plan has decided its segments are those of the decision's data, by its test.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from stats import (
    AnalysisOptions,
    Family,
    MetricResult,
    Mode,
    Progress,
    SampleRatioResult,
    SegmentedResult,
    Summary,
    analyse_metric,
    analyse_segments,
    merge,
)

from analytics.catalog.entries import Environment, Experiment, Metric, MetricUse
from analytics.results.analysis import AnalysisTime, Analyst, MetricAnalysis
from analytics.results.consistent_read import consistent_read
from analytics.results.elapsed_days import ElapsedDays, of_same_units
from analytics.results.judgement import Judged, correction_of, family_of, family_role, pair_progress, readings_of
from analytics.results.measurements import UNCOMPUTABLE, Measurement, all_groups, problem_of
from analytics.results.plan_options import Moment, analysis_options, metric_spec
from analytics.results.progress import PlanProgress, Traffic, progress_of
from analytics.results.sample_ratio import segment_ratios_of, units_are_unknown
from analytics.results.scope import scope_of
from analytics.results.timetable import mode_of
from analytics.warehouse.aggregates import UnitCounts
from analytics.warehouse.experiments import ExperimentReader
from analytics.warehouse.scopes import BY_DAY, BY_ELAPSED_DAY

SEGMENTS_MAX = 20
DAYS_MAX = 400


@dataclass(frozen=True, slots=True)
class LeftOut:
    """How many smaller segments there are, and their units together."""

    segments: int
    units: int


@dataclass(frozen=True, slots=True)
class SegmentedMetricAnalysis:
    """`result` None: the metric can't be analysed, and `problem` says why. `judged`: what may be read, by segment."""

    metric: Metric
    use: MetricUse
    result: SegmentedResult | None
    problem: str = ""
    judged: Mapping[str, Judged] = field(default_factory=dict)


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
class DayAnalysis:
    """A metric's analysis of all units until the end of a day, and what may be read from it."""

    metric: MetricAnalysis
    judged: Judged


@dataclass(frozen=True, slots=True)
class DailyAnalysis:
    """Per metric and day (UTC, of the first exposure): all units that came in until the end of that day, with all
    that they have done since."""

    experiment: Experiment
    environment: Environment
    time: AnalysisTime
    metrics: list[tuple[MetricUse, Metric, dict[str, DayAnalysis]]]


@dataclass(frozen=True, slots=True)
class _Measured:
    """`decided`: the data are those of a fixed plan's decision."""

    experiment: Experiment
    environment: Environment
    time: AnalysisTime
    counts: UnitCounts
    metrics: list[tuple[MetricUse, Metric, Measurement]]
    decided: bool

    def options(self, metric: Metric) -> AnalysisOptions:
        """Of a part of the data, which may be read at any time."""
        counts = self.counts
        moment = Moment(sum(counts.units.values()), counts.last_at, self.time.shown)
        options = analysis_options(self.experiment, metric, moment)
        if self.decided:
            return replace(options, complete=True)
        return replace(options, mode=Mode.ALWAYS_VALID, complete=True, planned_units=None, looks_planned=None)

    @property
    def progress(self) -> PlanProgress:
        units = Counter[str]()
        for (_, variation), count in self.counts.units.items():
            units[variation] += count
        progress = progress_of(self.experiment, Traffic(self.time.shown, units, self.counts.days), ())
        return replace(progress, complete=progress.complete or self.decided)


class SegmentAnalyst:
    """Needs the reader of the analyst it is given."""

    def __init__(self, reader: ExperimentReader, analyst: Analyst) -> None:
        self._reader = reader
        self._analyst = analyst

    async def by_segment(
        self, experiment: Experiment, environment: Environment, time: AnalysisTime, by: str
    ) -> SegmentedAnalysis:
        """`by`: a context attribute, `$day`, `$sdk_key` or `$config_version`. Raises WarehouseError."""
        decided_at = await self._decided_at(experiment, environment, time)
        as_of = time.as_of if decided_at is None else decided_at
        of = (experiment, environment, AnalysisTime(time.now, as_of))
        measured = await self._measured(*of, by, decided=decided_at is not None)
        return await asyncio.to_thread(_by_segment, measured, time, by)

    async def over_time(self, experiment: Experiment, environment: Environment, time: AnalysisTime) -> DailyAnalysis:
        """Raises WarehouseError."""
        measured = await self._measured(experiment, environment, time, BY_DAY, decided=False, cumulative=True)
        return await asyncio.to_thread(_over_time, measured)

    async def _decided_at(self, experiment: Experiment, environment: Environment, time: AnalysisTime) -> int | None:
        """The moment whose data a fixed plan has decided on."""
        if mode_of(experiment.plan) is not Mode.FIXED:
            return None
        counts = await self._reader.unit_counts(scope_of(experiment, environment, time.as_of))
        run = self._analyst.run(experiment, environment)
        if units_are_unknown(experiment, counts):
            return None
        looks = await self._analyst.looks.taken(run, sum(counts.units.values()) + counts.in_several, time)
        return looks[-1].reached_at if looks else None

    async def _measured(
        self,
        experiment: Experiment,
        environment: Environment,
        time: AnalysisTime,
        by: str,
        *,
        decided: bool,
        cumulative: bool = False,
    ) -> _Measured:
        scope = scope_of(experiment, environment, time.as_of, by)
        known, _ = self._analyst.known_metrics(experiment)
        metrics = [metric for _, metric in known]
        measuring = replace(self._analyst.measurer(experiment, time.shown), cumulative=cumulative)

        async def measure(counts: UnitCounts) -> list[Measurement]:
            return await measuring.measure(scope, counts, metrics)

        if by == BY_ELAPSED_DAY:
            by_day = scope_of(experiment, environment, time.as_of, BY_DAY)
            elapsed = ElapsedDays(self._reader, experiment, time.shown)
            counts, metrics, found = await elapsed.measured(by_day, metrics)
        else:
            measuring.expect(scope, metrics)
            counts, found = await consistent_read(self._reader, scope, measure)
        uses = {metric.key: use for use, metric in known}
        measured = [(uses[metric.key], metric, each) for metric, each in zip(metrics, found, strict=True)]
        return _Measured(experiment, environment, time, counts, measured, decided)


def _by_segment(measured: _Measured, time: AnalysisTime, by: str) -> SegmentedAnalysis:
    experiment = measured.experiment
    sizes = Counter({name: sum(each.values()) for name, each in measured.counts.segments().items()})
    shown = [name for name, _ in sizes.most_common(SEGMENTS_MAX)]
    groups = all_groups(measured.counts.units, tuple(experiment.shares), shown)
    units = {name: {each: groups[name, each] for each in experiment.shares} for name in shown}
    metrics = [_segmented_metric(measured, units, each) for each in (measured.metrics if shown else [])]
    if by == BY_ELAPSED_DAY:
        metrics = [replace(each, result=each.result and of_same_units(each.result)) for each in metrics]
    rest = set(sizes) - set(shown)
    return SegmentedAnalysis(
        experiment,
        measured.environment,
        time,
        by,
        units,
        LeftOut(len(rest), sum(sizes[name] for name in rest)),
        segment_ratios_of(experiment, measured.counts, units),
        metrics,
    )


def _segmented_metric(
    measured: _Measured, units: Mapping[str, Mapping[str, int]], of: tuple[MetricUse, Metric, Measurement]
) -> SegmentedMetricAnalysis:
    use, metric, found = of
    experiment = measured.experiment
    if found.problem:
        return SegmentedMetricAnalysis(metric, use, None, found.problem)
    options = measured.options(metric)
    try:
        result = analyse_segments(
            metric_spec(metric, use),
            {name: found.summaries[name] for name in units},
            control=experiment.control,
            options=replace(options, guardrail_tests=options.guardrail_tests * len(units)),
            method=correction_of(experiment, family_role(use)),
        )
    except UNCOMPUTABLE as error:
        return SegmentedMetricAnalysis(metric, use, None, problem_of(metric, error))
    progress = pair_progress(experiment, measured.progress)
    judged = {
        name: Judged(readings_of(each, progress, members_of(result.family, name)), sum(units[name].values()))
        for name, each in result.segments.items()
    }
    return SegmentedMetricAnalysis(metric, use, result, judged=judged)


def members_of(family: Family, segment: str) -> Family:
    """The members of one segment, with the p that was adjusted over all."""
    members = tuple(replace(each, segment=None) for each in family.members if each.segment == segment)
    return replace(family, members=members)


def _over_time(measured: _Measured) -> DailyAnalysis:
    days = _last_days(measured.counts.segments())
    found = [(use, metric, _by_day(measured, days, (use, metric, each))) for use, metric, each in measured.metrics]
    progress = pair_progress(measured.experiment, measured.progress)
    units = _until(measured.counts.days, days)
    judged: dict[str, dict[str, Judged]] = {}
    for day in days:
        of_day = [analyses[day] for _, _, analyses in found]
        judged[day] = _judged_day(measured.experiment, of_day, progress, units[day])
    metrics = [
        (use, metric, {day: DayAnalysis(each, judged[day][metric.key]) for day, each in analyses.items()})
        for use, metric, analyses in found
    ]
    return DailyAnalysis(measured.experiment, measured.environment, measured.time, metrics)


def _judged_day(
    experiment: Experiment, metrics: Sequence[MetricAnalysis], progress: Progress, units: int
) -> dict[str, Judged]:
    """By metric: its p-values are adjusted over the metrics of that day."""
    families = {role: family_of(experiment, metrics, role) for role in ("goal", "secondary")}
    return {
        each.metric.key: Judged(
            readings_of(each.result, progress, families.get(family_role(each.use))) if each.result is not None else {},
            units,
        )
        for each in metrics
    }


def _by_day(
    measured: _Measured, days: Sequence[str], of: tuple[MetricUse, Metric, Measurement]
) -> dict[str, MetricAnalysis]:
    """From the day on whose numbers can't be computed with, each says so: it holds that day's units too."""
    use, metric, found = of
    analyses: dict[str, MetricAnalysis] = {}
    so_far: dict[str, Summary] = {}
    problem = found.problem
    for day in days:
        result: MetricResult | None = None
        if not problem:
            try:
                of_day = found.summaries.get(day, {})
                so_far = dict(of_day) if found.cumulative else _with_day(so_far, of_day)
                result = analyse_metric(
                    metric_spec(metric, use),
                    so_far,
                    control=measured.experiment.control,
                    options=measured.options(metric),
                )
            except UNCOMPUTABLE as error:
                problem = problem_of(metric, error)
        analyses[day] = MetricAnalysis(metric, use, result, problem)
    return analyses


def _with_day(so_far: Mapping[str, Summary], day: Mapping[str, Summary]) -> dict[str, Summary]:
    return {arm: merge([so_far[arm], each]) if arm in so_far else each for arm, each in day.items()}


def _until(days: Mapping[str, Mapping[str, int]], shown: Sequence[str]) -> dict[str, int]:
    """The units until the end of each day."""
    return {day: sum(sum(each.values()) for name, each in days.items() if name <= day) for day in shown}


def _last_days(days: Iterable[str]) -> list[str]:
    return sorted(days)[-DAYS_MAX:]
