"""Segments, for server keys: which ones a context is in, and the chunks of long lists."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from bucketing.flagset import Json
from messages.documents import chunk_document
from service_kit.operations import Operations
from service_kit.problems import (
    Forbidden,
    InvalidInput,
    NotFound,
    TooManyRequests,
    Unauthorized,
    Unavailable,
    problem_responses,
)
from starlette.requests import Request
from starlette.responses import Response

from edge_evaluator.admission.requests import Admission, require_server_key
from edge_evaluator.endpoints.compression import packable
from edge_evaluator.endpoints.contexts import BadRequestBody, ContextLimits, context_of, decode_object
from edge_evaluator.endpoints.ofrep import fresh
from edge_evaluator.endpoints.ofrep_route import JSON, failure_responses, in_ofrep_form, plain_body
from edge_evaluator.evaluation.evaluator import Evaluator

SEGMENTS_MAX = 500
_AT_ONCE = 5
"""Between two breaths of the event loop."""
_FIELDS = {"context", "segments"}
_encode = msgspec.json.Encoder().encode
_BODY = {
    "type": "object",
    "properties": {
        "context": {"type": "object"},
        "segments": {
            "type": "array",
            "items": {"type": "string"},
            "maxItems": SEGMENTS_MAX,
            "description": "keys of segments; by default all",
        },
    },
}


def segment_operations(*, admission: Admission, evaluator: Evaluator, limits: ContextLimits) -> Operations:
    operations = Operations("evaluation", prefix="/v1/segments", rendered=in_ofrep_form)

    @operations.post(
        "/evaluate",
        summary="Which segments a context is in, and why (server keys)",
        answers=failure_responses(400, 401, 403, 413, 415, 429, 503),
        more={"requestBody": {"content": {JSON: {"schema": _BODY}}}},
    )
    async def evaluate_segments(request: Request) -> Response:
        caller = admission.admit(request)
        require_server_key(caller)
        document = decode_object(await plain_body(request), limits)
        context, asked = context_of(document), _asked(document)
        view = evaluator.view(caller)
        keys = sorted(view.config.flagset.segments) if asked is None else asked
        told: dict[str, Json] = {}
        for number, (key, membership) in enumerate(evaluator.memberships(view, keys, context)):
            told[key] = membership
            if number % _AT_ONCE == _AT_ONCE - 1:
                await asyncio.sleep(0)
        missing = {"member": None, "reason": "error", "because": "there is no such segment"}
        answer = {"segments": {**dict.fromkeys(keys, missing), **told}, "metadata": view.metadata}
        return await packable(request, _encode(answer))

    return operations


def chunk_operations(*, admission: Admission) -> Operations:
    operations = Operations("configuration", prefix="/v1/segments")

    @operations.get(
        "/{key}/chunks/{number}",
        summary="One chunk of a segment's long list (server keys)",
        answers={
            304: {"description": "Nothing has changed"},
            **problem_responses(Unauthorized, Forbidden, NotFound, InvalidInput, TooManyRequests, Unavailable),
        },
    )
    async def chunk(request: Request) -> Response:
        caller = admission.admit(request)
        require_server_key(caller)
        segments = admission.memory.held(caller.key).config.flagset.segments
        segment, number = segments.get(request.path_params["key"]), request.path_params["number"]
        found = None
        if segment is not None and segment.long_list is not None and number.isascii() and number.isdigit():
            found = segment.long_list.chunks.get(int(number[:9]))
        if found is None:
            raise NotFound("there is no such chunk")
        headers = {"ETag": f'W/"{found.digest:064x}"', "Cache-Control": "private, no-cache"}
        if fresh(request.headers.get("if-none-match"), headers["ETag"]):
            return Response(status_code=304, headers=headers)
        return await packable(request, chunk_document(found.number, found.included, found.excluded), headers)

    return operations


def _asked(document: dict[str, Any]) -> list[str] | None:
    unknown = document.keys() - _FIELDS
    if unknown:
        raise BadRequestBody("PARSE_ERROR", f"{min(unknown)[:64]}: there is no such field")
    keys = document.get("segments")
    if keys is None:
        return None
    if not isinstance(keys, list) or len(keys) > SEGMENTS_MAX or not all(isinstance(key, str) for key in keys):
        raise BadRequestBody("PARSE_ERROR", f"segments: must be a list of at most {SEGMENTS_MAX} keys of segments")
    return keys
