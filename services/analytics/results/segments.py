"""Results per segment, with a family of their own; the same reader measures them over time."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from stats import Family, Mode, SampleRatioResult, SegmentedResult, analyse_segments

from analytics.catalog.entries import Environment, Experiment, Metric, MetricUse
from analytics.results.analysis import AnalysisTime, Analyst
from analytics.results.consistent_read import consistent_read
from analytics.results.days import DailyAnalysis, over_time
from analytics.results.elapsed_days import ElapsedDays, of_same_units
from analytics.results.judgement import Judged, correction_of, family_role, pair_progress, readings_of
from analytics.results.measured_parts import MeasuredParts
from analytics.results.measurements import UNCOMPUTABLE, Measurement, all_groups, problem_of
from analytics.results.plan_options import metric_spec
from analytics.results.sample_ratio import segment_ratios_of, units_are_unknown
from analytics.results.scope import scope_of
from analytics.results.timetable import mode_of
from analytics.warehouse.aggregates import UnitCounts
from analytics.warehouse.experiments import ExperimentReader
from analytics.warehouse.scopes import BY_DAY, BY_ELAPSED_DAY

SEGMENTS_MAX = 20
OUTSIDE = "its window lies outside of these days"


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
        return await asyncio.to_thread(over_time, measured)

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
    ) -> MeasuredParts:
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
        return MeasuredParts(experiment, environment, time, counts, measured, decided)


def _by_segment(measured: MeasuredParts, time: AnalysisTime, by: str) -> SegmentedAnalysis:
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
    measured: MeasuredParts, units: Mapping[str, Mapping[str, int]], of: tuple[MetricUse, Metric, Measurement]
) -> SegmentedMetricAnalysis:
    use, metric, found = of
    experiment = measured.experiment
    if found.problem:
        return SegmentedMetricAnalysis(metric, use, None, found.problem)
    options = measured.options(metric)
    # A metric's window may have none of some days since the exposure.
    summaries = {name: found.summaries[name] for name in units if name in found.summaries}
    if not summaries:
        return SegmentedMetricAnalysis(metric, use, None, OUTSIDE)
    try:
        result = analyse_segments(
            metric_spec(metric, use),
            summaries,
            control=experiment.control,
            options=replace(options, guardrail_tests=options.guardrail_tests * len(summaries)),
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
