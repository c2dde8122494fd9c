"""The ingestor's routes: events in, and for server keys the live tail and the counts of the last minutes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response, Security
from fastapi.responses import StreamingResponse
from fastapi.security import APIKeyHeader, HTTPBearer
from service_kit.problems import (
    BadRequest,
    Forbidden,
    InvalidInput,
    Problem,
    TooLarge,
    TooManyRequests,
    Unauthorized,
    Unavailable,
    problem_responses,
)
from service_kit.query_parameters import check_parameters

from event_ingestor.authentication.authenticator import Caller
from event_ingestor.bodies import UnsupportedEncoding
from event_ingestor.counts import MINUTES_KEPT
from event_ingestor.endpoints.event_schema import REQUEST_BODY, CountsDocument, ReceiptDocument
from event_ingestor.intake import Intake

TAIL_IDLE_SECONDS = 10.0
EVENTS_PATH = "/v1/events"
_CLIENT_KEY = "client_key"
# For the documentation: either of them; the intake reads the headers itself.
_bearer = HTTPBearer(auto_error=False, scheme_name="sdkKeyBearer", description="An SDK key")
_api_key = APIKeyHeader(name="X-API-Key", auto_error=False, scheme_name="sdkKeyHeader", description="An SDK key")


def build_router(*, intake: Intake) -> APIRouter:
    async def admitted(request: Request) -> Caller:
        """Nothing but 401, 403 and 429 is told before it is known who asks."""
        in_address = request.query_params.get(_CLIENT_KEY) if request.scope["route"].path == EVENTS_PATH else None
        caller = intake.admit(request.scope, in_address)
        check_parameters(request)
        return caller

    dependencies = [Security(_bearer), Security(_api_key), Depends(admitted)]
    router = APIRouter(tags=["events"], dependencies=dependencies)

    @router.post(
        EVENTS_PATH,
        status_code=202,
        summary="Send exposures and metric events",
        response_class=Response,
        openapi_extra={"requestBody": REQUEST_BODY},
        responses={
            202: {"model": ReceiptDocument},
            **problem_responses(
                BadRequest,
                Unauthorized,
                Forbidden,
                TooLarge,
                UnsupportedEncoding,
                InvalidInput,
                TooManyRequests,
                Unavailable,
            ),
        },
    )
    async def post_events(
        request: Request,
        caller: Caller = Depends(admitted),
        client_key: Annotated[  # noqa: ARG001 - read before the framework checks anything
            str | None,
            Query(description="A client key, for `navigator.sendBeacon`, which sends no headers; never a server key."),
        ] = None,
    ) -> Response:
        """Takes a JSON array, `{"events": [...]}` or NDJSON, of any media type. When 202 comes back, every accepted
        event is stored; a bad event never costs its neighbours. After 429 or 503 send the same request again: it is
        harmless."""
        receipt = await intake.take(caller, request.scope, request.receive)
        return Response(receipt, status_code=202, media_type="application/json")

    @router.get(
        "/v1/events/tail",
        summary="Watch events arrive",
        response_class=StreamingResponse,
        responses={
            200: {"content": {"text/event-stream": {}}},
            **problem_responses(Unauthorized, Forbidden, InvalidInput, TooManyRequests, Unavailable),
        },
    )
    async def tail(request: Request, caller: Caller = Depends(admitted)) -> Response:
        """Server-sent events of the key's environment: `accepted` and `rejected` as they come through this process,
        and `missed` with a count when the reader is too slow. Needs a server key; ends when the key does."""
        caller.require_server_key()

        async def frames() -> AsyncIterator[bytes]:
            with intake.tail.watch(caller.environment.environment_id) as watcher:
                yield b": watching\n\n"
                async for frame in watcher.frames(TAIL_IDLE_SECONDS):
                    yield frame
                    if not _still_allowed(intake, request):
                        return

        body = frames()
        first = await anext(body)
        return StreamingResponse(
            _with_first(first, body),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    @router.get(
        "/v1/events/counts",
        summary="What was accepted and refused lately",
        response_model=CountsDocument,
        responses=problem_responses(Unauthorized, Forbidden, InvalidInput, TooManyRequests, Unavailable),
    )
    async def counts(
        minutes: Annotated[int, Query(ge=1, le=MINUTES_KEPT)] = 10, caller: Caller = Depends(admitted)
    ) -> Response:
        """Of the key's environment and this process, minute by minute. Needs a server key."""
        caller.require_server_key()
        environment_id = caller.environment.environment_id
        found = intake.counts.last_minutes(environment_id, intake.clock.now(), minutes)
        document = {"environment": environment_id, "minutes": list(found)}
        return Response(msgspec.json.encode(document), media_type="application/json")

    return router


def _still_allowed(intake: Intake, request: Request) -> bool:
    try:
        intake.caller(request.scope["headers"]).require_server_key()
    except Problem:
        return False
    return True


async def _with_first(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for each in rest:
        yield each
