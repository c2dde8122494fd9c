"""Snapshots of results: list, read, take one now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from service_kit.problems import Forbidden, NotFound, problem_responses

from analytics.instants import rfc3339
from analytics.results.documents import ResultDocument
from analytics.results.questions import PROBLEMS, Question, Who, json_response
from analytics.results.snapshots import Snapshotter
from analytics.warehouse.snapshots import SnapshotEntry, SnapshotStore

router = APIRouter(prefix="/v1/experiments/{experiment}/snapshots", tags=["snapshots"])


class SnapshotNotFound(NotFound):
    default_code = "snapshot_not_found"


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotDocument:
    """`cause`: on demand, or by the clock."""

    id: str
    taken_at: str
    cause: Literal["scheduled", "on_demand"]
    engine_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotList:
    items: list[SnapshotDocument]


@router.get(
    "",
    summary="Snapshots of an experiment's results",
    responses={**PROBLEMS, 200: {"model": SnapshotList}},
    response_class=Response,
)
async def list_snapshots(
    request: Request, question: Question, limit: Annotated[int, Query(ge=1, le=1000)] = 100
) -> Response:
    """Newest first."""
    store = SnapshotStore(request.app.state.warehouse)
    entries = await store.entries(question.environment.organization_id, question.experiment.id, limit)
    return json_response(SnapshotList(items=[_document(each) for each in entries]))


@router.post(
    "",
    status_code=201,
    summary="Take a snapshot now",
    responses={**PROBLEMS, **problem_responses(Forbidden), 201: {"model": SnapshotDocument}},
    response_class=Response,
)
async def take_snapshot(request: Request, question: Question, caller: Who) -> Response:
    """Stores the results as they are now; for editors and above."""
    caller.require_writer(question.environment.organization_id)
    state = request.app.state
    entry = await Snapshotter(state.warehouse, state.catalog, state.clock).take(
        question.experiment, question.environment
    )
    answer = json_response(_document(entry))
    answer.status_code = 201
    return answer


@router.get(
    "/{snapshot}",
    summary="One snapshot",
    responses={**PROBLEMS, 200: {"model": ResultDocument}},
    response_class=Response,
)
async def read_snapshot(
    request: Request, question: Question, snapshot: Annotated[str, Path(max_length=128)]
) -> Response:
    """The results as they were stored. Raises SnapshotNotFound."""
    store = SnapshotStore(request.app.state.warehouse)
    found = await store.document(question.environment.organization_id, question.experiment.id, snapshot)
    if found is None:
        raise SnapshotNotFound("no such snapshot of this experiment")
    return Response(found, media_type="application/json")


def _document(entry: SnapshotEntry) -> SnapshotDocument:
    return SnapshotDocument(
        id=entry.id, taken_at=rfc3339(entry.taken_at), cause=entry.cause, engine_version=entry.engine_version
    )
