"""The event streams that the fast path serves: one piece of bytes for each state, written to all who have to know it.

A stream is an entry in a table here, and no task. One coroutine tells them all: in slices between which requests are
answered, in turns that spread the clients over time, and with one clock for all heartbeats. A stream remembers only
what its client was told last, as on the slow path, so clients see the newest state whenever their turn comes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Protocol

from messages.sdk_keys import KeyKind, SdkKey
from service_kit.event_streams import retry_hint

from edge_evaluator.admission.requests import Admission
from edge_evaluator.admission.streams import SPREAD_SECONDS_MAX, OpenStreams
from edge_evaluator.endpoints.event_streams import (
    HEARTBEAT,
    HEARTBEAT_SECONDS,
    first_event,
    last_event,
    recent_state,
    refetch_event,
)
from edge_evaluator.fast_path.turns import Turns
from edge_evaluator.memory.states import State, state_of

SLICE = 64
"""So many writes take less than a millisecond."""
_TICK_SECONDS = 0.125
_BEATS = int(HEARTBEAT_SECONDS)


class StreamConnection(Protocol):
    """A client's connection while it carries a stream."""

    transport: asyncio.Transport

    def end_stream(self, last_chunks: bytes) -> None:
        """Ends the answer with these; the stream leaves."""


class Audience:
    """The streams of one key, which are told the same."""

    __slots__ = ("key", "streams")

    def __init__(self, key: SdkKey) -> None:
        self.key = key
        self.streams: set[EventStream] = set()


class EventStream:
    """One client's stream. `told`: what it was told last; `waits`: its turn is to come; `beat`: in which second of a
    round its heartbeat is."""

    __slots__ = ("audience", "beat", "connection", "told", "waits")

    def __init__(self, audience: Audience, connection: StreamConnection, told: State | None, beat: int) -> None:
        self.audience = audience
        self.connection = connection
        self.told = told
        self.beat = beat
        self.waits = False


