"""A worker's line to the others, by way of the supervisor. Nothing that a request waits for goes over it, but what
asks for all workers: readiness, metrics, counts."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Awaitable, Callable
from typing import cast

from service_kit.logs import get_logger
from service_kit.workers.frames import Frame, FrameReader, packed

ANSWER_SECONDS_MAX = 1.5
"""The supervisor waits so long for what workers answer, then says who did not."""
_LOST_SECONDS = 3.0
_UNSENT_BYTES_MAX = 8 * 1024 * 1024
_log = get_logger("workers")

Answer = Callable[[bytes], Awaitable[bytes]]
Hear = Callable[[bytes], None]


class Link(asyncio.Protocol):
    """`answers` and `hears` are by topic; whoever fills them does it before `begin`."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self.answers: dict[str, Answer] = {}
        self.hears: dict[str, Hear] = {}
        self.neighbour: Callable[[int, bool], None] = lambda _number, _adopted: None
        """Called when the connections of a worker that can't take them are ours to take, and when no longer."""
        self._transport: asyncio.Transport | None = None
        self._reader = FrameReader()
        self._asked: dict[int, asyncio.Future[dict[int, bytes | None]]] = {}
        self._answering: set[asyncio.Task[None]] = set()
        self._last_id = 0

    async def begin(self) -> None:
        loop = asyncio.get_running_loop()
        await loop.create_unix_connection(lambda: self, sock=self._end)

    def ready(self) -> None:
        """This worker serves."""
        self._send(Frame("ready"))

    async def ask(self, topic: str, payload: bytes = b"") -> dict[int, bytes | None]:
        """What every other worker answers, by its number; None of one that doesn't."""
        if self._transport is None:
            return {}
        self._last_id += 1
        number = self._last_id
        future: asyncio.Future[dict[int, bytes | None]] = asyncio.get_running_loop().create_future()
        self._asked[number] = future
        self._send(Frame("ask", number, topic=topic, payload=payload))
        try:
            async with asyncio.timeout(_LOST_SECONDS):
                return await future
        finally:
            del self._asked[number]

    def tell(self, topic: str, payload: bytes) -> None:
        """Said to every other worker; nobody waits for it, and what can't be sent is lost."""
        self._send(Frame("tell", topic=topic, payload=payload))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        for frame in self._reader.feed(data):
            self._take(frame)

    def connection_lost(self, _: Exception | None) -> None:
        """The supervisor is gone: nobody would start this worker again or stop it."""
        if self._transport is not None and not self._transport.is_closing():
            _log.error("the supervisor is gone")
        self._transport = None
        os.kill(os.getpid(), signal.SIGTERM)

    def _take(self, frame: Frame) -> None:
        if frame.kind == "asked":
            task = asyncio.create_task(self._answer(frame))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)
        elif frame.kind == "answers":
            future = self._asked.get(frame.id)
            if future is not None and not future.done():
                future.set_result(frame.values)
        elif frame.kind == "told":
            hear = self.hears.get(frame.topic)
            if hear is not None:
                hear(frame.payload)
        elif frame.kind in ("adopt", "release"):
            self.neighbour(frame.number, frame.kind == "adopt")

    async def _answer(self, frame: Frame) -> None:
        answer = self.answers.get(frame.topic)
        payload = await answer(frame.payload) if answer is not None else b""
        self._send(Frame("answer", frame.id, payload=payload))

    def _send(self, frame: Frame) -> None:
        transport = self._transport
        if transport is not None and transport.get_write_buffer_size() < _UNSENT_BYTES_MAX:
            transport.write(packed(frame))
