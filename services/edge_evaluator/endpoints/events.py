"""`POST /v1/events`: what SDKs send to the one address that they know goes on to the ingestor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from service_kit.logs import current_request_id
from service_kit.operations import Operations, Parameter
from service_kit.problems import (
    Forbidden,
    InvalidInput,
    TooLarge,
    TooManyRequests,
    Unauthorized,
    Unavailable,
    problem_responses,
)
from service_kit.traces import current_traceparent
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from edge_evaluator.admission.requests import Admission
from edge_evaluator.event_relay import BODY_BYTES_MAX, EVENTS_PATH, KEY_HOLDER, EventRelay

_CLIENT_KEY = "client_key"
_PASSED_ON = ("content-type", "content-encoding", "user-agent", "verdict-sdk", "traceparent", "tracestate")
# The edge passes on whatever it is sent; what is wrong with it the ingestor says.
_ANYTHING: dict[str, Any] = {}
_REFUSALS = problem_responses(Unauthorized, Forbidden, TooLarge, InvalidInput, TooManyRequests, Unavailable)


def event_operations(*, admission: Admission, relay: EventRelay) -> Operations:
    operations = Operations("events")

    @operations.post(
        EVENTS_PATH,
        summary="Send events to the ingestor, by the edge",
        parameters=(Parameter.text(_CLIENT_KEY),),
        content=None,
        answers={202: {"description": "The ingestor's receipt"}, **_REFUSALS},
        more={
            "requestBody": {
                "content": {"application/octet-stream": {"schema": _ANYTHING}},
                "description": "As the ingestor takes it",
            }
        },
    )
    async def post_events(request: Request) -> Response:
        caller = admission.admit(request, in_address=request.query_params.get(_CLIENT_KEY))
        with relay.room.share((KEY_HOLDER, caller.key.sha256)) as share:
            pieces: list[bytes] = []
            try:
                async for piece in request.stream():
                    share.take(len(piece))
                    if share.taken > BODY_BYTES_MAX:
                        raise TooLarge(f"the body is over {BODY_BYTES_MAX} bytes")
                    pieces.append(piece)
            except ClientDisconnect:
                return Response(status_code=400)
            answer = await relay.pass_on(b"".join(pieces), _headers(request, caller.presented))
        return Response(answer.body, answer.status, answer.headers)

    return operations


def _headers(request: Request, presented: bytes) -> Mapping[str, str]:
    """What the ingestor is told: the key as a header, wherever it stood, and for whom the request is."""
    passed = {name: value for name in _PASSED_ON if (value := request.headers.get(name)) is not None}
    if trace := current_traceparent():
        passed["traceparent"] = trace
    told = {**passed, "authorization": f"Bearer {presented.decode('latin-1')}", "x-request-id": current_request_id()}
    return told if request.client is None else told | {"x-forwarded-for": request.client.host}
