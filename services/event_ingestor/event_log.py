"""Publishes accepted events to the EVENTS stream, and returns when they are on its disk.

A large request is a message of its own. Small ones of one caller that arrive within the linger become one message
together (group commit); each of them waits for that message's acknowledgement. The stream stores one message after
another, so an organization has few of them under way; what it sends meanwhile becomes fewer messages.
"""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

from messages.generated.event_pb2 import EventBatch
from messages.subjects import EVENTS, events_subject
from service_kit.clock import Clock
from service_kit.logs import get_logger
from service_kit.own_turns import OwnTurns
from service_kit.problems import Problem, Unavailable
from service_kit.traces import NO_SPAN, Entering, current_traceparent, span, together, traced
from streams import Bus, BusError, BusUnavailable, MessageTooLarge, StreamFull

from event_ingestor.admission.lines import Lines
from event_ingestor.authentication.authenticator import Caller
from event_ingestor.batches import message_of, parts_of
from event_ingestor.storage_health import StorageHealth
from event_ingestor.telemetry import IngestTelemetry

_log = get_logger("event_log")
_ANSWERED_AT_ONCE = 4
_NO_TURN = "earlier events of this organization are still being stored"


@dataclass(frozen=True, slots=True)
class LogLimits:
    """How events are put together into messages.

    `message_bytes_max` is of the events in a message: under the server's limit by a margin for the envelope.
    Requests from `alone_bytes_min` on don't linger. An organization has at most `under_way_max` messages on their way
    to the stream, and others wait for their turn for at most `turn_seconds_max`."""

    linger_seconds: float = 0.002
    message_bytes_max: int = 900_000
    alone_bytes_min: int = 128 * 1024
    under_way_max: int = 2
    turn_seconds_max: float = 5.0


@dataclass(slots=True)
class _Group:
    caller: Caller
    exposures: list[bytes] = field(default_factory=list)
    metrics: list[bytes] = field(default_factory=list)
    usage: list[bytes] = field(default_factory=list)
    traces: list[str] = field(default_factory=list)
    size: int = 0
    waiting: list[asyncio.Future[BusError | None]] = field(default_factory=list)
    timer: asyncio.TimerHandle | None = None
    commits: bool = False


