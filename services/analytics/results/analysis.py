"""⑩ An experiment's analysis: asks for aggregates, gives them to the engine, returns plain data.

Nothing here sees a row of an event: the store answers with one line per variation and query.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from service_kit.logs import get_logger
from stats import ENGINE_VERSION, Decision, SampleRatioResult

from analytics.catalog.catalog import Catalog
from analytics.catalog.entries import Environment, Experiment, Metric, MetricUse
from analytics.results.consistent_read import consistent_read
from analytics.results.definitions import metric_digest, plan_digest
from analytics.results.disturbances import disturbances_check
from analytics.results.health import HealthCheck, balance_check, data_check, health_checks, metrics_check
from analytics.results.judgement import Judgement, decisions_of, judge
from analytics.results.measured_metrics import MetricsMeasurer
from analytics.results.measurements import Measurement
from analytics.results.memories import KEPT, Memories, adds, read_memories, written_memories
from analytics.results.metric_analysis import MetricAnalysis, MetricData, analysed_metric
from analytics.results.mismatch_sources import MismatchSource, mismatch_sources
from analytics.results.moments import AnalysisTime
from analytics.results.obstacles import Obstacle, obstacle
from analytics.results.official_looks import OfficialLooks, Run
from analytics.results.plan_options import Moment
from analytics.results.post_stratification import PostStratifiedBlock, post_stratified
from analytics.results.progress import PlanProgress, Traffic, progress_of
from analytics.results.recorded_looks import OfficialLook
from analytics.results.sample_ratio import sample_ratio_of, unit_problem, units_are_unknown
from analytics.results.scope import scope_of
from analytics.warehouse.aggregates import ExposureHealth, UnitCounts
from analytics.warehouse.errors import QueryTooExpensive, WarehouseError
from analytics.warehouse.experiments import ExperimentReader
from analytics.warehouse.result_snapshots import ReadingRecords, ResultSnapshotEntry

__all__ = ["Analysis", "AnalysisTime", "Analyst", "MetricAnalysis"]

_log = get_logger("results")


@dataclass(frozen=True, slots=True)
class Analysis:
    """Everything about an experiment at one moment. `units`: analysed units by variation, all variations named;
    `days`: the same by the day (UTC) of the first exposure; `unit_problem`: why nobody knows the units, empty where
    they are known."""

    experiment: Experiment
    environment: Environment
    time: AnalysisTime
    units: dict[str, int]
    units_in_several: int
    users_overridden: int
    unit_problem: str
    computed_at: int
    days: Mapping[str, Mapping[str, int]]
    progress: PlanProgress
    sample_ratio: SampleRatioResult
    mismatch_sources: list[MismatchSource]
    metrics: list[MetricAnalysis]
    missing_metrics: list[str]
    judgement: Judgement
    decisions: list[Decision]
    health: list[HealthCheck]


@dataclass(frozen=True, slots=True)
class _Answers:
    """The store's answers, before the engine sees them."""

    experiment: Experiment
    environment: Environment
    time: AnalysisTime
    computed_at: int
    counts: UnitCounts
    sample_ratio: SampleRatioResult
    mismatch_sources: list[MismatchSource]
    health: ExposureHealth
    looks: list[OfficialLook]
    memories: Memories
    metrics: list[tuple[MetricUse, Metric, Measurement]]
    strata: Mapping[str, Mapping[str, PostStratifiedBlock]]
    missing: list[str]
    obstacle: Obstacle | None


