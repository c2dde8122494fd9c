"""The figures of an environment's programme on one metric: experiments that are over, each read as its plan reads it.

Experiments that still run are shown and not counted: counting those that have already won would raise the win rate.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from service_kit.logs import get_logger
from stats import MeasuredEffect, Programme, Reading, State, assess_programme, measured_lift

from analytics.catalog.catalog import Catalog
from analytics.catalog.entries import Environment, Experiment, Metric, Role
from analytics.results.analysis import Analysis, AnalysisTime, Analyst
from analytics.warehouse.client import Warehouse
from analytics.warehouse.errors import QueryTooExpensive
from analytics.warehouse.experiments import ExperimentReader
from analytics.warehouse.result_snapshots import ResultSnapshotStore

_log = get_logger("programme")
NOT_OVER = "it runs, and its plan is not over"
NO_LIFT = "it has no lift with a standard error"
TOO_EXPENSIVE = "its queries need more time or memory than they are allowed"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one treatment of an experiment did to the metric. `effect` None: it is not counted, and `problem` says why;
    `reading` None: there is none."""

    experiment: Experiment
    variation: str
    role: Role
    reading: Reading | None = None
    effect: MeasuredEffect | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class ProgrammeFigures:
    """`left_out`: earlier experiments on the metric that were not asked about."""

    metric: Metric
    alpha: float
    findings: tuple[Finding, ...]
    figures: Programme
    left_out: int


@dataclass(frozen=True, slots=True)
class Analysts:
    """Who analyses the experiments of an environment at one moment; each is read by itself, and then forgotten."""

    warehouse: Warehouse
    catalog: Catalog
    environment: Environment
    time: AnalysisTime

    async def analyse(self, experiment: Experiment) -> Analysis:
        analyst = Analyst(ExperimentReader(self.warehouse), self.catalog, ResultSnapshotStore(self.warehouse))
        return await analyst.analyse(experiment, self.environment, self.time)


def started_with(experiments: Sequence[Experiment], metric: Metric) -> list[tuple[Experiment, Role]]:
    """Those that have started and are judged or informed by the metric, the latest start first."""
    found = [
        (each, use.role)
        for each in experiments
        if each.start_at is not None
        for use in each.metrics
        if use.metric == metric.key
    ]
    return sorted(found, key=lambda each: (-(each[0].start_at or 0), each[0].key))


async def programme_figures(
    analysts: Analysts, experiments: Sequence[Experiment], metric: Metric, limit: int, alpha: float
) -> ProgrammeFigures:
    """Experiments are analysed one after another, each by itself. Raises WarehouseError where the store is away."""
    started = started_with(experiments, metric)
    findings: list[Finding] = []
    for experiment, role in started[:limit]:
        findings += await _findings(analysts, experiment, role, metric)
    effects = [each.effect for each in findings if each.effect is not None]
    figures = await asyncio.to_thread(lambda: assess_programme(effects, alpha=alpha))
    return ProgrammeFigures(metric, alpha, tuple(findings), figures, max(len(started) - limit, 0))


async def _findings(analysts: Analysts, experiment: Experiment, role: Role, metric: Metric) -> list[Finding]:
    treatments = [each for each in experiment.shares if each != experiment.control]
    try:
        analysis = await analysts.analyse(experiment)
    except QueryTooExpensive as error:
        _log.warning("an experiment is left out of a programme", experiment=experiment.id, error=str(error))
        return [Finding(experiment, each, role, problem=TOO_EXPENSIVE) for each in treatments]
    return [_finding(analysis, each, role, metric) for each in treatments]


def _finding(analysis: Analysis, variation: str, role: Role, metric: Metric) -> Finding:
    experiment = analysis.experiment
    found = next((each for each in analysis.metrics if each.metric.key == metric.key), None)
    if found is None or found.result is None:
        return Finding(experiment, variation, role, problem=found.problem if found else NO_LIFT)
    reading = analysis.judgement.readings.get((metric.key, variation))
    if not (analysis.progress.stopped or analysis.progress.complete):
        return Finding(experiment, variation, role, reading, problem=NOT_OVER)
    won = reading is not None and reading.state is State.BETTER
    effect = measured_lift(f"{experiment.key}:{variation}", found.result.comparison(variation), won=won)
    return Finding(experiment, variation, role, reading, effect, "" if effect is not None else NO_LIFT)
