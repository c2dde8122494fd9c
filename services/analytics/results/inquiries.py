"""Requests about an environment or an experiment: who asks about what, and in which form the answer goes out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from typing import Annotated, Any

import msgspec
from actors.environment_names import NamedEnvironment
from actors.rights import Right
from actors.tokens import Actor
from fastapi import Depends, Query, Response
from service_kit.clock import Clock
from service_kit.problems import (
    BadRequest,
    InvalidInput,
    NotFound,
    TooManyRequests,
    Unauthorized,
    Unavailable,
    problem_responses,
)

from analytics.catalog.catalog import Catalog
from analytics.catalog.entries import Environment, Experiment
from analytics.results.analysis import Analyst
from analytics.results.moments import AnalysisTime
from analytics.turns import Turns
from analytics.warehouse.client import Warehouse
from analytics.warehouse.experiments import ExperimentReader
from analytics.warehouse.result_snapshots import ResultSnapshotStore
from analytics.warehouse.sheets import Sheets

PROBLEMS = problem_responses(BadRequest, Unauthorized, NotFound, InvalidInput, TooManyRequests, Unavailable)
Instant = Annotated[str | None, Query(max_length=64, description="RFC 3339 with an offset, or epoch milliseconds")]


class PhaseNotFound(NotFound):
    default_code = "phase_not_found"


Where = Annotated[NamedEnvironment, Depends()]


@dataclass(frozen=True, slots=True)
class NamedExperiment:
    """The parameters that name an experiment, by id or key, and the moment that is asked about: `as_of` asks for what
    had been received by then."""

    experiment: str
    where: Where
    as_of: Instant = None
    phase: Annotated[
        int | None, Query(ge=1, le=2**31, description="One that is over, from 1; the present one when it is left out")
    ] = None


Asked = Annotated[NamedExperiment, Depends()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """An experiment the actor may see, and the moment it is asked about. `reader` remembers the queries."""

    experiment: Experiment
    environment: Environment
    time: AnalysisTime
    reader: ExperimentReader
    analyst: Analyst
    warehouse: Warehouse


class Inquiries:
    """Finds what a request names among what its actor may see."""

    def __init__(self, *, catalog: Catalog, warehouse: Warehouse, clock: Clock, turns: Turns) -> None:
        self._turns = turns
        self._catalog = catalog
        self._warehouse = warehouse
        self._clock = clock

    @property
    def catalog(self) -> Catalog:
        """Raises Unavailable until it has been read."""
        if not self._catalog.ready:
            raise Unavailable("the experiments have not been read from the bus yet", code="catalog_not_ready")
        return self._catalog

    def turn(self, actor: Actor, environment: Environment) -> AbstractAsyncContextManager[None]:
        """The actor's turn to ask what is heavy. Raises TooManyRequests."""
        return self._turns.turn(environment.organization_id, actor.subject)

    def about(self, actor: Actor, asked: NamedExperiment) -> Inquiry:
        """Raises NotFound, MissingRight, BadRequest, InvalidInput, Unavailable."""
        self._require_whole()
        experiment, environment = self._experiment(actor, asked)
        actor.require("results:read", environment)
        if asked.phase is not None:
            experiment = in_phase(experiment, asked.phase)
        reader = ExperimentReader(self._warehouse, sheets=Sheets(self._warehouse))
        return Inquiry(
            experiment=experiment,
            environment=environment,
            time=AnalysisTime.asked(self._clock.now(), asked.as_of),
            reader=reader,
            warehouse=self._warehouse,
            analyst=Analyst(reader, self._catalog, ResultSnapshotStore(self._warehouse)),
        )

    def environment(self, actor: Actor, where: NamedEnvironment, right: Right = "results:read") -> Environment:
        """Raises NotFound, MissingRight, BadRequest, Unavailable."""
        found = self._environment(actor, where)
        actor.require(right, found)
        return found

    def _environment(self, actor: Actor, where: NamedEnvironment) -> Environment:
        return self.catalog.environment(actor.environments, *where.whole)

    def measured(self, actor: Actor, where: NamedEnvironment, right: Right = "results:read") -> Environment:
        """An environment of which what is stored is asked. Raises NotFound, MissingRight, BadRequest, Unavailable."""
        self._require_whole()
        return self.environment(actor, where, right)

    def _require_whole(self) -> None:
        """What is left after a loss is no answer."""
        refusal = self._warehouse.refusal
        if refusal is not None:
            raise Unavailable(refusal.sentence, code=refusal.code, retry_after_seconds=refusal.retry_after_seconds)

    def _experiment(self, actor: Actor, asked: NamedExperiment) -> tuple[Experiment, Environment]:
        """In the named environment if one is named; else among all that the actor may see."""
        catalog = self.catalog
        if asked.where.project is None and asked.where.environment is None:
            found = catalog.experiment(actor.environments, asked.experiment)
            return found, catalog.environment_by_id(found.environment_id)
        environment = self._environment(actor, asked.where)
        return catalog.experiment_by_key(environment, asked.experiment), environment


def in_phase(experiment: Experiment, number: int) -> Experiment:
    """The experiment as it was in a phase. Raises PhaseNotFound."""
    if number == experiment.phase:
        return experiment
    for each in experiment.phases:
        if each.number == number:
            return replace(
                experiment,
                status="stopped",
                start_at=each.start_at,
                stop_at=each.stop_at,
                shares=each.shares,
                control=each.control,
                bucket_by=each.bucket_by,
                holdouts=each.holdouts,
                phase=number,
            )
    raise PhaseNotFound(f"the experiment is in phase {experiment.phase}, and there is no phase {number}")


async def rendered(render: Callable[[], Any]) -> Response:
    """What `render` gives, as JSON; made beside the event loop."""
    return await asyncio.to_thread(lambda: json_response(render()))


def json_response(document: Any) -> Response:
    """msgspec refuses what is not JSON; NaN would become null."""
    return Response(msgspec.json.encode(document), media_type="application/json")
