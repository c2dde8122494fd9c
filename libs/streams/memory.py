"""The port inside one process: for tests that need a bus but not NATS. Passes the same tests."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from uuid import uuid4

from streams.adjustment import adjusted
from streams.memory_requests import MemoryRequests, matches
from streams.port import (
    BatchConsumer,
    BusUnavailable,
    CaughtUp,
    Delivered,
    ExpectedLast,
    FollowEvent,
    Message,
    MessageTooLarge,
    PublishAck,
    StreamFull,
    StreamMissing,
    StreamSpec,
    StreamState,
    WrongLastSequence,
)
from streams.responder import Responder


@dataclass
class _Stream:
    spec: StreamSpec
    messages: dict[int, Delivered] = field(default_factory=dict)
    by_subject: dict[str, list[int]] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)
    last_sequence: int = 0
    bytes: int = 0
    consumers: dict[str, _MemoryConsumer] = field(default_factory=dict)
    identity: str = field(default_factory=lambda: uuid4().hex)

    def newest_per_subject(self, pattern: str) -> list[Delivered]:
        sequences = sorted(held[-1] for subject, held in self.by_subject.items() if matches(subject, pattern))
        return [self.messages[sequence] for sequence in sequences]

    def last(self, subject: str) -> int:
        """The sequence of the newest message; 0: there is none."""
        return self.by_subject.get(subject, [0])[-1]

    def remove(self, sequence: int) -> None:
        gone = self.messages.pop(sequence)
        self.bytes -= len(gone.payload)
        held = self.by_subject[gone.subject]
        held.remove(sequence)
        if not held:
            del self.by_subject[gone.subject]


class MemoryBus:
    """A bus in the memory of one process."""

    def __init__(self) -> None:
        self._streams: dict[str, _Stream] = {}
        self._listeners: list[tuple[str, asyncio.Queue[bytes]]] = []
        self._requests = MemoryRequests()
        self._changed = asyncio.Condition()
        self.connected = True

    @property
    def trouble(self) -> str | None:
        return None if self.connected else "not connected"

    async def reaches(self, seconds: float) -> bool:  # noqa: ARG002 - it answers at once
        return self.connected

    def start(self) -> None:
        pass

    def _stream(self, name: str) -> _Stream:
        if not self.connected:
            raise BusUnavailable("not connected")
        if name not in self._streams:
            raise StreamMissing(f"no stream {name}")
        return self._streams[name]

    async def ensure_stream(self, spec: StreamSpec) -> str | None:
        if not self.connected:
            raise BusUnavailable("not connected")
        if spec.name in self._streams:
            held = self._streams[spec.name]
            adjustment = adjusted(held.spec, spec, held.bytes)
            held.spec = adjustment.spec
            return adjustment.left
        self._streams[spec.name] = _Stream(spec)
        async with self._changed:
            self._changed.notify_all()
        return None

    async def time(self, stream: str) -> int:
        self._stream(stream)
        return time.time_ns() // 1_000_000

    async def publish(
        self,
        subject: str,
        payload: bytes,
        *,
        message_id: str | None = None,
        expected: ExpectedLast | None = None,
        trace: str = "",
    ) -> PublishAck:
        stream = next(
            (each for each in self._streams.values() if any(matches(subject, one) for one in each.spec.subjects)), None
        )
        if stream is None or not self.connected:
            raise BusUnavailable(f"no stream takes {subject}")
        if message_id is not None and message_id in stream.ids:
            return PublishAck(stream.ids[message_id], duplicate=True)
        if expected is not None and stream.last(expected.subject) != expected.sequence:
            raise WrongLastSequence(f"{expected.subject} is not at {expected.sequence}")
        if len(payload) > stream.spec.max_message_bytes:
            raise MessageTooLarge(f"{len(payload)} bytes")
        held, limit = stream.by_subject.get(subject, []), stream.spec.messages_per_subject
        replaced = held[0] if limit is not None and len(held) >= limit else None
        freed = len(stream.messages[replaced].payload) if replaced else 0
        if stream.bytes - freed + len(payload) > stream.spec.max_bytes:
            raise StreamFull(f"{stream.spec.name} is full")
        if replaced:
            stream.remove(replaced)
        stream.last_sequence += 1
        sequence = stream.last_sequence
        stream.messages[sequence] = Delivered(subject, payload, sequence, time.time_ns() // 1_000_000, trace)
        stream.by_subject.setdefault(subject, []).append(sequence)
        stream.bytes += len(payload)
        if message_id is not None:
            stream.ids[message_id] = sequence
        async with self._changed:
            self._changed.notify_all()
        return PublishAck(sequence, duplicate=False)

    async def tell(self, subject: str, payload: bytes, *, everywhere: bool = False) -> None:  # noqa: ARG002 - one server
        if not self.connected:
            raise BusUnavailable("not connected")
        for pattern, heard in self._listeners:
            if matches(subject, pattern):
                heard.put_nowait(payload)

    async def listen(self, subject: str) -> AsyncIterator[bytes]:
        listener = (subject, asyncio.Queue[bytes]())
        self._listeners.append(listener)
        try:
            while True:
                yield await listener[1].get()
        finally:
            self._listeners.remove(listener)

    async def request(self, subject: str, payload: bytes, seconds: float) -> bytes:
        if not self.connected:
            raise BusUnavailable("not connected")
        return await self._requests.request(subject, payload, seconds)

    async def respond(
        self, subject: str, answer: Callable[[bytes], Awaitable[bytes]], *, group: str, at_once: int, waiting_max: int
    ) -> None:
        await self._requests.respond(subject, group, Responder(answer, at_once=at_once, waiting_max=waiting_max))

    async def follow(self, stream: str, filter_subject: str) -> AsyncIterator[FollowEvent]:
        async with self._changed:
            await self._changed.wait_for(lambda: stream in self._streams)
        followed = self._streams[stream]
        last = followed.last_sequence
        for delivered in followed.newest_per_subject(filter_subject):
            yield delivered
        yield CaughtUp()
        while True:
            async with self._changed:
                while followed.last_sequence <= last:
                    await self._changed.wait()
            news = [seq for seq in sorted(followed.messages) if seq > last]
            last = followed.last_sequence
            for sequence in news:
                # A newer one on the same subject may have replaced it in the meantime.
                message = followed.messages.get(sequence)
                if message is not None and matches(message.subject, filter_subject):
                    yield message

    async def changed_within(self, seconds: float) -> None:
        """Waits for the next publication, at most so long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds), self._changed:
                await self._changed.wait()

    async def last_message(self, stream: str, subject: str) -> Delivered | None:
        found = self._stream(stream)
        return found.messages.get(found.last(subject))

    async def message_at(self, stream: str, sequence: int) -> Delivered | None:
        return self._stream(stream).messages.get(sequence)

    async def delete_message(self, stream: str, sequence: int) -> None:
        found = self._stream(stream)
        if sequence in found.messages:
            found.remove(sequence)

    async def read_all(self, stream: str, filter_subject: str) -> list[Delivered]:
        return self._stream(stream).newest_per_subject(filter_subject)

    async def pull(
        self, stream: str, durable: str, *, filter_subject: str, ack_wait_seconds: float, max_ack_pending: int
    ) -> BatchConsumer:
        found = self._stream(stream)
        if durable not in found.consumers:
            found.consumers[durable] = _MemoryConsumer(self, stream, filter_subject, ack_wait_seconds, max_ack_pending)
        return found.consumers[durable]

    async def pull_since(self, stream: str, name: str, *, filter_subject: str, since: int) -> BatchConsumer:
        found = self._stream(stream)
        consumer = _MemoryConsumer(self, stream, filter_subject, 60.0, 20_000)
        earlier = [seq for seq, each in found.messages.items() if each.published_at < since]
        consumer._next = max(earlier, default=0) + 1
        found.consumers[name] = consumer
        return consumer

    async def state(self, stream: str) -> StreamState:
        found = self._stream(stream)
        first = min(found.messages, default=found.last_sequence + 1)
        oldest = found.messages.get(first)
        first_at = oldest.published_at if oldest else 0
        return StreamState(
            messages=len(found.messages),
            bytes=found.bytes,
            first_sequence=first,
            last_sequence=found.last_sequence,
            identity=found.identity,
            first_at=first_at,
            max_bytes=found.spec.max_bytes,
        )

    async def close(self) -> None:
        self.connected = False