class EventLog:
    """The way of accepted events onto the EVENTS stream."""

    def __init__(
        self, bus: Bus, limits: LogLimits, telemetry: IngestTelemetry, storage: StorageHealth, clock: Clock
    ) -> None:
        self._bus = bus
        self._limits = limits
        self._telemetry = telemetry
        self._storage = storage
        self._clock = clock
        self._turns = OwnTurns(limits.under_way_max)
        self._groups: dict[tuple[str, str], _Group] = {}
        self._commits: set[asyncio.Task[None]] = set()

    async def append(self, caller: Caller, lines: Lines) -> None:
        """Returns when the stream has stored every event. Raises Unavailable when it is not known to have.

        Then some parts of a request that takes several messages may be stored all the same; sending it again is
        harmless, because of the event ids.
        """
        if not self._bus.connected:
            raise _refusal(BusError("not connected"))
        if lines.size >= self._limits.alone_bytes_min or self._limits.linger_seconds <= 0:
            error = await self._store_alone(caller, lines)
        else:
            error = await self._join(caller, lines)
        if error is not None:
            raise _refusal(error)

    async def close(self) -> None:
        """Commits what is waiting."""
        for group in list(self._groups.values()):
            self._commit(group)
        await asyncio.gather(*self._commits)

    def _join(self, caller: Caller, lines: Lines) -> asyncio.Future[BusError | None]:
        loop = asyncio.get_running_loop()
        key = (caller.environment.environment_id, caller.key.id)
        group = self._groups.get(key)
        if group is not None and group.size + lines.size > self._limits.message_bytes_max:
            self._commit(group)
            group = None
        if group is None:
            group = self._groups[key] = _Group(caller)
            group.timer = loop.call_later(self._limits.linger_seconds, self._commit, group)
        group.exposures.append(lines.exposures)
        group.metrics.append(lines.metrics)
        group.usage.append(lines.usage)
        if traced():
            group.traces.append(current_traceparent())
        group.size += lines.size
        waiting: asyncio.Future[BusError | None] = loop.create_future()
        group.waiting.append(waiting)
        return waiting

    def _commit(self, group: _Group) -> None:
        """Requests may join it until it has its turn."""
        if group.timer is not None:
            group.timer.cancel()
        if group.commits:
            return
        group.commits = True
        task = asyncio.create_task(self._store_group(group))
        self._commits.add(task)
        task.add_done_callback(self._commits.discard)

    def _seal(self, group: _Group) -> None:
        key = (group.caller.environment.environment_id, group.caller.key.id)
        if self._groups.get(key) is group:
            del self._groups[key]

    async def _store_group(self, group: _Group) -> None:
        error: BusError | None = None
        try:
            async with self._turn(group.caller):
                self._seal(group)
                lines = Lines(b"".join(group.exposures), b"".join(group.metrics), b"".join(group.usage))
                with _storing(group.caller, group.traces):
                    for each in parts_of(lines, self._limits.message_bytes_max):
                        error = await self._publish(message_of(group.caller, each, self._clock.now())) or error
        except TimeoutError:
            self._seal(group)
            error = BusUnavailable(_NO_TURN)
        for index, waiting in enumerate(group.waiting):
            if index % _ANSWERED_AT_ONCE == _ANSWERED_AT_ONCE - 1:
                # Each answer costs the loop as much as a request does.
                await asyncio.sleep(0)
            if not waiting.done():
                waiting.set_result(error)

    async def _store_alone(self, caller: Caller, lines: Lines) -> BusError | None:
        parts = list(parts_of(lines, self._limits.message_bytes_max))
        with _storing(caller, [current_traceparent()]):
            if len(parts) == 1:
                return await self._store_in_turn(caller, parts[0])
            errors = await asyncio.gather(*(self._store_in_turn(caller, each) for each in parts))
            return next((error for error in errors if error is not None), None)

    async def _store_in_turn(self, caller: Caller, lines: Lines) -> BusError | None:
        try:
            async with self._turn(caller):
                return await self._publish(message_of(caller, lines, self._clock.now()))
        except TimeoutError:
            return BusUnavailable(_NO_TURN)

    def _turn(self, caller: Caller) -> AbstractAsyncContextManager[None]:
        return self._turns.one(caller.environment.organization_id, seconds=self._limits.turn_seconds_max)

    async def _publish(self, batch: EventBatch) -> BusError | None:
        started = self._clock.monotonic()
        payload = batch.SerializeToString()
        self._storage.tried()
        try:
            ack = await self._bus.publish(
                events_subject(batch.environment_id),
                payload,
                message_id=f"{EVENTS}:{batch.batch_id}",
                trace=current_traceparent(),
            )
        except BusError as error:
            self._telemetry.publish_errors.labels(type(error).__name__).inc()
            # A stream that is full by its own limit is no fault of the bus, and says so to each request.
            if not isinstance(error, StreamFull | MessageTooLarge):
                self._storage.failed(error)
            _log.warning("batch not stored", reason=type(error).__name__, detail=str(error))
            return error
        self._storage.succeeded()
        _log.debug(
            "batch stored",
            environment=batch.environment_id,
            bytes=len(payload),
            sequence=ack.sequence,
            repeated=ack.duplicate,
        )
        self._telemetry.publish_seconds.observe(self._clock.monotonic() - started)
        self._telemetry.messages.labels("repeated" if ack.duplicate else "stored").inc()
        return None


def _storing(caller: Caller, traces: list[str]) -> Entering:
    """One span for requests that are stored together, in the trace of the first; it links the others."""
    parent, links = together(traces)
    if not parent:
        return NO_SPAN
    attributes = {
        "messaging.system": "nats",
        "messaging.destination.name": EVENTS,
        "verdict.environment_id": caller.environment.environment_id,
    }
    return span("events publish", kind="producer", parent=parent, links=links, attributes=attributes)


def _refusal(error: BusError) -> Problem:
    if isinstance(error, StreamFull):
        return Unavailable("the event stream is full; nothing was stored", code="stream_full", retry_after_seconds=5)
    return Unavailable("events can't be stored at the moment", code="bus_unavailable", retry_after_seconds=1)
