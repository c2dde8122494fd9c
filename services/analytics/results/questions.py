"""What the endpoints of this room have in common: who asks about what, and in which form the answer goes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from fastapi import Depends, Query, Request, Response
from service_kit.clock import Clock
from service_kit.problems import BadRequest, InvalidInput, NotFound, Unauthorized, Unavailable, problem_responses

from analytics.access import Caller, current_caller
from analytics.catalog.catalog import Catalog
from analytics.catalog.entries import Environment, Experiment
from analytics.instants import instant
from analytics.results.analysis import Analyst, Moment
from analytics.warehouse.experiments import ExperimentReader

PROBLEMS = problem_responses(BadRequest, Unauthorized, NotFound, InvalidInput, Unavailable)
Who = Annotated[Caller, Depends(current_caller)]
Instant = Annotated[str | None, Query(max_length=64, description="RFC 3339 with an offset, or epoch milliseconds")]


@dataclass(frozen=True, slots=True)
class Place:
    """The query parameters that name an environment."""

    project: Annotated[str | None, Query(max_length=128, description="Id or key of the project")] = None
    environment: Annotated[str | None, Query(max_length=128, description="Key or id of the environment")] = None


Where = Annotated[Place, Depends()]


@dataclass(frozen=True, slots=True)
class Asked:
    """An experiment the caller may see, and the moment it is asked about."""

    experiment: Experiment
    environment: Environment
    moment: Moment
    reader: ExperimentReader
    analyst: Analyst


def asked(request: Request, caller: Who, experiment: str, place: Where, as_of: Instant = None) -> Asked:
    """FastAPI dependency. `experiment` is an id or a key, with `project` and `environment` if several have the key;
    `as_of` asks for what had been received by then. Raises NotFound, BadRequest, InvalidInput, Unavailable."""
    clock: Clock = request.app.state.clock
    found, where = find_experiment(request, caller, experiment, place)
    moment = Moment(clock.now(), instant(as_of, "as_of"))
    reader = ExperimentReader(request.app.state.warehouse)
    return Asked(found, where, moment, reader, Analyst(reader, request.app.state.catalog))


Question = Annotated[Asked, Depends(asked)]


def json_response(document: Any) -> Response:
    """msgspec refuses what is not JSON; NaN would become null."""
    return Response(msgspec.json.encode(document), media_type="application/json")


def find_experiment(request: Request, caller: Caller, experiment: str, place: Place) -> tuple[Experiment, Environment]:
    """By id or key, in the named environment if one is named. Raises NotFound, BadRequest, Unavailable."""
    catalog = ready_catalog(request)
    if place.project is None and place.environment is None:
        found = catalog.experiment(caller.organizations, experiment)
        return found, catalog.environment_by_id(found.environment_id)
    where = find_environment(request, caller, place)
    return catalog.experiment_by_key(where, experiment), where


def find_environment(request: Request, caller: Caller, place: Place) -> Environment:
    """Raises NotFound, BadRequest, Unavailable."""
    if place.project is None or place.environment is None:
        raise BadRequest("give both `project` and `environment`", code="environment_missing")
    return ready_catalog(request).environment(caller.organizations, place.project, place.environment)


def ready_catalog(request: Request) -> Catalog:
    catalog: Catalog = request.app.state.catalog
    if not catalog.ready:
        raise Unavailable("the experiments have not been read from the bus yet", code="catalog_not_ready")
    return catalog
