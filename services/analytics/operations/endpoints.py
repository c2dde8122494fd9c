"""Dead letters, reconciliation and erasure over HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from service_kit.clock import Clock
from service_kit.problems import Forbidden, Unavailable, problem_responses
from streams import Bus

from analytics.access import Caller
from analytics.instants import rfc3339
from analytics.loading.letters_command import LetterDocument, letter_document
from analytics.loading.replay import LIST_MAX, listed, replay
from analytics.operations.erasure import Eraser
from analytics.operations.reconciliation import MINUTE_MILLISECONDS, Reconciliation, reconcile
from analytics.results.questions import PROBLEMS, Place, Where, Who, find_environment, json_response

router = APIRouter(prefix="/v1", tags=["operations"])
_WRITES = {**PROBLEMS, **problem_responses(Forbidden)}
_Limit = Annotated[int, Query(ge=1, le=LIST_MAX)]


class ErasureRequest(BaseModel):
    """Whose data, and where."""

    model_config = ConfigDict(extra="forbid", strict=True)
    project: Annotated[str, Field(min_length=1, max_length=128)]
    environment: Annotated[str, Field(min_length=1, max_length=128)]
    user_key: Annotated[str, Field(min_length=1, max_length=1024)]


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterList:
    items: list[LetterDocument]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayDocument:
    replayed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MinuteDocument:
    """Events by the minute of their receipt; `distinct` and `missing` count each event once."""

    minute: str
    accepted: int
    streamed: int
    distinct: int
    stored: int
    dead_letters: int
    missing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconciliationDocument:
    """`complete` false: the stream holds more messages of this time than one answer reads."""

    complete: bool
    items: list[MinuteDocument]


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureDocument:
    """Rows by table, and dead letters, that were removed."""

    erased: dict[str, int]
    dead_letters: int


def bus_of(request: Request) -> Bus:
    bus: Bus | None = request.app.state.bus
    if bus is None:
        raise Unavailable("not connected to the bus yet", code="bus_unavailable")
    return bus


@router.get(
    "/dead-letters",
    summary="Events that could not be stored",
    responses={**PROBLEMS, 200: {"model": LetterList}},
    response_class=Response,
)
async def dead_letters(request: Request, caller: Who, place: Where, limit: _Limit = 100) -> Response:
    """Those of one environment that have not been replayed, with the reason and the bytes as they came; for editors
    and above, because raw events may hold personal data."""
    environment = find_environment(request, caller, place)
    caller.require_writer(environment.organization_id)
    letters = await listed(bus_of(request), environment.id, limit)
    return json_response(LetterList(items=[letter_document(each) for each in letters]))


@router.post(
    "/dead-letters/replay",
    summary="Load dead letters again",
    responses={**_WRITES, 200: {"model": ReplayDocument}},
    response_class=Response,
)
async def replay_dead_letters(request: Request, caller: Who, place: Where, limit: _Limit = 1000) -> Response:
    """Puts up to `limit` letters of one environment back on the stream; one that fails again is a new letter."""
    environment = find_environment(request, caller, place)
    caller.require_writer(environment.organization_id)
    return json_response(ReplayDocument(replayed=await replay(bus_of(request), environment.id, limit)))


@router.get(
    "/reconciliation",
    summary="Accepted, streamed and stored events per minute",
    responses={**PROBLEMS, 200: {"model": ReconciliationDocument}},
    response_class=Response,
)
async def reconciliation(
    request: Request, caller: Who, place: Where, minutes: Annotated[int, Query(ge=1, le=120)] = 15
) -> Response:
    """The last whole minutes and the present one. `missing` counts distinct events of the stream that are neither
    stored nor dead letters; it should be 0 but for the last seconds."""
    environment = find_environment(request, caller, place)
    clock: Clock = request.app.state.clock
    stop = (clock.now() // MINUTE_MILLISECONDS + 1) * MINUTE_MILLISECONDS
    start = stop - minutes * MINUTE_MILLISECONDS
    warehouse = request.app.state.warehouse
    found = await reconcile(bus_of(request), warehouse, environment.organization_id, environment.id, start, stop)
    document = _reconciliation(found)
    settled = sum(each.missing for each in document.items[:-1])
    request.app.state.metrics.missing_events.labels(environment.id).set(settled)
    return json_response(document)


@router.post(
    "/erasures",
    summary="Erase one user's data",
    responses={**_WRITES, 200: {"model": ErasureDocument}},
    response_class=Response,
)
async def erase(request: Request, caller: Who, body: ErasureRequest) -> Response:
    """Removes every exposure and metric event of `user_key` (or of its stand-in), and dead letters that hold it; for
    owners and admins."""
    environment = find_environment(request, caller, Place(body.project, body.environment))
    _require_admin(caller, environment.organization_id)
    state = request.app.state
    erased = await Eraser(bus_of(request), state.warehouse, state.pii_secret).erase(environment, body.user_key)
    return json_response(ErasureDocument(erased=erased.rows, dead_letters=erased.dead_letters))


def _reconciliation(found: Reconciliation) -> ReconciliationDocument:
    return ReconciliationDocument(
        complete=found.complete,
        items=[
            MinuteDocument(
                minute=rfc3339(at),
                accepted=each.accepted,
                streamed=each.streamed,
                distinct=each.distinct,
                stored=each.stored,
                dead_letters=each.dead_letters,
                missing=each.missing,
            )
            for at, each in found.minutes.items()
        ],
    )


def _require_admin(caller: Caller, organization_id: str) -> None:
    if caller.organizations.get(organization_id) not in ("owner", "admin"):
        raise Forbidden("only owners and admins erase data", code="role_forbids")
