"""What arrives at the other workers of this ingestor: their records for those who watch here, and their counts."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from itertools import groupby

import msgspec
from service_kit.clock import Clock
from service_kit.workers.link import Link

from event_ingestor.counts import Counts, MinuteCounts
from event_ingestor.tail import Tail

WATCHED_SECONDS = 1.0
"""How often a worker says what is watched in it; who doesn't say it for three times as long watches no more."""
_WATCHED, _ARRIVED, _COUNTS = "watched", "arrived", "counts"


class _Asked(msgspec.Struct, array_like=True):
    environment_id: str
    now: int
    minutes: int


_encode = msgspec.msgpack.Encoder().encode
_decode_watched = msgspec.msgpack.Decoder(list[str]).decode
_decode_arrived = msgspec.msgpack.Decoder(tuple[str, list[bytes]]).decode
_decode_asked = msgspec.msgpack.Decoder(_Asked).decode
_decode_counts = msgspec.msgpack.Decoder(list[MinuteCounts], dec_hook=lambda kind, value: kind(value)).decode


class OtherWorkers:
    """As one worker sees them. Without a `link` there are none."""

    def __init__(self, link: Link | None, tail: Tail, counts: Counts, clock: Clock) -> None:
        self._link = link
        self._tail = tail
        self._counts = counts
        self._clock = clock
        self._watched: dict[str, float] = {}
        if link is not None:
            link.hears[_WATCHED] = self._note_watched
            link.hears[_ARRIVED] = self._show
            link.answers[_COUNTS] = self._answer_counts
            tail.elsewhere = self._tell
            tail.watched = self._say_watched

    async def tell_watched(self) -> None:
        """Every second: what is watched here, and forgets what is watched nowhere else any more."""
        self._say_watched()
        now = self._clock.monotonic()
        for environment_id in [each for each, until in self._watched.items() if until <= now]:
            del self._watched[environment_id]
        self._tail.watched_elsewhere = frozenset(self._watched)

    async def last_minutes(self, environment_id: str, now: int, minutes: int) -> Sequence[MinuteCounts]:
        """The counts of all workers; of one that doesn't answer they are missing."""
        own = list(self._counts.last_minutes(environment_id, now, minutes))
        if self._link is None:
            return own
        told = await self._link.ask(_COUNTS, _encode(_Asked(environment_id, now, minutes)))
        return _added(own, *(_decode_counts(each) for each in told.values() if each))

    def _say_watched(self) -> None:
        environments = self._tail.environments
        if self._link is not None and environments:
            self._link.tell(_WATCHED, _encode(environments))

    def _note_watched(self, payload: bytes) -> None:
        until = self._clock.monotonic() + 3 * WATCHED_SECONDS
        self._watched.update(dict.fromkeys(_decode_watched(payload), until))
        self._tail.watched_elsewhere = frozenset(self._watched)

    def _tell(self, environment_id: str, records: list[bytes]) -> None:
        if self._link is not None:
            self._link.tell(_ARRIVED, _encode((environment_id, records)))

    def _show(self, payload: bytes) -> None:
        self._tail.show(*_decode_arrived(payload))

    async def _answer_counts(self, payload: bytes) -> bytes:
        asked = _decode_asked(payload)
        return _encode(list(self._counts.last_minutes(asked.environment_id, asked.now, asked.minutes)))


def _added(*workers: Iterable[MinuteCounts]) -> list[MinuteCounts]:
    """Oldest first."""
    found = []
    for minute, parts in groupby(heapq.merge(*workers, key=lambda each: each.minute), key=lambda each: each.minute):
        total = MinuteCounts(minute)
        for each in parts:
            total.exposures += each.exposures
            total.metrics += each.metrics
            total.usage += each.usage
            total.unstored += each.unstored
            total.rejected.update(each.rejected)
        found.append(total)
    return found
