"""⑨ The loader: collect a batch, insert it, then acknowledge it. Nothing is acknowledged before it is stored.

Redeliveries are normal and harmless, because readers count a row once by its event id. While ClickHouse or the
bus is away, the batch in hand is kept and tried again; at most three batches are in memory.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

from messages.subjects import EVENTS, LOADER, dead_letters_stream
from service_kit.clock import Clock
from service_kit.logs import get_logger
from streams import BatchConsumer, Bus, BusError, BusUnavailable, StreamMissing, StreamSpec
from streams.kept_stream import KeptStream

from analytics.loading import dead_letters
from analytics.loading.backlog import Backlog
from analytics.loading.batches import Collector, LoadBatch, LoadLimits
from analytics.loading.spans import inserting
from analytics.loading.storage import store
from analytics.loading.telemetry import LoaderTelemetry
from analytics.warehouse.client import Warehouse
from analytics.warehouse.errors import WarehouseError

_SUBJECTS = "events.>"
_BACKOFF_SECONDS_FIRST, _BACKOFF_SECONDS_MAX = 0.2, 5.0
_LAG_EVERY_SECONDS = 5.0
_log = get_logger("loader")


@dataclass(frozen=True, slots=True)
class LoaderOptions:
    """How the loader goes about it.

    `ack_wait_seconds`: how long a batch may take before its messages are delivered again."""

    limits: LoadLimits = field(default_factory=LoadLimits)
    ack_wait_seconds: float = 15.0
    max_ack_pending: int = 20_000
    durable: str = LOADER
    dead_letters: StreamSpec = field(default_factory=dead_letters_stream)


class Loader:
    """Any number of loaders share the work under one durable name."""

    def __init__(
        self, bus: Bus, warehouse: Warehouse, telemetry: LoaderTelemetry, clock: Clock, options: LoaderOptions
    ) -> None:
        self._bus = bus
        self._warehouse = warehouse
        self._telemetry = telemetry
        self._clock = clock
        self._options = options
        self._backlog = Backlog(telemetry.registry, clock)
        self._dead_letters = KeptStream(
            bus, options.dead_letters, telemetry.registry, size_setting="FF_DEAD_LETTERS_MAX_BYTES"
        )
        self._trouble: str | None = None
        self._unstored: str | None = None
        self._batches: asyncio.Queue[LoadBatch | None]
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Asks `run` to end; what is not acknowledged by then is delivered again to the next loader."""
        self._stopping.set()

    async def suspected_loss(self) -> str | None:
        """Why ClickHouse can't be empty rightly: what the stream holds has been stored and acknowledged. None also when
        nobody can tell, because the bus is away."""
        try:
            held = (await self._bus.state(EVENTS)).messages
            acknowledged = held - await (await self._consumer()).pending()
        except BusError:
            return None
        return f"empty, though {acknowledged} messages were loaded" if acknowledged > 0 else None

    async def run(self) -> None:
        """Loads until `stop`; what has been collected by then is still stored, unless its store is away.

        It may begin again after it failed: what it had in hand then is delivered again.
        """
        self._batches = asyncio.Queue(maxsize=1)
        async with asyncio.TaskGroup() as tasks:
            # Beside the loading: events land also where there is no room for what could not be stored.
            keeping = tasks.create_task(self._dead_letters.keep(), name="loader-dead-letters")
            tasks.create_task(self._collect(), name="loader-collect")
            tasks.create_task(self._watch_lag(), name="loader-lag")
            await self._store()
            keeping.cancel()

    async def check_dead_letters(self) -> str | None:
        """For readiness: None, or why there is no place for dead letters."""
        return await self._dead_letters.check()

    async def check_events(self) -> str | None:
        """For readiness: None, or why no events can be fetched or stored."""
        return self._trouble or self._unstored

    async def _collect(self) -> None:
        collector: Collector | None = None
        wait = _BACKOFF_SECONDS_FIRST
        while not self._stopping.is_set():
            try:
                collector = collector or Collector(await self._consumer(), self._options.limits, self._clock)
                batch = await collector.collect()
            except BusUnavailable as error:
                collector = None
                # Without EVENTS nobody has sent anything yet.
                self._trouble = None if isinstance(error, StreamMissing) else str(error)
                wait = await self._back_off("bus", error, wait)
                continue
            wait, self._trouble = _BACKOFF_SECONDS_FIRST, None
            if batch.messages:
                await self._batches.put(batch)
        await self._batches.put(None)

    async def _consumer(self) -> BatchConsumer:
        return await self._bus.pull(
            EVENTS,
            self._options.durable,
            filter_subject=_SUBJECTS,
            ack_wait_seconds=self._options.ack_wait_seconds,
            max_ack_pending=self._options.max_ack_pending,
        )

    async def _store(self) -> None:
        while (batch := await self._batches.get()) is not None:
            wait = _BACKOFF_SECONDS_FIRST
            while not await self._stored(batch, wait):
                if self._stopping.is_set():
                    break
                wait = min(wait * 2, _BACKOFF_SECONDS_MAX)

    async def _stored(self, batch: LoadBatch, wait: float) -> bool:
        """Stores and acknowledges; False after a pause when a part is away."""
        try:
            with self._telemetry.store_seconds.time(), inserting(batch):
                letters = list(batch.letters)
                for block in batch.blocks:
                    letters += await store(self._warehouse, block)
                await dead_letters.send(self._bus, letters, self._clock.now())
        except (WarehouseError, BusError) as error:
            self._unstored = f"a batch can't be stored: {error}"
            await self._back_off("bus" if isinstance(error, BusError) else "clickhouse", error, wait)
            return False
        self._unstored = None
        await self._acknowledge(batch)
        _log.debug("batch stored", messages=len(batch.messages), rows=batch.rows)
        self._count(batch, [dead_letters.REASON_NAMES[letter.reason] for letter in letters])
        return True

    async def _acknowledge(self, batch: LoadBatch) -> None:
        # An acknowledgement that is lost brings the message again, and its rows count once all the same.
        with suppress(BusError):
            for message in batch.messages:
                await message.ack()

    def _count(self, batch: LoadBatch, letter_reasons: list[str]) -> None:
        telemetry = self._telemetry
        telemetry.batches.inc()
        for block in batch.blocks:
            telemetry.rows.labels(block.table).inc(len(block))
        telemetry.redelivered.inc(sum(message.deliveries > 1 for message in batch.messages))
        if batch.oldest_received_at is not None:
            telemetry.batch_age_seconds.set((self._clock.now() - batch.oldest_received_at) / 1000)
        for reason in letter_reasons:
            telemetry.dead_letters.labels(reason).inc()
        if letter_reasons:
            _log.warning(
                "events set aside as dead letters", count=len(letter_reasons), reasons=sorted({*letter_reasons})
            )

    async def _watch_lag(self) -> None:
        consumer: BatchConsumer | None = None
        while not self._stopping.is_set():
            with suppress(BusError):
                await self._backlog.measure_letters(self._bus)
            try:
                consumer = consumer or await self._consumer()
                await self._backlog.measure_events(self._bus, consumer)
            except BusError:
                consumer = None
            await self._pause(_LAG_EVERY_SECONDS)

    async def _back_off(self, part: str, error: Exception, wait: float) -> float:
        self._telemetry.retries.labels(part).inc()
        _log.warning("a part is away, trying again", part=part, error=str(error), retry_in_seconds=wait)
        await self._pause(wait)
        return min(wait * 2, _BACKOFF_SECONDS_MAX)

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
