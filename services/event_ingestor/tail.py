"""Accepted and refused events as they come, for people who debug their SDK.

A watcher that does not keep up is told how many records it missed; nobody else waits for it. Accepted events are
shown as they are stored, so what the environment hides is hidden here too; of refused ones only the reason.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager

import msgspec
from service_kit.event_streams import retry_hint
from service_kit.problems import TooManyRequests
from service_kit.workers.levels import Levels

from event_ingestor.admission.events import AdmittedEvents
from event_ingestor.admission.refusals import Rejection

RECORDS_WAITING_MAX, BYTES_WAITING_MAX = 1_000, 1024 * 1024
"""Of one watcher: events may be large, and whoever watches may read as slowly as they like."""
WATCHERS_PER_ENVIRONMENT_MAX = 5
_encode = msgspec.json.Encoder().encode


class Watcher:
    """One reader's place in the tail of one environment."""

    def __init__(self) -> None:
        self._records: deque[bytes] = deque()
        self._bytes = 0
        self._missed = 0
        self._news = asyncio.Event()
        self._closed = False

    def close(self) -> None:
        self._closed = True
        self._news.set()

    def offer(self, record: bytes) -> None:
        if len(self._records) == RECORDS_WAITING_MAX or self._bytes + len(record) > BYTES_WAITING_MAX:
            self._missed += 1
        else:
            self._records.append(record)
            self._bytes += len(record)
        self._news.set()

    async def frames(self, idle_seconds: float) -> AsyncIterator[bytes]:
        """Server-sent events until `close`; a comment when nothing came for `idle_seconds`."""
        while not self._closed:
            try:
                async with asyncio.timeout(idle_seconds):
                    await self._news.wait()
            except TimeoutError:
                yield b": idle\n\n"
                continue
            self._news.clear()
            missed, self._missed = self._missed, 0
            records = [*self._records]
            self._records.clear()
            self._bytes = 0
            if missed:
                records.append(b'event: missed\ndata: {"count":%d}\n\n' % missed)
            if records:
                yield b"".join(records)
        yield retry_hint()


class Tail:
    """The tails of all environments. `watched_elsewhere`: those that somebody watches in another worker; their records
    are handed to `elsewhere`. `watched` is called when somebody begins to watch here."""

    def __init__(self, watching: Levels | None = None) -> None:
        """`watching`: how many do, in all workers."""
        self._watchers: dict[str, list[Watcher]] = {}
        self._watching = watching or Levels("watchers")
        self._closed = False
        self.watched_elsewhere: frozenset[str] = frozenset()
        self.elsewhere: Callable[[str, list[bytes]], None] = _to_nobody
        self.watched: Callable[[], None] = _nothing

    @property
    def environments(self) -> list[str]:
        """Those that somebody watches here."""
        return list(self._watchers)

    def close(self) -> None:
        """Ends what is watched: the process stops."""
        self._closed = True
        for watchers in self._watchers.values():
            for watcher in watchers:
                watcher.close()

    @contextmanager
    def watch(self, environment_id: str) -> Iterator[Watcher]:
        """Raises TooManyRequests when the environment has its watchers already."""
        if self._watching[environment_id] >= WATCHERS_PER_ENVIRONMENT_MAX:
            raise TooManyRequests("too many watch this environment already", code="too_many_watchers")
        watchers = self._watchers.setdefault(environment_id, [])
        watcher = Watcher()
        if self._closed:
            watcher.close()
        watchers.append(watcher)
        self._watching.add(environment_id)
        self.watched()
        try:
            yield watcher
        finally:
            self._watching.take_off(environment_id)
            watchers.remove(watcher)
            if not watchers:
                self._watchers.pop(environment_id, None)

    def tell(self, environment_id: str, received_at: int, admission: AdmittedEvents) -> None:
        """Costs nothing while nobody watches."""
        if environment_id not in self._watchers and environment_id not in self.watched_elsewhere:
            return
        records = list(_records(received_at, admission))
        self.show(environment_id, records)
        if environment_id in self.watched_elsewhere:
            self.elsewhere(environment_id, records)

    def show(self, environment_id: str, records: list[bytes]) -> None:
        """To those who watch here."""
        for watcher in self._watchers.get(environment_id, ()):
            for record in records:
                watcher.offer(record)


def _to_nobody(_environment_id: str, _records: list[bytes]) -> None:
    """There is no other worker."""


def _nothing() -> None:
    """There is nobody to tell."""


def _records(received_at: int, admission: AdmittedEvents) -> Iterator[bytes]:
    accepted = ((b"exposure", admission.exposures), (b"metric", admission.metrics), (b"usage", admission.usage))
    for kind, lines in accepted:
        for line in lines.splitlines():
            yield b'event: accepted\ndata: {"received_at":%d,"type":"%s","event":%s}\n\n' % (received_at, kind, line)
    for each in admission.rejected:
        yield b"event: rejected\ndata: %s\n\n" % _encode(_Refused(received_at, each))


class _Refused(msgspec.Struct):
    received_at: int
    rejected: Rejection
