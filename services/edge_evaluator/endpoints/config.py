"""Endpoints of the configuration itself, for SDKs and operators."""

from __future__ import annotations

import asyncio
from typing import Any

from bucketing.flagset import Flag, FlagType
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
from edge_evaluator.endpoints.event_streams import EVENT_STREAM, STREAM_HEADERS, Subscription
from edge_evaluator.endpoints.ofrep import fresh
from edge_evaluator.endpoints.ofrep_route import JSON
from edge_evaluator.memory.answers import typed_value
from edge_evaluator.memory.change_log import event_id

_REFUSALS = problem_responses(Unauthorized, InvalidInput, TooManyRequests, Unavailable)
_SERVER_ONLY = problem_responses(Unauthorized, Forbidden, InvalidInput, TooManyRequests, Unavailable)
_MANIFEST_TYPES = {FlagType.NUMBER: "float"}


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
                "age_seconds": max(0, admission.clock.now() - held.confirmed_at) / 1000,
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
        headers = {"ETag": f'"{event_id(held.config)}"', "Cache-Control": "private, no-cache"}
        if fresh(request.headers.get("if-none-match"), headers["ETag"]):
            return Response(status_code=304, headers=headers)
        document = await asyncio.to_thread(held.view(caller.key).document)
        return Response(document, headers=headers, media_type=JSON)

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

    @router.get(
        "/openfeature/v0/manifest", summary="Flags and types for OpenFeature's code generators", responses=_REFUSALS
    )
    async def manifest(request: Request) -> Response:
        caller = admission.admit(request)
        flags = admission.memory.held(caller.key).view(caller.key).flags
        listed = [_manifest_entry(flags[key]) for key in sorted(flags) if not flags[key].archived]
        return JSONResponse({"flags": listed}, headers={"X-Manifest-Capabilities": "read"})

    return router


def _manifest_entry(flag: Flag) -> dict[str, Any]:
    """The code default is the value that the flag serves when it is off."""
    return {
        "key": flag.key,
        "type": _MANIFEST_TYPES.get(flag.type, flag.type.value),
        "defaultValue": typed_value(flag, flag.variations[flag.off_variation]),
    }
