"""The routes for those who look on: the live tail, and the counts of the last minutes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

import msgspec
from actors.environment_names import NamedEnvironment
from fastapi import APIRouter, Depends, Query, Request, Response, Security
from fastapi.responses import StreamingResponse
from fastapi.security import APIKeyHeader, HTTPBearer
from service_kit.problems import (
    BadRequest,
    Forbidden,
    InvalidInput,
    NotFound,
    TooManyRequests,
    Unauthorized,
    Unavailable,
    problem_responses,
)
from service_kit.query_parameters import check_parameters

from event_ingestor.counts import MINUTES_KEPT
from event_ingestor.endpoints.event_schema import CountsDocument
from event_ingestor.onlookers import Onlooker, Onlookers

TAIL_IDLE_SECONDS = 10.0
# For the documentation: either of them; who asks is read by the onlookers themselves.
_bearer = HTTPBearer(
    auto_error=False,
    scheme_name="onlookerBearer",
    description="A server key; or a person's access token or a service token that has `exposures:read`",
)
_api_key = APIKeyHeader(name="X-API-Key", auto_error=False, scheme_name="sdkKeyHeader", description="An SDK key")
_PROBLEMS = problem_responses(BadRequest, Unauthorized, Forbidden, NotFound, InvalidInput, TooManyRequests, Unavailable)
Where = Annotated[NamedEnvironment, Depends()]


def build_router(*, onlookers: Onlookers) -> APIRouter:
    intake = onlookers.intake

    async def admitted(request: Request) -> Onlooker:
        """Nothing but 401, 403 and 429 is told before it is known who asks."""
        onlooker = onlookers.admit(request.scope)
        check_parameters(request)
        return onlooker

    dependencies = [Security(_bearer), Security(_api_key), Depends(admitted)]
    router = APIRouter(tags=["events"], dependencies=dependencies)

    @router.get(
        "/v1/events/tail",
        summary="Watch events arrive",
        response_class=StreamingResponse,
        responses={200: {"content": {"text/event-stream": {}}}, **_PROBLEMS},
    )
    async def tail(request: Request, where: Where, onlooker: Onlooker = Depends(admitted)) -> Response:
        """Server-sent events of an environment: `accepted` and `rejected` as they come through this ingestor, and
        `missed` with a count when the reader is too slow. A server key looks at its own environment; people and
        programs name one in which they have `exposures:read`. Ends when the key, the token or the right does."""
        environment = onlookers.environment(onlooker, where)

        async def frames() -> AsyncIterator[bytes]:
            with intake.tail.watch(environment.id) as watcher:
                yield b": watching\n\n"
                async for frame in watcher.frames(TAIL_IDLE_SECONDS):
                    yield frame
                    if not onlookers.may_stay(request.scope["headers"], environment):
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
        responses=_PROBLEMS,
    )
    async def counts(
        where: Where,
        minutes: Annotated[int, Query(ge=1, le=MINUTES_KEPT)] = 10,
        onlooker: Onlooker = Depends(admitted),
    ) -> Response:
        """Of an environment and this ingestor, minute by minute. A server key looks at its own environment; people and
        programs name one in which they have `exposures:read`."""
        environment_id = onlookers.environment(onlooker, where).id
        found = await onlookers.workers.last_minutes(environment_id, intake.clock.now(), minutes)
        document = {"environment": environment_id, "minutes": found}
        return Response(msgspec.json.encode(document), media_type="application/json")

    return router


async def _with_first(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for each in rest:
        yield each
