"""What lives as long as the app: the bus, the key feed, the EVENTS stream, the event log."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from typing import Any

from messages.subjects import events_stream
from prometheus_client import CollectorRegistry
from service_kit.clock import Clock
from service_kit.logs import get_logger
from streams import Bus, BusError

from event_ingestor.admission.admission import DAY_MS, Window
from event_ingestor.authentication import key_snapshot
from event_ingestor.authentication.authenticator import Authenticator
from event_ingestor.authentication.key_feed import KeyFeed
from event_ingestor.bodies import Room
from event_ingestor.counts import Counts
from event_ingestor.event_log import EventLog, LogLimits
from event_ingestor.intake import Intake
from event_ingestor.metrics import IngestMetrics
from event_ingestor.settings import IngestorSettings
from event_ingestor.tail import Tail

_STREAM_RETRY_SECONDS = 1.0
_STREAM_CHECK_SECONDS = 15.0
_log = get_logger("event_ingestor")


class Lifetime:
    """Starts the parts around a bus, and answers whether they can do their work."""

    def __init__(self, settings: IngestorSettings, registry: CollectorRegistry, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._metrics = IngestMetrics(registry)
        self._authenticator = Authenticator(settings.pii_secret.get_secret_value())
        self._bus: Bus | None = None
        self._stream_problem: str | None = "not looked for yet"
        self._ended: str | None = None

    async def start(self, bus: Bus, stack: AsyncExitStack) -> Intake:
        """The parts, at work; all of it ends with the stack."""
        settings = self._settings
        self._bus = bus
        stack.push_async_callback(bus.close)
        log = EventLog(
            bus,
            LogLimits(settings.events_linger_seconds, settings.events_message_bytes),
            self._metrics,
            self._clock,
        )
        stack.push_async_callback(log.close)
        room = Room(settings.events_in_flight_bytes)
        self._metrics.in_flight_bytes.set_function(lambda: room.taken)
        self._metrics.environments.set_function(lambda: len(self._authenticator.environments))
        await self._start_feed(bus, stack)
        self._run(stack, self._keep_stream(bus))
        return Intake(
            self._authenticator,
            log,
            Counts(),
            Tail(),
            room,
            self._metrics,
            Window(settings.events_age_days_max * DAY_MS, settings.events_ahead_seconds_max * 1000),
            self._clock,
        )

    async def _start_feed(self, bus: Bus, stack: AsyncExitStack) -> None:
        path = self._settings.ingestor_snapshot_file
        if path is None:
            feed = KeyFeed(self._authenticator, lambda: None)
        else:
            writer = key_snapshot.SnapshotWriter(path)
            feed = KeyFeed(self._authenticator, writer.ask)
            for environment in await asyncio.to_thread(key_snapshot.load, path):
                self._authenticator.put(environment)
            self._run(stack, writer.keep_writing(self._authenticator))
        self._run(stack, feed.follow(bus))
        self._run(stack, feed.keep_checking(bus))

    def _run(self, stack: AsyncExitStack, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        task.add_done_callback(self._note_end)
        stack.callback(task.cancel)

    def _note_end(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled():
            error = task.exception()
            self._ended = f"ended: {type(error).__name__}"
            _log.error("background work ended", error=type(error).__name__, exc_info=error)

    async def _keep_stream(self, bus: Bus) -> None:
        """Makes the stream, and makes it again should it vanish."""
        settings = self._settings
        spec = events_stream(
            max_bytes=settings.events_max_bytes,
            max_age_seconds=settings.events_max_age_seconds,
            replicas=settings.nats_replicas,
            duplicate_window_seconds=settings.events_duplicate_window_seconds,
        )
        while True:
            try:
                await bus.ensure_stream(spec)
                self._stream_problem = None
            except BusError as error:
                if self._stream_problem is not None and bus.connected:
                    self._stream_problem = f"can't be made: {error}"
                    _log.warning("stream can't be made", reason=str(error))
            missing = self._stream_problem is not None
            await asyncio.sleep(_STREAM_RETRY_SECONDS if missing else _STREAM_CHECK_SECONDS)

    async def bus_ready(self) -> str | None:
        return None if self._bus is not None and self._bus.connected else "not connected"

    async def stream_ready(self) -> str | None:
        return self._stream_problem

    async def keys_ready(self) -> str | None:
        return None if self._authenticator.ready else "the SDK keys have not been read yet"

    async def background_ready(self) -> str | None:
        return self._ended
