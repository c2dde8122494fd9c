"""Passes each request on to the service that its path names, and the answer back, both as they come: nothing is
collected, so event streams and uploads flow."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from http import HTTPStatus
from secrets import token_hex

import httpx
from starlette.types import Receive, Scope, Send

CONTROL_PLANE = "control-plane"
PREFIXES = ("analytics", "events", "edge")
"""First parts of paths, each of a service that doesn't know it: it is stripped. All else is the control plane's."""

_CONNECT_SECONDS = 5.0
_KEPT_SECONDS = 4.0
"""Less than services keep a connection that nobody uses."""
_OF_ONE_CONNECTION = frozenset(
    {b"connection", b"keep-alive", b"proxy-connection", b"te", b"trailer", b"transfer-encoding", b"upgrade"}
)
_AT_REST = frozenset({"GET", "HEAD", "OPTIONS"})
_log = logging.getLogger(__name__)

Headers = list[tuple[bytes, bytes]]


class Gateway:
    """ASGI app. `services`: base addresses by `control-plane` and the prefixes."""

    def __init__(self, services: Mapping[str, str]) -> None:
        self._services = {name: httpx.URL(address) for name, address in services.items()}
        self._transport = httpx.AsyncHTTPTransport(
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=64, keepalive_expiry=_KEPT_SECONDS)
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._serve(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._transport.aclose()
        await send({"type": "lifespan.shutdown.complete"})

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Until the answer is out, or whoever asked has left: then the service learns it, too."""
        body = _Body(receive, sized=_is_sized(scope))
        exchange = asyncio.ensure_future(self._pass_on(scope, body, send))
        leaving = asyncio.ensure_future(body.left())
        try:
            await asyncio.wait({exchange, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (exchange, leaving):
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    async def _pass_on(self, scope: Scope, body: _Body, send: Send) -> None:
        name, path = _addressed(scope["raw_path"])
        try:
            answer = await self._ask(name, path, scope, body)
        except httpx.HTTPError as error:
            _log.warning("%s is not reached: %s", name, error or type(error).__name__)
            await _say_unreachable(name, send)
            return
        try:
            headers = _passed_on(answer.headers.raw)
            await send({"type": "http.response.start", "status": answer.status_code, "headers": headers})
            assert isinstance(answer.stream, httpx.AsyncByteStream)
            async for chunk in answer.stream:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body"})
        except httpx.HTTPError as error:
            # An answer that breaks off stays one: the connection ends without the last chunk.
            _log.warning("%s broke off: %s", name, error or type(error).__name__)
        finally:
            await answer.aclose()

    async def _ask(self, name: str, path: bytes, scope: Scope, body: _Body) -> httpx.Response:
        query = scope["query_string"]
        url = self._services[name].copy_with(raw_path=path + b"?" + query if query else path)
        headers = _told(scope, name)

        def request() -> httpx.Request:
            stream = body if body.sized else httpx.ByteStream(b"")
            return httpx.Request(scope["method"], url, headers=headers, stream=stream, extensions=_TIMES)

        try:
            return await self._transport.handle_async_request(request())
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
            # The service had closed a connection that was kept. What changes nothing is asked again.
            if body.sized or scope["method"] not in _AT_REST:
                raise
            return await self._transport.handle_async_request(request())


_TIMES = {"timeout": {"connect": _CONNECT_SECONDS, "read": None, "write": None, "pool": None}}


class _Body(httpx.AsyncByteStream):
    """What the client sends, as it comes; `sized`: there is something."""

    def __init__(self, receive: Receive, *, sized: bool) -> None:
        self.sized = sized
        self._receive = receive
        self._read = asyncio.Event()
        if not sized:
            self._read.set()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        more = True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise httpx.ReadError("the client left")
            if chunk := message.get("body", b""):
                yield chunk
            more = message.get("more_body", False)
        self._read.set()

    async def left(self) -> None:
        """Returns when the client has left; it is looked for once the body has been read."""
        await self._read.wait()
        while (await self._receive())["type"] != "http.disconnect":
            """The end of a body that has nothing in it."""


def _addressed(raw_path: bytes) -> tuple[str, bytes]:
    """The service, and the path there."""
    first, slash, rest = raw_path[1:].partition(b"/")
    name = first.decode("latin-1")
    return (name, slash + rest or b"/") if name in PREFIXES else (CONTROL_PLANE, raw_path)


def _passed_on(headers: list[tuple[bytes, bytes]]) -> Headers:
    named = {
        each.strip().lower() for name, value in headers if name.lower() == b"connection" for each in value.split(b",")
    }
    return [(name, value) for name, value in headers if name.lower() not in _OF_ONE_CONNECTION | named]


def _is_sized(scope: Scope) -> bool:
    given = dict(scope["headers"])
    return given.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in given


def _told(scope: Scope, name: str) -> Headers:
    """The headers for the service; `Host` as it was, so that the origin of a page is the service's own."""
    given = dict(scope["headers"])
    headers = [each for each in _passed_on(scope["headers"]) if each[0] != b"x-forwarded-for"]
    if b"transfer-encoding" in given:
        headers.append((b"transfer-encoding", b"chunked"))
    client = scope["client"][0].encode() if scope.get("client") else b""
    headers.append((b"x-forwarded-for", b", ".join(filter(None, (given.get(b"x-forwarded-for"), client)))))
    if b"x-forwarded-proto" not in given:
        headers.append((b"x-forwarded-proto", scope["scheme"].encode()))
    if b"x-forwarded-host" not in given:
        headers.append((b"x-forwarded-host", given.get(b"host", b"")))
    if name != CONTROL_PLANE:
        headers.append((b"x-forwarded-prefix", f"/{name}".encode()))
    return headers


async def _say_unreachable(name: str, send: Send) -> None:
    status = HTTPStatus.BAD_GATEWAY
    request_id = token_hex(16)
    document = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "code": "service_unreachable",
        "detail": f"the service behind this address ({name}) can't be reached now",
        "request_id": request_id,
    }
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"cache-control", b"no-store"),
        (b"retry-after", b"1"),
        (b"x-request-id", request_id.encode()),
    ]
    await send({"type": "http.response.start", "status": status.value, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(document).encode()})
