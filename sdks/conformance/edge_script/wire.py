"""HTTP/1.1 as far as an SDK speaks it, with a hand on every byte: an answer may be slow, cut, or never come."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, unquote

_HEAD_BYTES_MAX = 64 * 1024
_BODY_BYTES_MAX = 64 * 1024 * 1024
_GONE = (OSError, ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError)
JSON = "application/json"
EVENT_STREAM = "text/event-stream"
_EVERYBODY = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Retry-After, Verdict-Config-Age",
}


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asks. Names of headers are in lower case; `at` is monotonic, `connection` a number from 1."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    connection: int
    at: float

    def document(self) -> Any:
        """The body as JSON. Raises ValueError."""
        return json.loads(self.body) if self.body else {}


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    kind: str = JSON


def answer(document: Any, status: int = 200, **headers: str) -> Answer:
    """A JSON document as an answer; `_` in a header's name stands for `-`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode(), named)


class Gone(Exception):
    """The client has closed its connection, or the script has."""


class Exchange:
    """One request and the way back to who has sent it. Raises Gone when nobody is there any more."""

    def __init__(self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.request = request
        self.status = 0
        self.ended = False
        self.muted = False
        self._reader = reader
        self._writer = writer

    async def answer(self, told: Answer) -> None:
        """All of it."""
        self.head(told, length=len(told.body))
        await self.write(b"" if self.request.method == "HEAD" else told.body)
        self.ended = True

    def head(self, told: Answer, *, length: int | None) -> None:
        """The lines before the body; `length` None: nobody knows, and it comes in chunks."""
        self.status = told.status
        lines = {"Content-Type": told.kind, **_EVERYBODY, **told.headers}
        if told.status != HTTPStatus.NOT_MODIFIED:
            lines |= {"Transfer-Encoding": "chunked"} if length is None else {"Content-Length": str(length)}
        try:
            phrase = HTTPStatus(told.status).phrase
        except ValueError:
            phrase = "Unknown"
        text = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        self._writer.write(f"HTTP/1.1 {told.status} {phrase}\r\n{text}\r\n".encode("latin-1"))

    async def write(self, data: bytes) -> None:
        """These bytes as they are."""
        if self._writer.is_closing():
            raise Gone
        if not data or self.muted:
            return
        self._writer.write(data)
        try:
            await self._writer.drain()
        except _GONE:
            raise Gone from None

    async def chunk(self, data: bytes) -> None:
        """A piece of a body whose length nobody knows."""
        await self.write(b"%x\r\n%b\r\n" % (len(data), data))

    async def end(self) -> None:
        """The last chunk."""
        await self.write(b"0\r\n\r\n")
        self.ended = True

    async def left(self) -> None:
        """Returns when the client has closed."""
        with suppress(*_GONE):
            while await self._reader.read(65536):
                pass

    def abort(self) -> None:
        """Resets the connection: what was not sent is lost."""
        channel = self._writer.get_extra_info("socket")
        if channel is not None:
            with suppress(OSError):
                channel.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()

    def close(self) -> None:
        """Closes the connection after what was written."""
        self._writer.close()


Handler = Callable[[Exchange], Awaitable[None]]


class Listener:
    """A port that is open, closed, or a black hole, in which connections are neither taken nor refused."""

    def __init__(self, handler: Handler, host: str = "127.0.0.1", port: int = 0) -> None:
        self.host = host
        self.port = port
        self.state = "closed"
        self.connections = 0
        self._handler = handler
        self._server: asyncio.Server | None = None
        self._hole: list[socket.socket] = []
        self._live: dict[asyncio.StreamWriter, asyncio.StreamReader] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Takes connections, at the same port each time."""
        self._fill_hole()
        if self._server is None:
            self._server = await asyncio.start_server(
                self._serve, self.host, self.port, limit=_HEAD_BYTES_MAX, backlog=4096, reuse_address=True
            )
            self.port = self._server.sockets[0].getsockname()[1]
        self.state = "open"

    async def close(self) -> None:
        """Refuses connections and resets those that are open."""
        self._fill_hole()
        self._stop_listening()
        self._reset_all()
        for task in list(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        self.state = "closed"

    async def vanish(self) -> None:
        """A black hole: connections hang while they are made, and those that are open are forgotten without a word."""
        self._stop_listening()
        for task in list(self._tasks):
            task.cancel()
        hole = socket.socket()
        hole.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        hole.bind((self.host, self.port))
        hole.listen(0)
        self._hole = [hole]
        # The system takes as many connections as the queue has room for, and drops what comes then.
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex((self.host, self.port))
            self._hole.append(filler)
        self.state = "black_hole"

    @property
    def open_connections(self) -> int:
        """How many there are now."""
        return len(self._live)

    def _stop_listening(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    def _fill_hole(self) -> None:
        if self._hole:
            for each in self._hole:
                each.close()
            self._reset_all()
        self._hole = []

    def _reset_all(self) -> None:
        for writer in list(self._live):
            writer.transport.abort()
        self._live.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        number = self.connections
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
        self._live[writer] = reader
        forgotten = False
        try:
            while not writer.is_closing():
                request = await _read(reader, writer, number)
                if request is None:
                    break
                exchange = Exchange(request, reader, writer)
                await self._handler(exchange)
                if not exchange.ended or request.headers.get("connection", "").lower() == "close":
                    break
        except (Gone, *_GONE):
            pass
        except asyncio.CancelledError:
            forgotten = not writer.is_closing()
        finally:
            if task is not None:
                self._tasks.discard(task)
            if not forgotten:
                self._live.pop(writer, None)
                writer.close()


async def _read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: int) -> Request | None:
    """The next request of a connection; None at its end. Raises OSError and its kin when it breaks off."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    at = time.monotonic()
    first, *lines = head[:-4].split("\r\n")
    method, target, _ = first.split(" ", 2)
    headers: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    if headers.get("expect", "").lower() == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    path, _, query = target.partition("?")
    body = await _body(reader, headers)
    return Request(method, unquote(path), dict(parse_qsl(query, keep_blank_values=True)), headers, body, connection, at)


async def _body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    if "chunked" in headers.get("transfer-encoding", "").lower():
        pieces: list[bytes] = []
        while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
            pieces.append(await reader.readexactly(size))
            await reader.readexactly(2)
        await reader.readuntil(b"\r\n")
        return b"".join(pieces)
    length = int(headers.get("content-length", "0"))
    if length > _BODY_BYTES_MAX:
        raise ConnectionError("a body of this size is none")
    return await reader.readexactly(length)