class Analyst:
    """Answers for one request: the reader remembers what was asked, to explain it.

    `records`: where looks and readings are kept; None keeps none, so that looks are computed from their moments.
    """

    def __init__(self, reader: ExperimentReader, catalog: Catalog, records: ReadingRecords | None = None) -> None:
        self._reader = reader
        self._catalog = catalog
        self._records = records

    @property
    def looks(self) -> OfficialLooks:
        return OfficialLooks(self._reader, self._records)

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

    def run(self, experiment: Experiment, environment: Environment) -> Run:
        metrics = [metric for _, metric in self.known_metrics(experiment)[0]]
        return Run(experiment, environment, metrics, self._covariates(experiment))

    def measurer(self, experiment: Experiment, shown_at: int) -> MetricsMeasurer:
        return MetricsMeasurer(self._reader, experiment, shown_at, others=self._covariates(experiment))

    def _covariates(self, experiment: Experiment) -> tuple[Metric, ...]:
        """Those of the plan that exist."""
        found = (self._catalog.metric(experiment.environment_id, each) for each in experiment.plan.covariates)
        return tuple(each for each in found if each is not None)

    async def analyse(self, experiment: Experiment, environment: Environment, time: AnalysisTime) -> Analysis:
        """Raises WarehouseError. A reading of the present is recorded."""
        known, missing = self.known_metrics(experiment)
        scope = scope_of(experiment, environment, time.as_of)
        run = self.run(experiment, environment)
        measuring = self.measurer(experiment, time.shown)
        measuring.expect(scope, run.metrics)
        health: list[ExposureHealth] = []

        async def measure(counts: UnitCounts) -> list[Measurement]:
            found, measured = await asyncio.gather(
                self._reader.health(scope), measuring.measure(scope, counts, run.metrics)
            )
            health[:] = [found]
            return measured

        counts, measured = await consistent_read(self._reader, scope, measure)
        memories = await self._remembered(run, time)
        looks = []
        if not units_are_unknown(experiment, counts):
            looks = await self.looks.taken(run, sum(counts.units.values()) + counts.in_several, time)
        metrics = [(use, metric, each) for (use, metric), each in zip(known, measured, strict=True)]
        sample_ratio = await asyncio.to_thread(sample_ratio_of, experiment, counts)
        answers = _Answers(
            experiment=experiment,
            environment=environment,
            time=time,
            computed_at=self._reader.brought_forward_at(scope) or time.now,
            counts=counts,
            sample_ratio=sample_ratio,
            mismatch_sources=await mismatch_sources(self._reader, scope, experiment.shares)
            if sample_ratio.mismatch
            else [],
            health=health[0],
            looks=looks,
            memories=memories,
            metrics=metrics,
            strata=await self._post_stratified(run, time, looks),
            missing=missing,
            obstacle=self._obstacle(experiment, time),
        )
        # The engine's numbers are milliseconds of pure computation, so they are not made on the event loop.
        analysis = await asyncio.to_thread(_analysed, answers)
        if time.as_of is None:
            await self._remember(
                run, {metric_digest(each.metric): each.memory for each in analysis.metrics}, memories, time.now
            )
        return analysis

    async def _post_stratified(
        self, run: Run, time: AnalysisTime, looks: Sequence[OfficialLook]
    ) -> dict[str, dict[str, PostStratifiedBlock]]:
        """By metric, of the data that the results are of: the last look's, if there was one."""
        experiment, as_of = run.experiment, looks[-1].reached_at if looks else time.as_of
        if not experiment.plan.post_stratify_by:
            return {}
        scope = scope_of(experiment, run.environment, as_of, experiment.plan.post_stratify_by)
        shown_at = time.shown if as_of is None else as_of
        measurer = MetricsMeasurer(self._reader, experiment, shown_at, covariates=False)
        measurer.expect(scope, run.metrics)

        async def measure(counts: UnitCounts) -> list[Measurement]:
            return await measurer.measure(scope, counts, run.metrics)

        try:
            counts, found = await consistent_read(self._reader, scope, measure)
        except QueryTooExpensive as error:
            _log.warning("results are not post-stratified", experiment=experiment.id, error=str(error))
            return {}
        return {
            metric.key: post_stratified(experiment, counts, each)
            for metric, each in zip(run.metrics, found, strict=True)
        }

    async def _remembered(self, run: Run, time: AnalysisTime) -> Memories:
        if self._records is None:
            return {}
        documents = await self._records.documents(run.key(), "reading", time.received_until, KEPT)
        return read_memories(documents, plan_digest(run.experiment))

    async def _remember(self, run: Run, fresh: Memories, known: Memories, now: int) -> None:
        """A reading that can't be recorded is told all the same."""
        if self._records is None or run.experiment.start_at is None or not adds(fresh, known):
            return
        name, document = written_memories({**known, **fresh}, plan_digest(run.experiment))
        try:
            await self._records.write(
                run.key(name), ResultSnapshotEntry(name, now, "reading", ENGINE_VERSION), document
            )
        except WarehouseError as error:
            _log.warning("a reading is not recorded", experiment=run.experiment.id, error=str(error))

    def _obstacle(self, experiment: Experiment, time: AnalysisTime) -> Obstacle | None:
        """What is published is of now: of an earlier moment, and of what doesn't run, it says nothing."""
        if experiment.status != "running" or time.as_of is not None:
            return None
        entries = self._catalog.entries(experiment.environment_id)
        if entries.environment is None:
            return None
        return obstacle(entries.flags.get(experiment.flag), entries.sdk_keys, time.now)


def _analysed(answers: _Answers) -> Analysis:
    experiment, counts = answers.experiment, answers.counts
    units = {each: counts.units.get(("", each), 0) for each in experiment.shares}
    sample_ratio = answers.sample_ratio
    progress = progress_of(experiment, Traffic(answers.time.shown, units, counts.days), answers.looks)
    moment = Moment(progress.units, counts.last_at, answers.time.shown)
    metrics = [
        analysed_metric(
            experiment,
            MetricData(use, metric, measured, answers.looks, answers.memories.get(metric_digest(metric), {})),
            moment,
        )
        for use, metric, measured in answers.metrics
    ]
    metrics = [replace(each, post_stratified=answers.strata.get(each.metric.key, {})) for each in metrics]
    judgement = judge(experiment, metrics, progress)
    unusable = [each.metric.name for each in metrics if each.result is None and each.use.decides]
    results = [each.result for each in metrics if each.result is not None]
    health = [
        data_check(experiment, answers.health, answers.obstacle, answers.time.shown),
        *health_checks(experiment, answers.health, sample_ratio, counts),
        balance_check(results),
        metrics_check(unusable),
        disturbances_check(experiment, answers.time.shown),
    ]
    problems = [each.finding for each in health if each.state == "problem" and each.name != "sample_ratio"]
    return Analysis(
        experiment=experiment,
        environment=answers.environment,
        time=answers.time,
        units=units,
        units_in_several=counts.in_several,
        users_overridden=answers.health.overridden,
        computed_at=answers.computed_at,
        unit_problem=unit_problem(experiment, counts),
        days=counts.days,
        progress=progress,
        sample_ratio=sample_ratio,
        mismatch_sources=answers.mismatch_sources,
        metrics=metrics,
        missing_metrics=answers.missing,
        judgement=judgement,
        decisions=decisions_of(experiment, metrics, progress, (judgement, sample_ratio, problems)),
        health=health,
    )
