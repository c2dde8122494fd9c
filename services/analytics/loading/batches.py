"""Collects messages into a batch that is full by rows, bytes or time, and decodes them on the way."""

from __future__ import annotations

from dataclasses import dataclass, field

from google.protobuf.message import DecodeError
from messages.generated.event_pb2 import DeadLetter, EventBatch
from messages.subjects import environment_of
from service_kit.clock import Clock
from streams import BatchConsumer, BusUnavailable, Message

from analytics.loading import dead_letters
from analytics.loading.rows import Block, decode_into, origin_of

_FETCH_MAX = 256
_FETCH_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class LoadLimits:
    """A batch is closed by the first of these; bytes bound the memory of the loader."""

    rows_max: int = 50_000
    bytes_max: int = 32 * 1024 * 1024
    seconds_max: float = 1.0


@dataclass(slots=True)
class LoadBatch:
    """Decoded rows of each table, the letters for what was none, and the messages to acknowledge."""

    exposures: Block = field(default_factory=lambda: Block.empty("exposure"))
    metrics: Block = field(default_factory=lambda: Block.empty("metric"))
    usage: Block = field(default_factory=lambda: Block.empty("usage"))
    letters: list[DeadLetter] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    bytes: int = 0
    oldest_received_at: int | None = None

    @property
    def blocks(self) -> tuple[Block, ...]:
        return self.exposures, self.metrics, self.usage

    @property
    def rows(self) -> int:
        return sum(map(len, self.blocks))

    def add(self, message: Message) -> None:
        """Decodes one message of the stream."""
        self.messages.append(message)
        payload = message.payload
        self.bytes += len(payload)
        try:
            event_batch = read_batch(message.subject, payload)
        except DecodeError as error:
            detail, environment_id = str(error) or "not an EventBatch", environment_of(message.subject)
            self.letters.append(
                dead_letters.undecodable(environment_id, payload, message.sequence, message.published_at, detail)
            )
            return
        origin = origin_of(event_batch, message.sequence)
        rejected = decode_into(self.exposures, event_batch.exposures, origin)
        rejected += decode_into(self.metrics, event_batch.metrics, origin)
        rejected += decode_into(self.usage, event_batch.usage, origin)
        self.letters += [dead_letters.malformed(line) for line in rejected]
        self.oldest_received_at = min(self.oldest_received_at or origin.received_at, origin.received_at)


def read_batch(subject: str, payload: bytes) -> EventBatch:
    """A message of EVENTS. Raises DecodeError for bytes that are no batch, and for a batch of another environment."""
    batch = EventBatch.FromString(payload)
    if batch.environment_id != environment_of(subject):
        raise DecodeError(f"names environment {batch.environment_id!r}")
    return batch


class Collector:
    """Pulls from one consumer. It asks for as many messages as fit the bytes that are left, judged by the last ones."""

    def __init__(self, consumer: BatchConsumer, limits: LoadLimits, clock: Clock) -> None:
        self._consumer = consumer
        self._limits = limits
        self._clock = clock
        self._message_bytes = limits.bytes_max / 8

    async def collect(self) -> LoadBatch:
        """The next batch; empty when nothing came for a while. Raises BusUnavailable with nothing in hand."""
        batch = LoadBatch()
        limits = self._limits
        closes_at = self._clock.monotonic() + limits.seconds_max
        while batch.rows < limits.rows_max and batch.bytes < limits.bytes_max:
            left = closes_at - self._clock.monotonic()
            if left <= 0:
                break
            fitting = int((limits.bytes_max - batch.bytes) / self._message_bytes)
            try:
                messages = await self._consumer.fetch(min(max(fitting, 1), _FETCH_MAX), min(left, _FETCH_SECONDS))
            except BusUnavailable:
                if batch.messages:
                    break
                raise
            if not messages and batch.messages:
                break
            for message in messages:
                batch.add(message)
                self._message_bytes = max(len(message.payload), self._message_bytes * 0.9, 64.0)
        return batch
