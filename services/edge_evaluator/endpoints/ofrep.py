"""The OpenFeature Remote Evaluation Protocol: single and bulk evaluation, and the stream that asks to re-fetch."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from service_kit.operations import Operations, Parameter, truth_of
from service_kit.problems import Unavailable
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from edge_evaluator.admission.requests import Admission, connection_of
from edge_evaluator.admission.streams import OpenStreams
from edge_evaluator.endpoints.compression import VARYING, packable
from edge_evaluator.endpoints.contexts import ContextLimits, context_of, decode_object
from edge_evaluator.endpoints.event_streams import EVENT_STREAM, STREAM_HEADERS, Subscription
from edge_evaluator.endpoints.ofrep_route import JSON, failure_responses, in_ofrep_form, plain_body
from edge_evaluator.evaluation.evaluator import Evaluator
from edge_evaluator.memory.callers import Caller
from edge_evaluator.memory.states import State, state_of

CONFIG_AGE = "Verdict-Config-Age"
_NEWER_WAIT_SECONDS_MAX = 2.0
_EXPOSE = Parameter.truth("expose")
_STATE = "flagConfigEtag"
_HOST = re.compile(r"[A-Za-z0-9._\-]+(:\d{1,5})?|\[[0-9A-Fa-f:.]+\](:\d{1,5})?")
_BODY_SCHEMA = {
    "requestBody": {
        "content": {JSON: {"schema": {"type": "object", "properties": {"context": {"type": "object"}}}}},
    }
}


def ofrep_operations(
    *, admission: Admission, evaluator: Evaluator, open_streams: OpenStreams, limits: ContextLimits, public_url: str
) -> Operations:
    operations = Operations("OFREP", prefix="/ofrep/v1", rendered=in_ofrep_form)

    @operations.post(
        "/evaluate/flags/{key}",
        summary="Evaluate one flag",
        parameters=(_EXPOSE,),
        answers=failure_responses(400, 401, 403, 404, 413, 415, 429, 503),
        more=_BODY_SCHEMA,
    )
    async def evaluate_flag(request: Request) -> Response:
        expose = truth_of(request, _EXPOSE.name)
        caller = admission.admit(request)
        context = context_of(decode_object(await plain_body(request), limits))
        status, answer = evaluator.single(caller, request.path_params["key"], context, expose=expose)
        return Response(answer, status, media_type=JSON)

    @operations.post(
        "/evaluate/flags",
        summary="Evaluate all flags",
        parameters=(_EXPOSE, Parameter.text(_STATE), Parameter.text("flagConfigLastModified")),
        answers={304: {"description": "Nothing has changed"}, **failure_responses(400, 401, 403, 413, 415, 429, 503)},
        more=_BODY_SCHEMA,
    )
    async def evaluate_flags(request: Request) -> Response:
        expose = truth_of(request, _EXPOSE.name)
        caller = admission.admit(request)
        body = await plain_body(request)
        context = context_of(decode_object(body, limits))
        state = request.query_params.get(_STATE)
        if state is not None:
            await _wait_for_state(admission, caller, state_of(state))
        etag = evaluator.etag(caller, body)
        view = evaluator.view(caller)
        headers = {"ETag": etag, **age_headers(view.age_seconds)}
        if fresh(request.headers.get("if-none-match"), etag):
            evaluator.count_unmodified(caller, view)
            return Response(status_code=304, headers=headers | VARYING)
        answer = b"".join(evaluator.bulk(caller, context, origin_of(request, public_url), expose=expose))
        return await packable(request, answer, headers)

    @operations.get(
        "/events",
        summary="Server-sent events that ask to re-fetch",
        parameters=(Parameter.text("token", default=""),),
        content=None,
        answers=failure_responses(401, 429, 503),
    )
    async def events(request: Request) -> Response:
        key = admission.admit_stream(request, request.query_params.get("token", ""))
        open_streams.require_room(key)
        last = request.headers.get("last-event-id")
        subscription = Subscription(admission, open_streams, key, last, connection_of(request))
        return StreamingResponse(subscription.refetches(), headers=STREAM_HEADERS, media_type=EVENT_STREAM)

    return operations


def fresh(if_none_match: str | None, etag: str) -> bool:
    """Whether the client holds `etag`: it may send it quoted, weak or unquoted, in a list, or `*`."""
    if not if_none_match:
        return False
    wanted = _bare(etag)
    for part in if_none_match.split(","):
        held = part.strip()
        if held == "*" or _bare(held) == wanted:
            return True
    return False


def _bare(etag: str) -> str:
    return etag.removeprefix("W/").strip('"')


@lru_cache(maxsize=256)
def age_headers(seconds: int) -> Mapping[str, str]:
    """Says of a configuration that is not confirmed how old it is: a 304 has no body that could."""
    return MappingProxyType({CONFIG_AGE: str(seconds)} if seconds else {})


def origin_of(request: Request, public_url: str) -> str:
    """The address at which the client reaches this edge."""
    return origin_at(request.headers.get("host", ""), request.scope["scheme"], public_url)


@lru_cache(maxsize=256)
def origin_at(host: str, scheme: str, public_url: str) -> str:
    """`public_url` if it is set, or else what the request says; empty when that is no address."""
    if public_url:
        return public_url
    return f"{scheme}://{host}" if _HOST.fullmatch(host) and scheme in ("http", "https") else ""


async def _wait_for_state(admission: Admission, caller: Caller, told: State | None) -> None:
    """Another edge may have told of a state that has not arrived here, or whose moment has not come by this clock."""
    if told is None:
        return
    memory, clock = admission.memory, admission.clock
    loop = asyncio.get_running_loop()
    deadline = loop.time() + _NEWER_WAIT_SECONDS_MAX
    while True:
        now = clock.now()
        view = memory.held(caller.key).view(caller.key)
        if view.state(view.phase(now)).follows(told):
            return
        left = deadline - loop.time()
        if left <= 0:
            raise Unavailable("this version has not arrived here yet", code="version_not_here")
        following = view.next_phase_at(now)
        until = left if following is None else (following - now) / 1000
        await memory.changed(caller.key, min(left, until))
