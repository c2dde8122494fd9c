"""Keeps the tables there: makes them when the process starts, and anew, without a restart, when they are lost."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import replace

from prometheus_client import CollectorRegistry, Gauge
from service_kit.logs import get_logger

from analytics.warehouse import losses
from analytics.warehouse.client import Warehouse
from analytics.warehouse.errors import WarehouseUnavailable
from analytics.warehouse.migrations import (
    EVENT_TABLES,
    broken_feeds,
    holds_nothing_loaded,
    migrate,
    standing_tables,
    tables_there,
)
from analytics.warehouse.refusals import EVENTS_LOST, TABLES_MISSING

_LOOK_SECONDS = 5.0
_AGAIN_SECONDS = 1.0
_log = get_logger("tables")

Suspicion = Callable[[], Awaitable[str | None]]
"""Asked when no event is stored: None, or why there must have been some."""


async def _nothing_suspected() -> str | None:
    return None


class Upkeep:
    """Of one warehouse, in one process."""

    def __init__(
        self, warehouse: Warehouse, registry: CollectorRegistry, suspicion: Suspicion = _nothing_suspected
    ) -> None:
        self._warehouse = warehouse
        self._suspicion = suspicion
        self._events: dict[str, str] | None = None
        """The tables of events at the last look, by their identity; None before the first."""
        self._lost = Gauge(
            "verdict_warehouse_events_lost",
            "1 while stored events are lost and nobody has settled it",
            registry=registry,
        )

    async def run(self) -> None:
        """Looks at once when a table was missed, and every few seconds. Goes on until it is cancelled."""
        while True:
            pause = await self._try_look()
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._warehouse.tables_missed.wait()
            self._warehouse.tables_missed.clear()

    async def made(self) -> None:
        """Returns when the tables are there for the first time."""
        while True:
            pause = await self._try_look()
            if self._warehouse.migrated:
                return
            await asyncio.sleep(pause)

    async def _try_look(self) -> float:
        try:
            await self.look()
        except WarehouseUnavailable as error:
            _log.warning("ClickHouse is away, looking later", error=str(error))
            return _AGAIN_SECONDS
        return _LOOK_SECONDS

    async def look(self) -> None:
        """Raises WarehouseError."""
        warehouse = self._warehouse
        there = await tables_there(warehouse)
        missing = standing_tables() - there.keys()
        broken = broken_feeds(there)
        if broken:
            _log.warning("views without their table keep rows from being stored, ending them", views=broken)
        if missing or broken or not warehouse.migrated:
            if self._events is not None and missing:
                warehouse.refusal = TABLES_MISSING
                _log.error("ClickHouse has lost tables, making them anew", tables=sorted(missing))
            applied = await migrate(warehouse)
            _log.info("the tables are up to date", applied=[each.name for each in applied])
            await self._note_loss(missing & frozenset(EVENT_TABLES))
            there = await tables_there(warehouse)
        elif self._events != _of_events(there):
            # Another process was first to make them anew.
            await self._note_loss(frozenset())
        self._events = _of_events(there)
        lost = await losses.standing(warehouse)
        self._lost.set(lost is not None)
        sentence = f"{EVENTS_LOST.sentence} ({lost})"
        warehouse.refusal = None if lost is None else replace(EVENTS_LOST, sentence=sentence)

    async def _note_loss(self, missing: frozenset[str]) -> None:
        lost = None
        if self._events is not None and missing:
            lost = f"missing: {', '.join(sorted(missing))}"
        elif missing or await holds_nothing_loaded(self._warehouse):
            lost = await self._suspicion()
        if lost is not None and await losses.standing(self._warehouse) is None:
            _log.error("stored events are lost: restore a backup or run `analytics rewind`", cause=lost)
            await losses.note(self._warehouse, lost)


def _of_events(tables: Mapping[str, str]) -> dict[str, str]:
    return {name: identity for name, identity in tables.items() if name in EVENT_TABLES}
