"""The interactions of one experiment with those that ran at the same time, over the users that are in both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from service_kit.logs import get_logger
from stats import Interaction, InvalidInputError, Summary, adjust_interactions, interaction

from analytics.catalog.entries import Environment, Experiment, Metric
from analytics.results.analysis import AnalysisTime
from analytics.results.measured_metrics import MetricsMeasurer
from analytics.results.measurements import TOO_EXPENSIVE, Measurement, problem_of
from analytics.results.scope import scope_of
from analytics.warehouse.client import Warehouse
from analytics.warehouse.errors import QueryTooExpensive
from analytics.warehouse.experiments import ExperimentReader
from analytics.warehouse.exposures import ExposureReader
from analytics.warehouse.scopes import BESIDE

_log = get_logger("programme")
TESTS_MAX = 10_000
"""Of one answer, as many as are adjusted together; pairs beyond are not examined."""
OTHER_UNITS = "the two experiments assign different units, so that no unit is in both"
NO_SEGMENTS = "this kind of metric is not compared by cells"


@dataclass(frozen=True, slots=True)
class MetricInteractions:
    """One metric of a pair: an interaction per treatment of each. `problem`: why there is none, empty if there are."""

    metric: Metric
    found: tuple[Interaction, ...] = ()
    adjusted: tuple[float | None, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """Another experiment, and the units that are in both by their variations (this one's, the other's)."""

    other: Experiment
    cells: dict[tuple[str, str], int] = field(default_factory=dict)
    metrics: tuple[MetricInteractions, ...] = ()
    problem: str = ""

    @property
    def units(self) -> int:
        return sum(self.cells.values())


@dataclass(frozen=True, slots=True)
class Interactions:
    """`concurrent`: how many experiments ran at the same time; `pairs`: those examined, most common units first."""

    experiment: Experiment
    alpha: float
    concurrent: int
    pairs: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked: `limit` pairs at the most."""

    experiment: Experiment
    environment: Environment
    time: AnalysisTime
    metrics: Sequence[Metric]
    limit: int


def concurrent(experiment: Experiment, others: Sequence[Experiment], now: int) -> list[Experiment]:
    """Those of the others that ran while the experiment did."""
    if experiment.start_at is None:
        return []
    end = min(experiment.stop_at or now, now)
    return [
        each
        for each in others
        if each.id != experiment.id
        and each.start_at is not None
        and each.start_at < end
        and min(each.stop_at or now, now) > experiment.start_at
    ]


async def interactions(warehouse: Warehouse, asked: Asked, others: Sequence[Experiment]) -> Interactions:
    """Raises WarehouseError. One pair is read after another, so that what is held is of one pair."""
    experiment, time = asked.experiment, asked.time
    overlapping = concurrent(experiment, others, time.shown)
    ranked = await _most_shared_first(warehouse, asked, overlapping)
    pairs: list[Pair] = []
    tests = 0
    for other in ranked[: asked.limit]:
        tests += len(asked.metrics) * (len(experiment.shares) - 1) * (len(other.shares) - 1)
        if tests > TESTS_MAX:
            break
        pairs.append(await _pair(warehouse, asked, other))
    pairs.sort(key=lambda each: (-each.units, each.other.key))
    return Interactions(experiment, experiment.plan.alpha, len(overlapping), _adjusted(pairs))


async def _most_shared_first(
    warehouse: Warehouse, asked: Asked, overlapping: Sequence[Experiment]
) -> Sequence[Experiment]:
    """By the users that the other's flag reached too, if there are more than are examined."""
    if len(overlapping) <= asked.limit:
        return overlapping
    scope = scope_of(asked.experiment, asked.environment, asked.time.as_of)
    try:
        shared = await ExposureReader(warehouse).shared_users(scope, {each.flag for each in overlapping})
    except QueryTooExpensive as error:
        _log.warning("shared users are not counted", experiment=asked.experiment.id, error=str(error))
        shared = {}
    return sorted(overlapping, key=lambda each: (-shared.get(each.flag, 0), each.key))


async def _pair(warehouse: Warehouse, asked: Asked, other: Experiment) -> Pair:
    experiment, environment, time = asked.experiment, asked.environment, asked.time
    if experiment.bucket_by != other.bucket_by:
        return Pair(other, problem=OTHER_UNITS)
    beside = scope_of(other, environment, time.as_of)
    scope = replace(scope_of(experiment, environment, time.as_of, BESIDE), beside=beside)
    reader = ExperimentReader(warehouse)
    measurer = MetricsMeasurer(reader, experiment, time.shown, covariates=False)
    measurer.expect(scope, asked.metrics)
    try:
        counts = await reader.unit_counts(scope)
    except QueryTooExpensive as error:
        _log.warning("a pair of experiments is not read", experiment=experiment.id, other=other.id, error=str(error))
        return Pair(other, problem=TOO_EXPENSIVE)
    cells = {(one, two): counts.units.get((two, one), 0) for one in experiment.shares for two in other.shares}
    measured = await measurer.measure(scope, counts, asked.metrics)
    found = zip(asked.metrics, measured, strict=True)
    return Pair(other, cells, tuple(_of_metric(experiment, other, metric, each) for metric, each in found))


def _of_metric(experiment: Experiment, other: Experiment, metric: Metric, measured: Measurement) -> MetricInteractions:
    if measured.problem:
        return MetricInteractions(metric, problem=measured.problem)
    if metric.aggregation.summary == "quantile":
        return MetricInteractions(metric, problem=NO_SEGMENTS)
    cells: dict[tuple[str, str], Summary] = {
        (one, two): summary for two, arms in measured.summaries.items() for one, summary in arms.items()
    }
    controls = (experiment.control, other.control)
    treatments = [
        (one, two)
        for one in experiment.shares
        for two in other.shares
        if one != experiment.control and two != other.control
    ]
    try:
        found = tuple(
            interaction(cells, controls=controls, treatments=each, alpha=experiment.plan.alpha) for each in treatments
        )
    except (InvalidInputError, ArithmeticError) as error:
        return MetricInteractions(metric, problem=problem_of(metric, error))
    return MetricInteractions(metric, found)


def _adjusted(pairs: Sequence[Pair]) -> tuple[Pair, ...]:
    """With the false discoveries among all pairs and metrics controlled."""
    adjusted = iter(adjust_interactions([each for pair in pairs for one in pair.metrics for each in one.found]))
    return tuple(
        replace(
            pair,
            metrics=tuple(replace(one, adjusted=tuple(next(adjusted) for _ in one.found)) for one in pair.metrics),
        )
        for pair in pairs
    )
