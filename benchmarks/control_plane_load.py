"""A client that costs little: whole HTTP/1.1 requests over keep-alive connections in one event loop.

Latencies are seconds; in an open loop they count from the moment a request was due, so a server that stalls can't
hide it.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    head: bytes
    body: bytes

    @property
    def etag(self) -> str:
        start = self.head.index(b"\r\netag: ") + 8
        return self.head[start : self.head.index(b"\r\n", start)].decode()


@dataclass(slots=True)
class Client:
    """One keep-alive connection of somebody with this token. Every request has a `traceparent` of its own."""

    port: int
    token: str
    number: int
    _streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def call(self, method: str, path: str, body: Any = None, etag: str | None = None) -> Answer:
        """Raises SystemExit for what is no success."""
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self._streams
        content = b"" if body is None else json.dumps(body).encode()
        head = (
            f"{method} /api/v1{path} HTTP/1.1\r\nhost: verdict\r\nauthorization: Bearer {self.token}\r\n"
            f"accept: application/json\r\ntraceparent: 00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01\r\n"
        )
        if body is not None:
            head += f"content-type: application/json\r\ncontent-length: {len(content)}\r\n"
        if etag is not None:
            head += f"if-match: {etag}\r\n"
        writer.write(head.encode() + b"\r\n" + content)
        answered = (await reader.readuntil(b"\r\n\r\n")).lower()
        start = answered.index(b"content-length: ") + 16
        answer = Answer(
            int(answered[9:12]), answered, await reader.readexactly(int(answered[start : answered.index(b"\r", start)]))
        )
        if answer.status >= 300:
            raise SystemExit(f"{method} {path}: {answer.status} {answer.body[:300]!r}")
        return answer

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


Operation = Callable[[Client, int], Awaitable[object]]
"""One request of a client, and the how-manieth of all it is."""


@dataclass(slots=True)
class Pace:
    """Seconds that requests took, by operation."""

    seconds: dict[str, list[float]] = field(default_factory=dict)

    def note(self, name: str, taken: float) -> None:
        self.seconds.setdefault(name, []).append(taken)


async def closed_loop(clients: list[Client], name: str, once: Operation, seconds: float, pace: Pace) -> None:
    """Every client asks again when it has its answer."""
    end, numbers = time.perf_counter() + seconds, iter(range(1 << 62))

    async def ask(client: Client) -> None:
        while (started := time.perf_counter()) < end:
            await once(client, next(numbers))
            pace.note(name, time.perf_counter() - started)

    await asyncio.gather(*(ask(each) for each in clients))


async def open_loop(
    clients: list[Client], mix: Iterator[tuple[str, Operation]], seconds: float, per_second: int, pace: Pace
) -> None:
    """A request is due every 1/`per_second` s, whether earlier ones have been answered or not."""
    free: asyncio.Queue[Client] = asyncio.Queue()
    for each in clients:
        free.put_nowait(each)
    started = time.perf_counter()

    async def ask(due: float, number: int, name: str, once: Operation) -> None:
        client = await free.get()
        await once(client, number)
        pace.note(name, time.perf_counter() - due)
        free.put_nowait(client)

    async with asyncio.TaskGroup() as asking:
        for number in range(int(seconds * per_second)):
            due = started + number / per_second
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            name, once = next(mix)
            asking.create_task(ask(due, number, name, once))
