"""Summaries of usage: what was asked for in a minute, as events of some hundred counts, for the ingestor.

An SDK key's counts of a minute are one event, or several where they are many. Whatever is lost is told of.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from uuid import uuid4

import msgspec
from messages.events import EVENT_BYTES_MAX, MINUTE_MS, USAGE_COUNTS_MAX
from prometheus_client import CollectorRegistry, Counter
from service_kit.clock import Clock

from edge_evaluator.event_buffer import Event, EventBuffer
from edge_evaluator.usage.tallies import Tallies, Tally

READ_SECONDS = 5.0
_HOUR_MS = 3_600_000
_TEXT_BYTES_MAX = EVENT_BYTES_MAX - 512
_encode = msgspec.json.Encoder().encode


class _Telemetry:
    """A kind of event to the buffer, whose weight is how many evaluations it tells of."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._sent = Counter(
            "verdict_edge_usage_sent_total", "Evaluations in summaries the ingestor took", registry=registry
        )
        self._lost = Counter(
            "verdict_edge_usage_lost_total", "Evaluations in no summary", ["reason"], registry=registry
        )

    def sent(self, weight: int) -> None:
        self._sent.inc(weight)

    def dropped(self, reason: str, weight: int) -> None:
        self._lost.labels(reason).inc(weight)


class Summaries:
    """Makes them out of tallies, minute by minute."""

    def __init__(self, tallies: Tallies, buffer: EventBuffer | None, clock: Clock, registry: CollectorRegistry) -> None:
        """`buffer` None: nobody wants them, and what is counted is only let go."""
        self._tallies = tallies
        self._buffer = buffer
        self._clock = clock
        self._telemetry = _Telemetry(registry)
        self._minute = self._now(MINUTE_MS)
        self._hour = self._now(_HOUR_MS)

    async def tick(self) -> None:
        """To be called several times a minute: reads what was counted, and tells of a minute that is over. Of an SDK
        that begins it tells at once, for whoever waits for its first evaluation."""
        for tally in self._tallies.all():
            for counts in list(tally.values()):
                for _ in counts.reading():
                    await asyncio.sleep(0)
        if self._now(MINUTE_MS) != self._minute:
            self.tell()
            return
        for tally in self._tallies.all():
            self._put(tally, tally.news)

    async def close(self) -> None:
        """Of the minute that has begun."""
        for tally in self._tallies.all():
            for counts in list(tally.values()):
                for _ in counts.reading():
                    pass
        self.tell()

    def tell(self) -> None:
        """Puts what has been read into the buffer, as of the minute that is told of, and begins another one."""
        for tally in self._tallies.all():
            self._put(tally, tally)
        self._tallies.let_go()
        self._minute = self._now(MINUTE_MS)
        if self._now(_HOUR_MS) != self._hour:
            self._hour = self._now(_HOUR_MS)
            for tally in self._tallies.all():
                tally.forget_names()

    def _put(self, tally: Tally, sdks: Iterable[str]) -> None:
        """Into the buffer, what these SDKs asked for."""
        stamp = datetime.fromtimestamp(self._minute / 1000, UTC).isoformat().replace("+00:00", "Z")
        for weight, counts in self._events(tally, sdks):
            # Made once: what is sent again counts once.
            head = b'{"type":"usage","event_id":"%b","timestamp":"%b","counts":[' % (
                str(uuid4()).encode(),
                stamp.encode(),
            )
            text = head + b",".join(counts) + b"]}"
            if self._buffer is not None:
                self._buffer.put(Event(tally.presented, text, self._telemetry, weight))

    def _events(self, tally: Tally, sdks: Iterable[str]) -> Iterator[tuple[int, list[bytes]]]:
        """The counts of each event as JSON, and how many evaluations they are."""
        weight, size, texts = 0, 0, list[bytes]()
        for sdk in sdks:
            counts = tally[sdk]
            tally.told.add(sdk)
            if counts.lost:
                self._telemetry.dropped("too_many_ways", counts.lost)
                counts.lost = 0
            for way, count in counts.take().items():
                told = {name: value for name, value in zip(way._fields, way, strict=True) if value}
                text = _encode({**told, "sdk": sdk, "count": count} if sdk else {**told, "count": count})
                if texts and (size + len(text) > _TEXT_BYTES_MAX or len(texts) == USAGE_COUNTS_MAX):
                    yield weight, texts
                    weight, size, texts = 0, 0, []
                weight, size = weight + count, size + len(text) + 1
                texts.append(text)
        if texts:
            yield weight, texts

    def _now(self, unit: int) -> int:
        now = self._clock.now()
        return now - now % unit