class EventStreams:
    """All of them. `run` goes on for as long as the edge does."""

    def __init__(self, admission: Admission, open_streams: OpenStreams) -> None:
        self.admission = admission
        self.open_streams = open_streams
        self._memory = admission.memory
        self._audiences: dict[bytes, Audience] = {}
        self._changed: set[tuple[str, KeyKind]] = set()
        self._turns: Turns[EventStream] = Turns(open_streams.limits.refetches_per_second, SPREAD_SECONDS_MAX)
        self._beats: list[set[EventStream]] = [set() for _ in range(_BEATS)]
        self._beat = 0
        self._beat_at = 0.0
        self._wake = asyncio.Event()
        self._memory.listen(self._heard)

    def begin(self, key: SdkKey, connection: StreamConnection, last_event_id: str | None) -> tuple[EventStream, bytes]:
        """A new stream, and the chunk that it begins with."""
        view = self._memory.held(key).view(key)
        told = recent_state(view, self._now) if last_event_id is None else state_of(last_event_id)
        if not self._audiences:
            self._beat_at = asyncio.get_running_loop().time() + 1
            self._wake.set()
        audience = self._audiences.get(key.sha256)
        if audience is None:
            audience = self._audiences[key.sha256] = Audience(key)
        stream = EventStream(audience, connection, told, self._beat % _BEATS)
        self.open_streams.enter(key)
        audience.streams.add(stream)
        self._beats[stream.beat].add(stream)
        if not view.announced.same_as(told):
            self._await_turns([stream])
            self._wake.set()
        return stream, chunk(first_event(told, self.open_streams.retry_milliseconds))

    def leave(self, stream: EventStream) -> None:
        """Its connection is gone, or carries other things from now on."""
        audience = stream.audience
        audience.streams.remove(stream)
        if not audience.streams:
            del self._audiences[audience.key.sha256]
        self._beats[stream.beat].remove(stream)
        self.open_streams.leave(audience.key)

    async def run(self) -> None:
        """Tells clients of what changes, and ends streams."""
        loop = asyncio.get_running_loop()
        while True:
            await self._pause(loop)
            if self._changed:
                await self._look()
            if self._turns:
                self._tell(self._turns.take(loop.time(), SLICE))
            if self._audiences and loop.time() >= self._beat_at:
                self._beat_at = max(self._beat_at + 1, loop.time())
                await self._keep_alive()

    async def _pause(self, loop: asyncio.AbstractEventLoop) -> None:
        """Until there is something to do; others have a turn in any case."""
        if self._changed or self._turns.pressing:
            await asyncio.sleep(0)
            return
        self._wake.clear()
        timer = None
        if self._audiences:
            seconds = _TICK_SECONDS if self._turns else max(0.0, self._beat_at - loop.time())
            timer = loop.call_later(seconds, self._wake.set)
        await self._wake.wait()
        if timer is not None:
            timer.cancel()

    def _heard(self, environment_id: str, kind: KeyKind) -> None:
        self._changed.add((environment_id, kind))
        self._wake.set()

    async def _look(self) -> None:
        """Who has to be told after what was announced; streams without a key that is valid end at once."""
        changed, self._changed = self._changed, set()
        for audience in list(self._audiences.values()):
            key, streams = audience.key, audience.streams
            if (key.environment_id, key.kind) not in changed:
                continue
            ends = not self._serves(key)
            for some in _slices(tuple(streams)):
                present = [each for each in some if each in streams]
                if ends:
                    for each in present:
                        self._end(each)
                else:
                    state = self._memory.held(key).view(key).announced
                    self._await_turns([each for each in present if not each.waits and not state.same_as(each.told)])
                await asyncio.sleep(0)

    def _await_turns(self, streams: list[EventStream]) -> None:
        for each in streams:
            each.waits = True
        self._turns.add(streams, asyncio.get_running_loop().time())

    def _tell(self, streams: list[EventStream]) -> None:
        news: dict[Audience, tuple[State, bytes] | None] = {}
        for stream in streams:
            audience = stream.audience
            if stream not in audience.streams:
                continue
            stream.waits = False
            if audience not in news:
                news[audience] = self._news(audience.key) if self._serves(audience.key) else None
            told = news[audience]
            if told is None:
                self._end(stream)
            else:
                stream.told = told[0]
                stream.connection.transport.write(told[1])

    def _news(self, key: SdkKey) -> tuple[State, bytes]:
        held = self._memory.held(key)
        state = held.view(key).announced
        return state, chunk(refetch_event(state, held.config.published_at))

    async def _keep_alive(self) -> None:
        """The heartbeats of those whose second it is."""
        self._beat += 1
        beating = self._beats[self._beat % _BEATS]
        for some in _slices(tuple(beating)):
            for stream in some:
                if stream not in beating:
                    continue
                if self._serves(stream.audience.key):
                    beat = HEARTBEAT + retry_hint(self.open_streams.retry_milliseconds)
                    stream.connection.transport.write(chunk(beat))
                else:
                    self._end(stream)
            await asyncio.sleep(0)

    def _end(self, stream: EventStream) -> None:
        """Says when to come back, and whether that is in vain."""
        revoked = not self._knows(stream.audience.key)
        last = last_event(self.open_streams.retry_milliseconds, revoked=revoked)
        stream.connection.end_stream(chunk(last) + b"0\r\n\r\n")

    def _knows(self, key: SdkKey) -> bool:
        return self._memory.find_hash(key.sha256, self._now) is not None

    def _serves(self, key: SdkKey) -> bool:
        return self._knows(key) and not self.open_streams.closed

    @property
    def _now(self) -> int:
        return self.admission.clock.now()


def chunk(data: bytes) -> bytes:
    """A piece of an answer whose length nobody knows yet."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def _slices(streams: Iterable[EventStream]) -> Iterator[list[EventStream]]:
    remaining = iter(streams)
    while some := list(islice(remaining, SLICE)):
        yield some
