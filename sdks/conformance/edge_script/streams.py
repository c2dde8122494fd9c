"""Event streams of the script: what changes is told, until somebody has them break."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from edge_script.behaviours import Step
from edge_script.documents import Documents, Version, encode
from edge_script.wire import EVENT_STREAM, Answer, Exchange, Gone

_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
_RETRY_MS_PER_STREAM = 25
_RECENT_SECONDS = 30.0
_LINE_PIECE = b"data: " + b"a" * (1 << 20)


@dataclass(slots=True)
class Settings:
    """`heartbeat` in seconds; `retry` in ms, None: 25 for each open stream, as an edge tells it."""

    heartbeat: float = 15.0
    retry: int | None = None


class Streams:
    """The open ones by endpoint, and who wakes them."""

    def __init__(self, documents: Documents, settings: Settings) -> None:
        self.settings = settings
        self._documents = documents
        self._open: dict[str, dict[Exchange, Mailbox]] = {"stream": {}, "refetch": {}}

    def count(self, endpoint: str) -> int:
        """How many are open."""
        return len(self._open[endpoint])

    def announce(self) -> None:
        """There is another document."""
        for mailboxes in self._open.values():
            for mailbox in mailboxes.values():
                mailbox.news.set()

    def act(self, endpoint: str, what: str, text: str) -> int:
        """Has every open stream `say` the text as it is, `end`, be `cut`, `half_event` or `mute`; how many."""
        some = list(self._open[endpoint].items())
        for exchange, mailbox in some:
            if what == "cut":
                exchange.abort()
            elif what == "mute":
                exchange.muted = True
            else:
                mailbox.said.append((what, text))
                mailbox.news.set()
        return len(some)

    async def serve(self, endpoint: str, exchange: Exchange, step: Step) -> None:
        """One stream, for as long as it lasts."""
        exchange.head(Answer(200, headers={**_HEADERS, **(step.headers or {})}, kind=EVENT_STREAM), length=None)
        if step.kind == "buffered":
            await exchange.write(b"")
            await exchange.left()
            return
        mailbox = Mailbox()
        self._open[endpoint][exchange] = mailbox
        watching = asyncio.create_task(self._left(exchange, mailbox))
        try:
            await self._tell(endpoint, exchange, step, mailbox)
        finally:
            watching.cancel()
            await asyncio.wait([watching])
            del self._open[endpoint][exchange]
            exchange.close()

    async def _left(self, exchange: Exchange, mailbox: Mailbox) -> None:
        await exchange.left()
        mailbox.left = True
        mailbox.news.set()

    async def _tell(self, endpoint: str, exchange: Exchange, step: Step, mailbox: Mailbox) -> None:
        last = exchange.request.headers.get("last-event-id")
        told = last if last is not None or endpoint == "stream" else self._seen()
        await exchange.chunk(self._retry())
        while not mailbox.left:
            mailbox.news.clear()
            for what, text in mailbox.taken():
                if await self._said(exchange, what, text):
                    return
            for version, data in self._news(endpoint, told, step):
                if step.kind == "lag":
                    await asyncio.sleep(step.seconds)
                if await self._broken(exchange, step, data):
                    return
                await exchange.chunk(data)
                told = version.id
                if step.kind == "mute":
                    exchange.muted = True
            try:
                async with asyncio.timeout(self.settings.heartbeat):
                    await mailbox.news.wait()
            except TimeoutError:
                await exchange.chunk(b": still here\n" + self._retry())
        raise Gone

    async def _said(self, exchange: Exchange, what: str, text: str) -> bool:
        """Whether that was the end."""
        if what in ("say", "half_event"):
            await exchange.chunk(text.encode() or b'id: 1-0\nevent: change\ndata: {"vers')
        if what == "say":
            return False
        await exchange.end()
        return True

    async def _broken(self, exchange: Exchange, step: Step, data: bytes) -> bool:
        """Whether the stream broke at this event."""
        if step.kind == "garbage":
            await exchange.chunk(b'id: 9-9\nevent: snapshot\ndata: {"flags": nothing}\n\n')
            return False
        if step.kind not in ("cut", "half_event", "endless_line"):
            return False
        if step.kind == "endless_line":
            while True:
                await exchange.chunk(_LINE_PIECE)
        await exchange.chunk(data[: len(data) // 2])
        if step.kind == "cut":
            exchange.abort()
        else:
            await exchange.end()
        return True

    def _news(self, endpoint: str, told: str | None, step: Step) -> Iterator[tuple[Version, bytes]]:
        now = self._documents.now
        if endpoint == "refetch":
            if now.id != told:
                data = {"type": "refetchEvaluation", "etag": f'"{now.id}.0"', "lastModified": 0}
                yield now, _frame("message", now.id, encode(data))
            return
        versions = None if told is None else self._documents.since(told)
        if versions is None:
            served = self._documents.before if step.kind == "older" and told is None else now
            yield now, _frame("snapshot", served.id, served.encoded)
            return
        for version in versions:
            yield version, _frame("change", version.id, version.change)

    def _seen(self) -> str | None:
        """What a client without a last event has seen; None where it may have asked before the last change."""
        now = self._documents.now
        return None if time.monotonic() - now.at < _RECENT_SECONDS else now.id

    def _retry(self) -> bytes:
        given = self.settings.retry
        return b"retry: %d\n\n" % (_RETRY_MS_PER_STREAM * self.count("stream") if given is None else given)


@dataclass(slots=True)
class Mailbox:
    """What waits for one stream."""

    news: asyncio.Event = field(default_factory=asyncio.Event)
    said: list[tuple[str, str]] = field(default_factory=list)
    left: bool = False

    def taken(self) -> list[tuple[str, str]]:
        """All that was said, once."""
        said, self.said = self.said, []
        return said


def _frame(event: str, identity: str, data: bytes) -> bytes:
    return b"id: %s\nevent: %s\ndata: %s\n\n" % (identity.encode(), event.encode(), data)