class _MemoryConsumer:
    def __init__(self, bus: MemoryBus, stream: str, pattern: str, ack_wait: float, max_pending: int) -> None:
        self._bus = bus
        self._name = stream
        self._pattern = pattern
        self._ack_wait = ack_wait
        self._max_pending = max_pending
        self._next = 1
        self._due: dict[int, float] = {}
        self._deliveries: dict[int, int] = {}

    def _take(self, limit: int) -> list[Message]:
        stream = self._bus._stream(self._name)
        now = time.monotonic()
        again = [seq for seq, due in sorted(self._due.items()) if due <= now and seq in stream.messages]
        room = max(0, self._max_pending - len(self._due))
        fresh = [
            seq
            for seq in sorted(stream.messages)
            if seq >= self._next and matches(stream.messages[seq].subject, self._pattern)
        ][: min(room, max(0, limit - len(again)))]
        if fresh:
            self._next = fresh[-1] + 1
        taken: list[Message] = []
        for seq in (again + fresh)[:limit]:
            self._due[seq] = now + self._ack_wait
            self._deliveries[seq] = self._deliveries.get(seq, 0) + 1
            taken.append(_MemoryMessage(self, stream.messages[seq], self._deliveries[seq]))
        return taken

    async def fetch(self, max_messages: int, timeout_seconds: float) -> list[Message]:
        deadline = time.monotonic() + timeout_seconds
        while not (taken := self._take(max_messages)) and (left := deadline - time.monotonic()) > 0:
            due = min(self._due.values(), default=deadline) - time.monotonic()
            await self._bus.changed_within(max(0.001, min(left, due)))
        return taken

    async def pending(self) -> int:
        stream = self._bus._stream(self._name)
        waiting = [
            seq for seq in stream.messages if seq >= self._next and matches(stream.messages[seq].subject, self._pattern)
        ]
        return len(waiting) + len(self._due)

    async def oldest_pending_at(self) -> int | None:
        messages = self._bus._stream(self._name).messages
        waiting = [seq for seq in messages if seq >= self._next and matches(messages[seq].subject, self._pattern)]
        oldest = min((*waiting, *(seq for seq in self._due if seq in messages)), default=None)
        return messages[oldest].published_at if oldest is not None else None

    def settle(self, sequence: int, again_after: float | None) -> None:
        if again_after is None:
            self._due.pop(sequence, None)
        else:
            self._due[sequence] = time.monotonic() + again_after


class _MemoryMessage:
    def __init__(self, consumer: _MemoryConsumer, delivered: Delivered, deliveries: int) -> None:
        self._consumer = consumer
        self.subject = delivered.subject
        self.payload = delivered.payload
        self.sequence = delivered.sequence
        self.published_at = delivered.published_at
        self.trace = delivered.trace
        self.deliveries = deliveries

    async def ack(self) -> None:
        self._consumer.settle(self.sequence, None)

    async def nak(self, delay_seconds: float) -> None:
        self._consumer.settle(self.sequence, delay_seconds)
