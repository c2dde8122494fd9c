"""`GET /v1/experiments/{experiment}/results` and `GET /v1/flags/{key}/exposures`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response
from service_kit.clock import Clock
from service_kit.problems import (
    BadRequest,
    InvalidInput,
    NotFound,
    Unauthorized,
    Unavailable,
    problem_responses,
)

from analytics.access import Caller, current_caller
from analytics.catalog.catalog import Catalog
from analytics.catalog.entries import Environment, Experiment
from analytics.results.analysis import Analyst, Moment
from analytics.results.documents import analysis_document
from analytics.results.exposures import ExposureReport, flag_exposures
from analytics.results.instants import instant
from analytics.results.schemas import ExposuresDocument, ResultsDocument
from analytics.warehouse.experiments import ExperimentReader
from analytics.warehouse.exposures import ExposureReader

router = APIRouter(prefix="/v1", tags=["results"])
_PROBLEMS = problem_responses(BadRequest, Unauthorized, NotFound, InvalidInput, Unavailable)

Who = Annotated[Caller, Depends(current_caller)]
Instant = Annotated[str | None, Query(max_length=64, description="RFC 3339 with an offset, or epoch milliseconds")]


@dataclass(frozen=True, slots=True)
class Place:
    """The query parameters that name an environment."""

    project: Annotated[str | None, Query(max_length=128, description="Id or key of the project")] = None
    environment: Annotated[str | None, Query(max_length=128, description="Key or id of the environment")] = None


Where = Annotated[Place, Depends()]


@dataclass(frozen=True, slots=True)
class Period:
    """The query parameters of an exposure report."""

    start: Instant = None
    end: Instant = None
    limit: Annotated[int, Query(ge=0, le=200, description="Recent decisions to show")] = 50


def json_response(document: Any) -> Response:
    """msgspec refuses what is not JSON; NaN would become null."""
    return Response(msgspec.json.encode(document), media_type="application/json")


def find_experiment(request: Request, caller: Caller, experiment: str, place: Place) -> tuple[Experiment, Environment]:
    """By id, or by key together with `project` and `environment`. Raises NotFound, BadRequest, Unavailable."""
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


@router.get(
    "/experiments/{experiment}/results",
    summary="Results of an experiment",
    responses={**_PROBLEMS, 200: {"model": ResultsDocument}},
    response_class=Response,
)
async def experiment_results(
    request: Request,
    caller: Who,
    experiment: str,
    place: Where,
    as_of: Instant = None,
) -> Response:
    """Per metric and variation: units, mean or rate, difference and lift with intervals, p-value and method.

    `experiment` is the id, or the key together with `project` and `environment`. `as_of` computes the results from
    what had been received by then.
    """
    found, where = find_experiment(request, caller, experiment, place)
    clock: Clock = request.app.state.clock
    analyst = Analyst(ExperimentReader(request.app.state.warehouse), request.app.state.catalog)
    analysis = await analyst.analyse(found, where, Moment(clock.now(), instant(as_of, "as_of")))
    return json_response(analysis_document(analysis))


@router.get(
    "/flags/{key}/exposures",
    summary="Who saw which variation of a flag",
    responses={**_PROBLEMS, 200: {"model": ExposuresDocument}},
    response_class=Response,
)
async def exposures_of_flag(
    request: Request,
    caller: Who,
    key: str,
    place: Where,
    period: Annotated[Period, Depends()],
) -> Response:
    """Counts and shares per variation, a time series, and the latest decisions, from `start` (default: seven days
    ago) until before `end` (default: now)."""
    where = find_environment(request, caller, place)
    variations = ready_catalog(request).flag_variations(where, key)
    clock: Clock = request.app.state.clock
    start, end = instant(period.start, "start"), instant(period.end, "end")
    report = ExposureReport.between(key, variations, start, end, clock.now())
    reader = ExposureReader(request.app.state.warehouse)
    return json_response(await flag_exposures(reader, where, report, period.limit))
