"""One call from its metadata to its status: who asks, by the same admission as HTTP, and how it fails.

A refusal has the status of gRPC that stands for its class; in the trailing metadata `retry-after` in seconds, and
gRPC's own `grpc-retry-pushback-ms`, tell when to come again.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from typing import Any, NoReturn
from urllib.parse import unquote

from google.protobuf.message import Message
from grpc import StatusCode
from prometheus_client import CollectorRegistry, Counter
from service_kit.problems import Problem
from service_kit.trusted_proxies import TrustedProxies

from edge_evaluator.admission.requests import Admission
from edge_evaluator.endpoints.contexts import BadRequestBody
from edge_evaluator.grpc_server.handlers import Context, Streaming, Unary
from edge_evaluator.memory.callers import Caller, sdk_named

ERROR_CODE = "verdict-error-code"
SELECTOR = "flagd-selector"
"""What flagd's providers can send where they can't send a key: their option `selector`."""
_KEY_IN_SELECTOR = "sdkKey="
_KEY_HEADERS = (b"authorization", b"x-api-key")
_STATUSES = {
    400: StatusCode.INVALID_ARGUMENT,
    401: StatusCode.UNAUTHENTICATED,
    403: StatusCode.PERMISSION_DENIED,
    404: StatusCode.NOT_FOUND,
    413: StatusCode.RESOURCE_EXHAUSTED,
    422: StatusCode.INVALID_ARGUMENT,
    429: StatusCode.RESOURCE_EXHAUSTED,
    503: StatusCode.UNAVAILABLE,
}
_peer_address = re.compile(r"ipv[46]:(?:\[([^\]]+)\]|([0-9.]+)):\d+").fullmatch


class CallFailed(Exception):
    """A call ends with this status. `code`: OpenFeature's, where an evaluation failed."""

    def __init__(self, status: StatusCode, detail: str, code: str | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.code = code


class Calls:
    """Lets calls in, and renders how they fail. `flagd_key`: counts for calls of flagd's protocols that carry none;
    empty for no such key."""

    def __init__(
        self, admission: Admission, proxies: TrustedProxies, registry: CollectorRegistry, flagd_key: bytes = b""
    ) -> None:
        self._admission = admission
        self._proxies = proxies
        self._flagd_key = flagd_key
        self._counted = Counter(
            "verdict_edge_grpc_calls_total", "Calls by gRPC that have ended", ["method", "status"], registry=registry
        )

    def admit(self, context: Context) -> Caller:
        """Who calls with a key in the metadata. Raises Problem."""
        return self._admitted(context, None)

    def admit_flagd(self, context: Context, selector: str = "") -> Caller:
        """The same for flagd's protocols: the key may stand in the `selector`, as `sdkKey=…`, or be the one that the
        edge was given."""
        named = selector or _first(context, SELECTOR)
        key = named.removeprefix(_KEY_IN_SELECTOR).encode() if named.startswith(_KEY_IN_SELECTOR) else None
        return self._admitted(context, key or self._flagd_key or None)

    def _admitted(self, context: Context, otherwise: bytes | None) -> Caller:
        headers = [(name.encode(), _bytes(value)) for name, value in context.invocation_metadata() or ()]
        peer = _peer_of(context.peer())
        address = self._proxies.client(peer, _first(context, "x-forwarded-for") or None)
        if any(name in _KEY_HEADERS for name, _ in headers):
            otherwise = None
        sdk = sdk_named(_first(context, "user-agent"), _first(context, "verdict-sdk"))
        return self._admission.admit_call(headers, address, sdk, otherwise=otherwise)

    def unary(self, method: str, serve: Unary) -> Unary:
        well = self._counted.labels(method, StatusCode.OK.name)

        async def served(request: Any, context: Context) -> Message:
            try:
                answer = await serve(request, context)
            except (Problem, BadRequestBody, CallFailed) as failure:
                await self._end(method, context, failure)
            well.inc()
            return answer

        return served

    def streaming(self, method: str, serve: Streaming) -> Streaming:
        async def served(request: Any, context: Context) -> AsyncIterator[Message]:
            try:
                async for message in serve(request, context):
                    yield message
            except (Problem, BadRequestBody, CallFailed) as failure:
                await self._end(method, context, failure)
            finally:
                if context.cancelled():
                    self._counted.labels(method, StatusCode.CANCELLED.name).inc()

        return served

    async def _end(self, method: str, context: Context, failure: Exception) -> NoReturn:
        status, detail, trailing = _told(failure)
        self._counted.labels(method, status.name).inc()
        await context.abort(status, detail, trailing)


def _told(failure: Exception) -> tuple[StatusCode, str, Sequence[tuple[str, str]]]:
    if isinstance(failure, CallFailed):
        return failure.status, failure.detail, ((ERROR_CODE, failure.code),) if failure.code else ()
    if isinstance(failure, BadRequestBody):
        return StatusCode.INVALID_ARGUMENT, failure.details, ((ERROR_CODE, failure.code),)
    if isinstance(failure, Problem):
        after = failure.headers.get("Retry-After")
        pause = () if after is None else (("retry-after", after), ("grpc-retry-pushback-ms", f"{after}000"))
        return _STATUSES.get(failure.status, StatusCode.INTERNAL), failure.detail, pause
    raise failure


def _first(context: Context, name: str) -> str:
    """Of metadata that is sent twice the first counts; empty where there is none."""
    for each, value in context.invocation_metadata() or ():
        if each == name:
            return _bytes(value).decode("latin-1")
    return ""


def _bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode("latin-1", "replace")


def _peer_of(told: str) -> str:
    """The address in what gRPC says of the other side; empty for a socket without one."""
    found = _peer_address(unquote(told))
    return "" if found is None else (found[1] or found[2])
