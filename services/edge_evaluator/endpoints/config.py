"""Endpoints of the configuration itself, for SDKs and operators."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from service_kit.problems import (
    Forbidden,
    InvalidInput,
    TooManyRequests,
    Unauthorized,
    Unavailable,
    problem_responses,
)

from edge_evaluator.admission.requests import Admission, require_server_key
from edge_evaluator.admission.streams import OpenStreams
from edge_evaluator.endpoints.compression import ENCODED, VARYING, WORTH_BYTES_MIN, accepts_gzip
from edge_evaluator.endpoints.event_streams import EVENT_STREAM, STREAM_HEADERS, Subscription
from edge_evaluator.endpoints.ofrep import age_headers, fresh
from edge_evaluator.endpoints.ofrep_route import JSON

_REFUSALS = problem_responses(Unauthorized, InvalidInput, TooManyRequests, Unavailable)
_SERVER_ONLY = problem_responses(Unauthorized, Forbidden, InvalidInput, TooManyRequests, Unavailable)


def build_router(*, admission: Admission, open_streams: OpenStreams) -> APIRouter:
    router = APIRouter(tags=["configuration"])

    @router.get("/v1/environment", summary="Which environment, at which version, how old", responses=_REFUSALS)
    async def environment(request: Request) -> Response:
        held = admission.memory.held(admission.admit(request).key)
        config = held.config
        return JSONResponse(
            {
                "environment": config.key,
                "project": config.project_key,
                "version": config.version,
                "digest": config.digest,
                "age_seconds": admission.clock.monotonic() - held.confirmed,
            }
        )

    @router.get(
        "/v1/config",
        summary="The whole configuration (server keys)",
        responses={304: {"description": "Nothing has changed"}, **_SERVER_ONLY},
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

    @router.get(
        "/v1/stream",
        summary="The configuration as server-sent events: a snapshot, then changes (server keys)",
        response_class=StreamingResponse,
        responses=_SERVER_ONLY,
    )
    async def stream(request: Request) -> Response:
        caller = admission.admit(request)
        require_server_key(caller)
        open_streams.require_room(caller.key)
        subscription = Subscription(admission, open_streams, caller.key, request.headers.get("last-event-id"))
        return StreamingResponse(subscription.configurations(), headers=STREAM_HEADERS, media_type=EVENT_STREAM)

    return router
