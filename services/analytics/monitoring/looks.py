"""One look at one rollout: a few reads, each linear in the units that came since it began."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from messages.events import TIMESTAMP_MAX
from service_kit.clock import Clock
from stats import InvalidInputError

from analytics.catalog.entries import Metric
from analytics.catalog.rollouts import Guard, GuardedRollout, Stage
from analytics.monitoring.hypotheses import metric_of
from analytics.monitoring.observations import NEW, REST, Measured, Observation, Sides
from analytics.results.scope import window_of
from analytics.results.summaries import Grouped, of_clusters, of_sums, of_units
from analytics.warehouse.errors import QueryTooExpensive
from analytics.warehouse.pictures import Picture
from analytics.warehouse.scopes import MetricWindow
from analytics.warehouse.split_units import SplitReader, SplitScope

SETTLING_MILLISECONDS = 5_000
"""At a stage's beginning some edges still serve the share before."""
_HEARD_LATELY_MILLISECONDS = 60_000
_OF_ARMS = frozenset({"mean", "ratio"})
_MEASURABLE = frozenset({"binary", "mean", "ratio"})


@dataclass(frozen=True, slots=True)
class _Asked:
    guard: Guard
    metric: Metric
    window: MetricWindow


class Looker:
    """Reads what guards ask. `lag_milliseconds`: an event may be seen so much later than it was received."""

    def __init__(self, reader: SplitReader, clock: Clock, lag_milliseconds: int) -> None:
        self._reader = reader
        self._clock = clock
        self._lag = lag_milliseconds

    async def look(self, organization_id: str, rollout: GuardedRollout, metrics: Mapping[str, Metric]) -> Observation:
        """Raises WarehouseError. What one guard's metric is costs that guard alone."""
        now = self._clock.now()
        scope = _scope(organization_id, rollout)
        counts = await self._reader.counts(scope)
        until = self._until(now, counts.heard_at)
        measured: dict[str, Measured] = {}
        by_closing: defaultdict[int, list[_Asked]] = defaultdict(list)
        for guard in rollout.guards:
            metric = metric_of(guard, metrics)
            if metric is None:
                continue
            problem = _problem(guard, metric)
            if problem:
                measured[guard.id] = Measured(problem=problem)
                continue
            window = _window(guard, metric)
            by_closing[until - window.end * 1000].append(_Asked(guard, metric, window))
        for closed, asked in by_closing.items():
            measured |= await self._measured(scope, asked, closed)
        return Observation(now, until, counts.units, counts.heard_at, measured)

    def _until(self, now: int, heard_at: int | None) -> int:
        """Up to when all that was received has been stored: where the loader is behind, up to what it has stored."""
        behind = heard_at is not None and now - heard_at < _HEARD_LATELY_MILLISECONDS
        return min(now, heard_at if behind and heard_at else now) - self._lag

    async def _measured(self, scope: SplitScope, asked: list[_Asked], closed: int) -> dict[str, Measured]:
        windows = tuple(dict.fromkeys(each.window for each in asked))
        try:
            picture = await self._reader.closed(scope, windows, closed)
        except QueryTooExpensive as error:
            if len(windows) == 1:
                return {each.guard.id: Measured(problem=f"Its query needs too much: {error}.") for each in asked}
            alone = [await self._measured(scope, [each], closed) for each in asked]
            return {guard: found for each in alone for guard, found in each.items()}
        return {each.guard.id: await self._of_arms(scope, each, closed) or _read(picture, each) for each in asked}

    async def _of_arms(self, scope: SplitScope, asked: _Asked, closed: int) -> Measured | None:
        """Where the application measures everybody who has a variation together: then a unit is an arm of one export.
        None where it doesn't, and for what can't be compared so, because arms are of different sizes."""
        if asked.metric.aggregation.name not in _OF_ARMS:
            return None
        try:
            picture = await self._reader.closed_arms(scope, asked.window, closed)
        except QueryTooExpensive as error:
            return Measured(problem=f"Its query needs too much: {error}.")
        measured = _read(picture, asked)
        return measured if measured.stages or measured.problem else None


def _scope(organization_id: str, rollout: GuardedRollout) -> SplitScope:
    return SplitScope(
        organization_id=organization_id,
        environment_id=rollout.environment_id,
        flag=rollout.flag,
        rule=rollout.rule,
        variation=rollout.variation,
        start=rollout.stages[0].started_at,
        stages=tuple(_span(each) for each in rollout.stages),
        by_unit=rollout.by_unit,
    )


def _span(stage: Stage) -> tuple[int, int]:
    return stage.started_at + SETTLING_MILLISECONDS, stage.ended_at or TIMESTAMP_MAX


def _window(guard: Guard, metric: Metric) -> MetricWindow:
    """The guard's window ends that of the metric; where an aggregation needs one of its own, that one is waited for."""
    own = window_of(metric)
    if metric.aggregation.window_required:
        return own
    return MetricWindow(
        own.event,
        own.aggregation,
        own.start,
        guard.window_seconds,
        own.denominator,
        per=own.per,
        filter=own.filter,
        steps=own.steps,
        facet=own.facet,
    )


def _problem(guard: Guard, metric: Metric) -> str:
    if metric.aggregation.summary not in _MEASURABLE:
        return f"A {metric.aggregation.name} can't be added up over stages; watch another metric."
    if not metric.aggregation.window_required and metric.window_start >= guard.window_seconds:
        return f"The metric begins {metric.window_start} seconds after the exposure, when the guard's window is closed."
    return ""


def _read(picture: Picture, asked: _Asked) -> Measured:
    try:
        grouped = _grouped(picture, asked)
    except (InvalidInputError, ArithmeticError) as error:
        return Measured(problem=f"Its numbers can't be computed with ({error}).")
    stages: dict[int, Sides] = {}
    for stage, sides in grouped.items():
        if NEW in sides and REST in sides:
            stages[int(stage) - 1] = sides[NEW], sides[REST]
    return Measured(stages)


def _grouped(picture: Picture, asked: _Asked) -> Grouped:
    units, aggregation = picture.unit_counts().units, asked.metric.aggregation
    if not aggregation.per_unit:
        return of_sums(aggregation, units, picture.sums(asked.window))
    if picture.rows.scope.by_unit and asked.metric.per == "user":
        return of_clusters(units, picture.sums(asked.window))
    return of_units(aggregation, units, picture.moments(asked.window))
