"""Per minute: what the ingestor accepted, what the stream holds, what ClickHouse holds and what was set aside.

A batch says how many events were accepted into it; its lines are what the stream holds. Both are counted by reading
the newest messages of the stream, so the answer needs nothing that the loader has written.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from google.protobuf.message import DecodeError
from messages.generated.event_pb2 import EventBatch
from messages.subjects import DEAD_LETTERS, EVENTS, dead_letters_subject, events_subject
from service_kit.clock import Clock
from streams import Bus, Delivered, StreamState

from analytics.catalog.entries import Environment
from analytics.loading.batches import read_batch
from analytics.loading.replay import read_letter
from analytics.operations.telemetry import OperationTelemetry
from analytics.warehouse.client import Warehouse
from analytics.warehouse.sql import query

MINUTE_MILLISECONDS = 60_000
MESSAGES_MAX = 20_000
# The clock of an ingestor and the bus may differ by this much; a message that is older ends the reading.
_SKEW_MILLISECONDS = 120_000


@dataclass(slots=True)
class Minute:
    """What happened to the events of one minute.

    `distinct` events of what the stream holds, each in the first minute that it came in; a repeat is accepted
    again and stored once."""

    accepted: int = 0
    streamed: int = 0
    stored: int = 0
    dead_letters: int = 0
    _ids: set[int] = field(default_factory=set)

    @property
    def distinct(self) -> int:
        return len(self._ids)

    @property
    def missing(self) -> int:
        """Distinct events of the stream that are neither stored nor set aside; what is being loaded counts too."""
        return max(self.distinct - self.stored - self.dead_letters, 0)

    def add(self, batch: EventBatch) -> None:
        self.accepted += batch.exposure_count + batch.metric_count + batch.usage_count
        for text in (batch.exposures, batch.metrics, batch.usage):
            lines = [line for line in text.split(b"\n") if line.strip()]
            self.streamed += len(lines)
            self._ids.update(hash(line) for line in lines)

    def leave_out(self, earlier: set[int]) -> None:
        """Drops what came in an earlier minute, and adds the others to it."""
        self._ids -= earlier
        earlier |= self._ids


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What became of an environment's events.

    `complete` False: the stream holds more messages of this time than one answer reads. Times in epoch ms."""

    minutes: dict[int, Minute]
    complete: bool


class Reconciler:
    """Asks the bus and ClickHouse about the same minutes."""

    def __init__(self, *, bus: Bus, warehouse: Warehouse, clock: Clock, telemetry: OperationTelemetry) -> None:
        self._bus = bus
        self._warehouse = warehouse
        self._clock = clock
        self._telemetry = telemetry

    async def last(self, environment: Environment, minutes: int) -> Reconciliation:
        """The last whole minutes and the present one. Raises BusError and WarehouseError.

        What is missing from the whole ones is told as a metric.
        """
        stop = (self._clock.now() // MINUTE_MILLISECONDS + 1) * MINUTE_MILLISECONDS
        found = await self._between(environment, stop - minutes * MINUTE_MILLISECONDS, stop)
        missing = [each.missing for each in found.minutes.values()]
        self._telemetry.missing_events.labels(environment.id).set(sum(missing[:-1]))
        return found

    async def _between(self, environment: Environment, start: int, stop: int) -> Reconciliation:
        """Both are whole minutes."""
        bus = self._bus
        minutes = {minute: Minute() for minute in range(start, stop, MINUTE_MILLISECONDS)}
        complete = True
        for stream, subject in (
            (EVENTS, events_subject(environment.id)),
            (DEAD_LETTERS, dead_letters_subject(environment.id)),
        ):
            state = await bus.state(stream)
            complete &= await _read(bus, stream, state, subject, minutes)
        earlier: set[int] = set()
        for minute in sorted(minutes):
            minutes[minute].leave_out(earlier)
        asked = {
            "organization": environment.organization_id,
            "environment": environment.id,
            "start": start,
            "stop": stop,
        }
        for row in await self._warehouse.rows(query("stored_per_minute"), asked):
            stamp: datetime = row["minute"]
            aware = stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC)
            minutes[round(aware.timestamp() * 1000)].stored = row["events"]
        return Reconciliation(minutes, complete)


async def _read(bus: Bus, stream: str, state: StreamState, subject: str, minutes: dict[int, Minute]) -> bool:
    """From the newest message back, until one is older than the first minute."""
    oldest = min(minutes) - _SKEW_MILLISECONDS
    last = max(state.first_sequence, state.last_sequence - MESSAGES_MAX + 1, 1)
    for sequence in range(state.last_sequence, last - 1, -1):
        message = await bus.message_at(stream, sequence)
        if message is None:
            continue
        if message.published_at < oldest:
            return True
        if message.subject == subject:
            _count(stream, message, minutes)
    return last <= state.first_sequence or state.messages == 0


def _count(stream: str, message: Delivered, minutes: dict[int, Minute]) -> None:
    try:
        if stream == EVENTS:
            batch = read_batch(message.subject, message.payload)
            if minute := _minute(batch.received_at, minutes):
                minute.add(batch)
        else:
            letter = read_letter(message.payload)
            if letter and letter.kind and (minute := _minute(letter.received_at, minutes)):
                minute.dead_letters += 1
    except DecodeError:
        # What is no batch has no events to count; the loader keeps it as a dead letter.
        return


def _minute(received_at: int, minutes: dict[int, Minute]) -> Minute | None:
    return minutes.get(received_at // MINUTE_MILLISECONDS * MINUTE_MILLISECONDS)
