"""Results over time, by the day of the first exposure: of all units until the end of each day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from stats import MetricResult, Progress, Summary, analyse_metric, merge

from analytics.catalog.entries import Environment, Experiment, Metric, MetricUse
from analytics.results.judgement import Judged, family_of, family_role, pair_progress, readings_of
from analytics.results.measured_parts import MeasuredParts
from analytics.results.measurements import UNCOMPUTABLE, Measurement, problem_of
from analytics.results.metric_analysis import MetricAnalysis
from analytics.results.moments import AnalysisTime
from analytics.results.plan_options import metric_spec

DAYS_MAX = 400


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


def over_time(measured: MeasuredParts) -> DailyAnalysis:
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
    measured: MeasuredParts, days: Sequence[str], of: tuple[MetricUse, Metric, Measurement]
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
