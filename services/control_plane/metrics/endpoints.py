"""The metrics of a project."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from service_kit.versions import ExpectedVersion

from control_plane.access import Actor, Authenticator, api_router
from control_plane.entities.bypass import document_bypass, note_bypass
from control_plane.entities.endpoints import (
    CHANGE,
    CREATE,
    Noun,
    add_entity_routes,
    answer_created,
    answer_entity,
)
from control_plane.entities.list_parameters import RequestedFilter
from control_plane.entities.lists import ListFilter
from control_plane.metrics.schemas import AggregationName, MetricCreate, MetricPatch, MetricView
from control_plane.metrics.service import MetricService

_METRIC = Noun("metric")


async def _requested_metrics(
    wanted: RequestedFilter,
    of_type: Annotated[AggregationName | None, Query(alias="type", description="The metric's `aggregation`.")] = None,
) -> ListFilter:
    return replace(wanted, type=of_type)


def build_router(*, authenticator: Authenticator, metrics: MetricService) -> APIRouter:
    router = api_router("metrics", authenticator.actor, note_bypass)
    add_entity_routes(
        router,
        _METRIC,
        authenticator=authenticator,
        service=metrics,
        view=MetricView,
        requested_filter=_requested_metrics,
    )

    @router.post(_METRIC.all, status_code=201, responses=CREATE, response_model=MetricView)
    async def create_metric(project: str, body: MetricCreate, actor: Actor = Depends(authenticator.actor)) -> Response:
        """Creates a metric."""
        return answer_created(await metrics.create(actor, project, body), _METRIC)

    @router.patch(_METRIC.one, responses=CHANGE, response_model=MetricView)
    async def change_metric(
        project: str,
        key: str,
        body: MetricPatch,
        expected: ExpectedVersion,
        actor: Actor = Depends(authenticator.actor),
    ) -> Response:
        """Changes the fields that are given. What a running experiment is judged by stays."""
        return answer_entity(await metrics.change(actor, project, key, expected, body))

    return document_bypass(router)
