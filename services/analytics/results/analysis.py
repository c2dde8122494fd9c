"""⑩ An experiment's analysis: asks for aggregates, gives them to the engine, returns plain data.

Nothing here sees a row of an event: the store answers with one line per variation and query.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace

from stats import (
    AnalysisOptions,
    Decision,
    Direction,
    Family,
    Guardrail,
    Look,
    MetricResult,
    MetricSpec,
    Mode,
    Progress,
    SampleRatioResult,
    adjust_family,
    analyse_metric,
    decide,
)

from analytics.catalog.catalog import Catalog
from analytics.catalog.entries import Environment, Experiment, Metric, MetricUse
from analytics.results.consistent_read import consistent_read
from analytics.results.health import HealthCheck, balance_check, data_check, health_checks, metrics_check
from analytics.results.measurements import (
    UNCOMPUTABLE,
    Measurement,
    MeasurementOptions,
    Measurer,
    all_groups,
    problem_of,
)
from analytics.results.mismatch_sources import MismatchSource, mismatch_sources
from analytics.results.obstacles import Obstacle, obstacle
from analytics.results.sample_ratio import sample_ratio_of
from analytics.results.scope import scope_of
from analytics.warehouse.aggregates import ExposureHealth, PastLook, UnitCounts
from analytics.warehouse.experiments import ExperimentReader

DAY_MILLISECONDS = 86_400_000
CORRECTIONS = {"holm": "holm", "benjamini_hochberg": "bh"}


@dataclass(frozen=True, slots=True)
class MetricAnalysis:
    """A metric's analysis. `result` None: the metric can't be analysed, and `problem` says why."""

    metric: Metric
    use: MetricUse
    result: MetricResult | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class AnalysisTime:
    """When the results are computed, and from what: `as_of` None is everything received by `now`."""

    now: int
    as_of: int | None = None

    @property
    def shown(self) -> int:
        return self.now if self.as_of is None else self.as_of


@dataclass(frozen=True, slots=True)
class Analysis:
    """Everything about an experiment at one moment. `units`: analysed units by variation, all variations named;
    `days`: the same by the day (UTC) of the first exposure."""

    experiment: Experiment
    environment: Environment
    time: AnalysisTime
    units: dict[str, int]
    units_in_several: int
    days: Mapping[str, Mapping[str, int]]
    sample_ratio: SampleRatioResult
    mismatch_sources: list[MismatchSource]
    metrics: list[MetricAnalysis]
    missing_metrics: list[str]
    family: Family | None
    decisions: list[Decision]
    health: list[HealthCheck]


@dataclass(frozen=True, slots=True)
class _Answers:
    """The store's answers, before the engine sees them."""

    experiment: Experiment
    environment: Environment
    time: AnalysisTime
    counts: UnitCounts
    sample_ratio: SampleRatioResult
    mismatch_sources: list[MismatchSource]
    health: ExposureHealth
    looks: list[PastLook]
    metrics: list[tuple[MetricUse, Metric, Measurement]]
    missing: list[str]
    obstacle: Obstacle | None


class Analyst:
    """Answers for one request: the reader remembers what was asked, to explain it."""

    def __init__(self, reader: ExperimentReader, catalog: Catalog) -> None:
        self._reader = reader
        self._catalog = catalog

    def known_metrics(self, experiment: Experiment) -> tuple[list[tuple[MetricUse, Metric]], list[str]]:
        """The experiment's metrics, and the keys of those that no longer exist."""
        known: list[tuple[MetricUse, Metric]] = []
        missing: list[str] = []
        for use in experiment.metrics:
            metric = self._catalog.metric(experiment.environment_id, use.metric)
            if metric is None:
                missing.append(use.metric)
            else:
                known.append((use, metric))
        return known, missing

    async def analyse(self, experiment: Experiment, environment: Environment, time: AnalysisTime) -> Analysis:
        """Raises WarehouseError."""
        known, missing = self.known_metrics(experiment)
        scope = scope_of(experiment, environment, time.as_of)
        looks = await self._past_looks(experiment, environment, time)
        options = MeasurementOptions(experiment.plan.cuped, experiment.plan.alpha)

        health: list[ExposureHealth] = []

        async def measure(counts: UnitCounts) -> list[Measurement]:
            units = all_groups(counts.units, scope.variations, [""])
            measurer = Measurer(self._reader, scope, units, options)
            found, measured = await asyncio.gather(
                self._reader.health(scope), asyncio.gather(*(measurer.measure(metric) for _, metric in known))
            )
            health[:] = [found]
            return measured

        counts, measured = await consistent_read(self._reader, scope, measure)
        metrics = [(use, metric, each) for (use, metric), each in zip(known, measured, strict=True)]
        sample_ratio = await asyncio.to_thread(sample_ratio_of, experiment, counts)
        answers = _Answers(
            experiment=experiment,
            environment=environment,
            time=time,
            counts=counts,
            sample_ratio=sample_ratio,
            mismatch_sources=await mismatch_sources(self._reader, scope, experiment.shares)
            if sample_ratio.mismatch
            else [],
            health=health[0],
            looks=looks,
            metrics=metrics,
            missing=missing,
            obstacle=self._obstacle(experiment, time),
        )
        # The engine's numbers are milliseconds of pure computation, so they are not made on the event loop.
        return await asyncio.to_thread(_analysed, answers)

    def _obstacle(self, experiment: Experiment, time: AnalysisTime) -> Obstacle | None:
        """What is published is of now: of an earlier moment, and of what doesn't run, it says nothing."""
        if experiment.status != "running" or time.as_of is not None:
            return None
        entries = self._catalog.entries(experiment.environment_id)
        if entries.environment is None:
            return None
        return obstacle(entries.flags.get(experiment.flag), entries.sdk_keys, time.now)

    async def _past_looks(self, experiment: Experiment, environment: Environment, time: AnalysisTime) -> list[PastLook]:
        if experiment.plan.mode != Mode.GROUP.value or not experiment.plan.planned_units:
            return []
        return await self._reader.past_looks(environment.organization_id, experiment.id, time.shown)


