"""Endpoints of the configuration itself, for SDKs and operators."""

from __future__ import annotations

from service_kit.operations import Operations
from service_kit.problems import (
    Forbidden,
    InvalidInput,
    TooManyRequests,
    Unauthorized,
    Unavailable,
    problem_responses,
)
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from edge_evaluator.admission.requests import Admission, require_server_key
from edge_evaluator.admission.streams import OpenStreams
from edge_evaluator.endpoints.compression import ENCODED, VARYING, WORTH_BYTES_MIN, accepts_gzip
from edge_evaluator.endpoints.event_streams import EVENT_STREAM, STREAM_HEADERS, Subscription
from edge_evaluator.endpoints.ofrep import age_headers, fresh
from edge_evaluator.endpoints.ofrep_route import JSON

_REFUSALS = problem_responses(Unauthorized, InvalidInput, TooManyRequests, Unavailable)
_SERVER_ONLY = problem_responses(Unauthorized, Forbidden, InvalidInput, TooManyRequests, Unavailable)


def config_operations(*, admission: Admission, open_streams: OpenStreams, events_url: str) -> Operations:
    """`events_url`: where SDKs send events, empty for here."""
    operations = Operations("configuration")

    @operations.get("/v1/environment", summary="Which environment, at which version, how old", answers=_REFUSALS)
    async def environment(request: Request) -> Response:
        key = admission.admit(request).key
        held = admission.memory.held(key)
        config = held.config
        return JSONResponse(
            {
                "environment": config.key,
                "project": config.project_key,
                "version": config.version,
                "digest": config.digest,
                "age_seconds": admission.clock.monotonic() - held.confirmed,
                "key_kind": key.kind,
                "exposure_attributes": list(config.settings.exposure_attributes),
                **({"events_url": events_url} if events_url else {}),
            }
        )

    @operations.get(
        "/v1/config",
        summary="The whole configuration (server keys)",
        answers={304: {"description": "Nothing has changed"}, **_SERVER_ONLY},
    )
    async def config(request: Request) -> Response:
        caller = admission.admit(request)
        require_server_key(caller)
        held = admission.memory.held(caller.key)
        published = held.published
        headers = {
            "ETag": published.etag,
            "Cache-Control": "private, no-cache",
            **age_headers(held.age_seconds),
            **VARYING,
        }
        if fresh(request.headers.get("if-none-match"), published.etag):
            return Response(status_code=304, headers=headers)
        encoded = await published.encoded()
        if len(encoded) >= WORTH_BYTES_MIN and accepts_gzip(request.headers.get("accept-encoding")):
            return Response(await published.packed(), headers=headers | ENCODED, media_type=JSON)
        return Response(encoded, headers=headers, media_type=JSON)

    @operations.get(
        "/v1/stream",
        summary="The configuration as server-sent events: a snapshot, then changes (server keys)",
        content=None,
        answers=_SERVER_ONLY,
    )
    async def stream(request: Request) -> Response:
        caller = admission.admit(request)
        require_server_key(caller)
        open_streams.require_room(caller.key)
        subscription = Subscription(admission, open_streams, caller.key, request.headers.get("last-event-id"))
        return StreamingResponse(subscription.configurations(), headers=STREAM_HEADERS, media_type=EVENT_STREAM)

    return operations
