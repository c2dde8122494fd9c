"""Snapshots of results: list, read, take one now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from actors.tokens import Actor
from fastapi import APIRouter, Depends, Path, Query, Response
from messages.acts import Act
from service_kit.problems import Forbidden, NotFound, problem_responses
from service_kit.requests import new_router

from analytics.access import Authenticator
from analytics.acts import Acts
from analytics.instants import rfc3339
from analytics.results.documents import ResultDocument
from analytics.results.inquiries import PROBLEMS, Asked, Inquiries, json_response
from analytics.results.snapshots import ResultSnapshots
from analytics.warehouse.result_snapshots import ResultSnapshotEntry, ResultSnapshotStore


class ResultSnapshotNotFound(NotFound):
    default_code = "snapshot_not_found"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultSnapshotDocument:
    """`cause`: on demand, or by the clock."""

    id: str
    taken_at: str
    cause: Literal["scheduled", "on_demand"]
    engine_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultSnapshotList:
    items: list[ResultSnapshotDocument]


Limit = Annotated[int, Query(ge=1, le=1000)]
SnapshotId = Annotated[str, Path(max_length=128)]


def build_router(
    *,
    authenticator: Authenticator,
    inquiries: Inquiries,
    snapshots: ResultSnapshots,
    store: ResultSnapshotStore,
    acts: Acts,
) -> APIRouter:
    router = new_router("snapshots", authenticator.actor, prefix="/v1/experiments/{experiment}/snapshots")

    @router.get(
        "",
        summary="Snapshots of an experiment's results",
        responses={**PROBLEMS, 200: {"model": ResultSnapshotList}},
        response_class=Response,
    )
    async def list_snapshots(asked: Asked, limit: Limit = 100, actor: Actor = Depends(authenticator.actor)) -> Response:
        """Newest first."""
        inquiry = inquiries.about(actor, asked)
        entries = await store.entries(inquiry.environment.organization_id, inquiry.experiment.id, limit)
        return json_response(ResultSnapshotList(items=[_document(each) for each in entries]))

    @router.post(
        "",
        status_code=201,
        summary="Take a snapshot now",
        responses={**PROBLEMS, **problem_responses(Forbidden), 201: {"model": ResultSnapshotDocument}},
        response_class=Response,
    )
    async def take_snapshot(asked: Asked, actor: Actor = Depends(authenticator.actor)) -> Response:
        """Stores the results as they are now; for whoever may `experiment:update`."""
        inquiry = inquiries.about(actor, asked)
        actor.require("experiment:update", inquiry.environment)
        act = Act(
            organization_id=inquiry.environment.organization_id,
            project_id=inquiry.environment.project_id,
            entity="result_snapshot",
            entity_key=inquiry.experiment.key,
            action="take",
        )
        async with inquiries.turn(actor, inquiry.environment), acts.telling(actor, act):
            taken = await snapshots.take(inquiry.experiment, inquiry.environment)
        answer = json_response(_document(taken))
        answer.status_code = 201
        return answer

    @router.get(
        "/{snapshot}",
        summary="One snapshot",
        responses={**PROBLEMS, 200: {"model": ResultDocument}},
        response_class=Response,
    )
    async def read_snapshot(
        asked: Asked, snapshot: SnapshotId, actor: Actor = Depends(authenticator.actor)
    ) -> Response:
        """The results as they were stored. Raises ResultSnapshotNotFound."""
        inquiry = inquiries.about(actor, asked)
        found = await store.document(inquiry.environment.organization_id, inquiry.experiment.id, snapshot)
        if found is None:
            raise ResultSnapshotNotFound("no such snapshot of this experiment")
        return Response(found, media_type="application/json")

    return router


def _document(entry: ResultSnapshotEntry) -> ResultSnapshotDocument:
    return ResultSnapshotDocument(
        id=entry.id,
        taken_at=rfc3339(entry.taken_at),
        cause="scheduled" if entry.cause == "scheduled" else "on_demand",
        engine_version=entry.engine_version,
    )