def analysis_options(experiment: Experiment, metric: Metric, last_exposure_at: int, shown_at: int) -> AnalysisOptions:
    """The engine's options from the experiment's plan; windows are open while a unit can still get events in them."""
    plan = experiment.plan
    weights = experiment.shares
    pair = weights[experiment.control] + max(
        (each for name, each in weights.items() if name != experiment.control), default=0
    )
    share = pair / max(sum(weights.values()), 1)
    open_until = last_exposure_at + metric.window_end * 1000 if metric.window_end else 0
    return AnalysisOptions(
        alpha=plan.alpha,
        mode=Mode(plan.mode),
        planned_units=max(round(plan.planned_units * share), 1) if plan.planned_units else None,
        looks_planned=plan.planned_looks or (1 if plan.mode == "group" else None),
        windows_closed=shown_at >= open_until,
    )


def with_history(options: AnalysisOptions, metric: str, looks: list[PastLook]) -> AnalysisOptions:
    """The options with the earlier looks of one metric: for each planned share of the units, the first snapshot that
    had reached it. How often people read the results between them does not count as looking."""
    if options.planned_units is None or options.looks_planned is None:
        return options
    history: dict[str, dict[int, Look]] = {}
    for each in looks:
        stage = min(each.units * options.looks_planned // options.planned_units, options.looks_planned - 1)
        taken = history.setdefault(each.variation, {})
        if each.metric == metric and stage > max(taken, default=0):
            taken[stage] = Look(each.units, each.difference, each.se)
    looks_taken = {name: tuple(taken.values()) for name, taken in history.items() if taken}
    return replace(options, history=looks_taken)


def metric_spec(metric: Metric, use: MetricUse) -> MetricSpec:
    direction = Direction.INCREASE if metric.higher_is_better else Direction.DECREASE
    judged = use.role == "guardrail" and use.margin is not None
    guardrail = Guardrail(use.margin or 0.0, relative=use.margin_kind == "relative") if judged else None
    return MetricSpec(metric.key, direction, guardrail)


def _analysed(answers: _Answers) -> Analysis:
    experiment = answers.experiment
    units = {each: answers.counts.units.get(("", each), 0) for each in experiment.shares}
    sample_ratio = answers.sample_ratio
    metrics = [_metric_result(answers, use, metric, measured) for use, metric, measured in answers.metrics]
    results = [each.result for each in metrics if each.result is not None]
    goals = [each.result for each in metrics if each.result is not None and each.use.role == "goal"]
    method = CORRECTIONS.get(experiment.plan.correction)
    family = adjust_family(goals, method, alpha=experiment.plan.alpha) if goals and method else None
    health = [
        data_check(experiment, answers.health, answers.obstacle, answers.time.shown),
        *health_checks(experiment, answers.health, sample_ratio, units, answers.counts.in_several),
        balance_check(results),
        metrics_check([each.metric.name for each in metrics if each.result is None and each.use.role != "secondary"]),
    ]
    judged = [each.result for each in metrics if each.result is not None and each.use.decides]
    return Analysis(
        experiment=experiment,
        environment=answers.environment,
        time=answers.time,
        units=units,
        units_in_several=answers.counts.in_several,
        days=answers.counts.days,
        sample_ratio=sample_ratio,
        mismatch_sources=answers.mismatch_sources,
        metrics=metrics,
        missing_metrics=answers.missing,
        family=family,
        decisions=_decisions(answers, judged, sample_ratio, family, health) if judged else [],
        health=health,
    )


def _metric_result(answers: _Answers, use: MetricUse, metric: Metric, measured: Measurement) -> MetricAnalysis:
    if measured.problem:
        return MetricAnalysis(metric, use, None, measured.problem)
    try:
        options = analysis_options(answers.experiment, metric, answers.counts.last_at, answers.time.shown)
        result = analyse_metric(
            metric_spec(metric, use),
            measured.summaries[""],
            control=answers.experiment.control,
            options=with_history(options, metric.key, answers.looks),
            capped=measured.capped,
        )
    except UNCOMPUTABLE as error:
        return MetricAnalysis(metric, use, None, problem_of(metric, error))
    return MetricAnalysis(metric, use, result)


def _decisions(
    answers: _Answers,
    results: list[MetricResult],
    sample_ratio: SampleRatioResult,
    family: Family | None,
    health: list[HealthCheck],
) -> list[Decision]:
    experiment = answers.experiment
    end = min(experiment.stop_at or answers.time.shown, answers.time.shown)
    days = max((end - experiment.start_at) / DAY_MILLISECONDS, 0.0) if experiment.start_at else 0.0
    problems = [each.finding for each in health if each.state == "problem" and each.name != "sample_ratio"]
    decisions = []
    for arm in experiment.shares:
        if arm == experiment.control:
            continue
        units = sum(answers.counts.units.get(("", each), 0) for each in (arm, experiment.control))
        planned = analysis_options(experiment, answers.metrics[0][1], 0, 0).planned_units
        progress = Progress(units, planned, days, 0.0, units / days if days else None)
        decisions.append(
            decide(arm, results, progress, sample_ratio=sample_ratio, family=family, health_problems=problems)
        )
    return decisions
