"""Loads again what the EVENTS stream still holds, after ClickHouse has lost rows; what is there already counts once.

Beside the loaders, by a consumer of its own: they go on with what is new.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar
from uuid import uuid4

from messages.subjects import EVENTS
from service_kit.clock import Clock
from service_kit.logs import get_logger
from streams import Bus, BusError, BusUnavailable

from analytics.loading.batches import Collector, LoadBatch, LoadLimits
from analytics.loading.storage import store
from analytics.warehouse import losses
from analytics.warehouse.client import Warehouse
from analytics.warehouse.errors import WarehouseUnavailable
from analytics.warehouse.migrations import migrate

_AGAIN_SECONDS = 1.0
_log = get_logger("rewind")
AnswerT = TypeVar("AnswerT")


@dataclass(slots=True)
class Reloaded:
    """What a rewind has done. `first_at`: when the oldest message that the stream held was stored there."""

    messages: int = 0
    exposures: int = 0
    metrics: int = 0
    set_aside: int = 0
    first_at: int | None = None

    def __str__(self) -> str:
        begun = "nothing" if self.first_at is None else datetime.fromtimestamp(self.first_at / 1000, UTC).isoformat()
        return (
            f"loaded again {self.exposures} exposures and {self.metrics} metric events of {self.messages} messages; "
            f"the oldest on the stream: {begun}; {self.set_aside} events are dead letters as before"
        )


class Rewinding:
    """One run over the stream, up to what it held at the start."""

    def __init__(self, *, bus: Bus, warehouse: Warehouse, limits: LoadLimits, clock: Clock) -> None:
        self._bus = bus
        self._warehouse = warehouse
        self._limits = limits
        self._clock = clock
        self._run = uuid4().hex

    async def run(self, since: int) -> Reloaded:
        """From `since` (epoch milliseconds, by when the stream stored it). While a part is away, it is waited for.
        Afterwards what is stored counts as the truth again, whatever was lost before."""
        await self._patiently(lambda: migrate(self._warehouse))
        done = Reloaded()
        state = await self._patiently(lambda: self._bus.state(EVENTS))
        if state.messages:
            done.first_at = state.first_at
            await self._reload(since, state.last_sequence, done)
        await self._patiently(lambda: losses.settle(self._warehouse, str(done)))
        return done

    async def _reload(self, since: int, last_sequence: int, done: Reloaded) -> None:
        name = f"analytics-rewind-{self._run}"
        consumer = await self._patiently(
            lambda: self._bus.pull_since(EVENTS, name, filter_subject="events.>", since=since)
        )
        collector = Collector(consumer, self._limits, self._clock)
        while await self._patiently(consumer.pending):
            batch = await self._patiently(collector.collect)
            if batch.messages:
                await self._store(batch, done)
            if any(message.sequence >= last_sequence for message in batch.messages):
                return

    async def _store(self, batch: LoadBatch, done: Reloaded) -> None:
        # Its letters were sent when it was loaded for the first time.
        done.set_aside += len(batch.letters)
        for block in batch.blocks:
            done.set_aside += len(await self._patiently(partial(store, self._warehouse, block, run=self._run)))
        for message in batch.messages:
            await self._patiently(message.ack)
        done.messages += len(batch.messages)
        done.exposures += len(batch.exposures)
        done.metrics += len(batch.metrics)
        _log.info("loaded again", messages=done.messages, exposures=done.exposures, metrics=done.metrics)

    async def _patiently(self, work: Callable[[], Awaitable[AnswerT]]) -> AnswerT:
        while True:
            try:
                return await work()
            except (BusUnavailable, WarehouseUnavailable) as error:
                _log.warning("a part is away, trying again", error=str(error))
            except BusError as error:
                raise SystemExit(f"the bus refuses: {error}") from None
            await asyncio.sleep(_AGAIN_SECONDS)
