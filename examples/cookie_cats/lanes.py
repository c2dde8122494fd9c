"""Many small HTTP requests over a few kept-alive connections, as fast as one Python process can.

A lane is one connection with one request under way; the answer to it sends the next. There is no task, no future
and no queue per request. What a server refuses for the moment (429, 503) is sent again after its `Retry-After`.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar, cast
from urllib.parse import urlsplit

import httptools

from .errors import RequestFailedError

T = TypeVar("T")

_ATTEMPTS_MAX = 50
_RETRY_SECONDS = 0.2


@dataclass(slots=True)
class Request(Generic[T]):
    """Bytes ready to be sent; `item` goes back to the caller with the answer."""

    item: T
    raw: bytes
    attempts: int = 0


@dataclass(frozen=True)
class Endpoint:
    """One endpoint and the headers of every request to it."""

    base_url: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def request(self, item: T, body: object) -> Request[T]:
        """A POST of `body` as JSON."""
        payload = json.dumps(body, separators=(",", ":")).encode()
        split = urlsplit(self.base_url)
        path = f"{split.path.rstrip('/')}{self.path}"
        lines = [f"POST {path} HTTP/1.1", f"Host: {split.netloc}", "Content-Type: application/json"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        lines += [f"Content-Length: {len(payload)}", "", ""]
        return Request(item, "\r\n".join(lines).encode() + payload)


async def post_all(
    base_url: str, requests: Iterator[Request[T]], on_answer: Callable[[T, bytes], None], lanes: int = 16
) -> None:
    """Send all requests; `on_answer` gets each item with the body of its 2xx answer, in order of arrival.

    Raises `RequestFailedError` at the first answer that is neither 2xx nor a passing refusal.
    """
    split = urlsplit(base_url)
    tls = split.scheme == "https"
    host, port = split.hostname or "127.0.0.1", split.port or (443 if tls else 80)
    loop = asyncio.get_running_loop()
    work = _Work(requests, on_answer, loop.create_future(), lanes)
    open_lanes: list[_Lane[T]] = []
    try:
        for _ in range(lanes):
            _, lane = await loop.create_connection(lambda: _Lane(work), host, port, ssl=tls or None)
            open_lanes.append(lane)
        await work.finished
    finally:
        # A lane that was still being opened reports to nobody.
        work.finished.cancel()
        for lane in open_lanes:
            lane.close()


@dataclass
class _Work(Generic[T]):
    requests: Iterator[Request[T]]
    on_answer: Callable[[T, bytes], None]
    finished: asyncio.Future[None]
    lanes_busy: int

    def lane_done(self) -> None:
        self.lanes_busy -= 1
        if self.lanes_busy == 0 and not self.finished.done():
            self.finished.set_result(None)

    def fail(self, error: Exception) -> None:
        if not self.finished.done():
            self.finished.set_exception(error)


class _Lane(asyncio.Protocol, Generic[T]):
    def __init__(self, work: _Work[T]) -> None:
        self._work = work
        self._request: Request[T] | None = None
        self._transport: asyncio.Transport | None = None
        self._pieces: list[bytes] = []
        self._retry_seconds = _RETRY_SECONDS
        self._parser = httptools.HttpResponseParser(self)

    def close(self) -> None:
        self._request = None
        if self._transport is not None:
            self._transport.close()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._request is not None:
            self._work.fail(RequestFailedError(f"the connection was lost: {exc or 'closed by the server'}"))

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._work.fail(RequestFailedError(f"not an HTTP answer: {error}"))

    # httptools' callbacks

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"retry-after":
            self._retry_seconds = float(value) if value.isdigit() else _RETRY_SECONDS

    def on_body(self, body: bytes) -> None:
        self._pieces.append(body)

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        body = b"".join(self._pieces)
        self._pieces.clear()
        request = self._request
        if request is None:
            return
        if 200 <= status < 300:
            try:
                self._work.on_answer(request.item, body)
            except Exception as error:  # the caller's error ends the work, not this connection
                self._work.fail(error)
                return
            self._next()
        elif status in (429, 503) and request.attempts < _ATTEMPTS_MAX:
            request.attempts += 1
            asyncio.get_running_loop().call_later(self._retry_seconds, self._send)
        else:
            self._work.fail(RequestFailedError(f"HTTP {status}: {body[:500].decode('utf-8', 'replace')}"))

    def _next(self) -> None:
        self._request = next(self._work.requests, None)
        if self._request is None:
            self._work.lane_done()
        else:
            self._send()

    def _send(self) -> None:
        if self._transport is not None and self._request is not None:
            self._transport.write(self._request.raw)
