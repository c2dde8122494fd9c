"""Migrations on the real store: once, again, with retention, and over rows that were there before."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from analytics.warehouse.client import Warehouse
from analytics.warehouse.errors import TablesMissing
from analytics.warehouse.migrations import (
    MigrationChanged,
    known_migrations,
    migrate,
    missing_tables,
    standing_tables,
)
from analytics.warehouse.settings import WarehouseSettings
from analytics.warehouse.tables import EXPOSURE_COLUMNS
from analytics.warehouse.upkeep import Upkeep
from prometheus_client import CollectorRegistry

NOW = 1_767_607_200_000


@pytest.fixture
async def warehouse(clickhouse_url: str, clickhouse_database: str) -> AsyncIterator[Warehouse]:
    warehouse = Warehouse(WarehouseSettings(url=clickhouse_url, database=clickhouse_database))
    yield warehouse
    await warehouse.close()


async def engine(warehouse: Warehouse, table: str) -> str:
    asked = {"database": warehouse.settings.database, "table": table}
    sql = "SELECT engine_full FROM system.tables WHERE database = {database:String} AND name = {table:String}"
    return str((await warehouse.rows(sql, asked))[0]["engine_full"])


async def test_a_second_run_applies_nothing(warehouse: Warehouse) -> None:
    assert await migrate(warehouse) == known_migrations()
    assert await migrate(warehouse) == []


async def test_nothing_is_missed_that_a_later_migration_has_dropped(warehouse: Warehouse) -> None:
    await migrate(warehouse)
    assert await tables(warehouse) == standing_tables() | {"schema_migrations"}
    assert await missing_tables(warehouse) == frozenset()


class Stepped(Warehouse):
    """A process that runs its statements as far as a test lets it go."""

    def __init__(self, settings: WarehouseSettings) -> None:
        super().__init__(settings)
        self._halt = ""
        self._halted, self._released = asyncio.Event(), asyncio.Event()

    async def command(self, sql: str, parameters: Mapping[str, Any] | None = None) -> None:
        if self._halt and sql.startswith(self._halt):
            self._halted.set()
            await self._released.wait()
        await super().command(sql, parameters)

    async def go_before(self, statement: str) -> None:
        """Returns when the first statement that begins so is the next one."""
        self.go_on(statement)
        await self._halted.wait()

    def go_on(self, halt: str = "") -> None:
        self._halt, self._halted = halt, asyncio.Event()
        released, self._released = self._released, asyncio.Event()
        released.set()


async def store_exposure(warehouse: Warehouse, token: str = "") -> None:
    row = dict.fromkeys(EXPOSURE_COLUMNS, "x") | {"config_version": 1, "occurred_at": NOW, "received_at": NOW}
    await warehouse.insert(
        "events_exposure", {name: (kind, [row[name]]) for name, kind in EXPOSURE_COLUMNS.items()}, token=token
    )


async def tables(warehouse: Warehouse) -> set[str]:
    rows = await warehouse.rows("SELECT name FROM system.tables WHERE database = currentDatabase()", {})
    return {row["name"] for row in rows}


async def test_two_that_migrate_at_once_leave_nothing_that_keeps_rows_from_being_stored(warehouse: Warehouse) -> None:
    """The slower one makes a view again whose table the faster one is about to end."""
    slower, faster = Stepped(warehouse.settings), Stepped(warehouse.settings)
    behind, ahead = (asyncio.create_task(migrate(each)) for each in (slower, faster))
    await slower.go_before("CREATE TABLE IF NOT EXISTS events_exposure")
    await faster.go_before("DROP TABLE IF EXISTS exposure_units")
    await slower.go_before("CREATE TABLE IF NOT EXISTS exposure_days")
    faster.go_on()
    await ahead
    await store_exposure(warehouse)

    slower.go_on()
    with pytest.raises(TablesMissing):
        await behind
    await migrate(slower)
    await store_exposure(warehouse)
    assert await tables(warehouse) == standing_tables() | {"schema_migrations"}
    for each in (slower, faster):
        await each.close()


async def test_a_view_that_was_left_without_its_table_is_ended(warehouse: Warehouse) -> None:
    upkeep = Upkeep(warehouse, CollectorRegistry())
    await upkeep.made()
    table, view, *_ = known_migrations()[2].statements(warehouse.settings)
    for statement in (table, view, "DROP TABLE exposure_units"):
        await warehouse.command(statement)
    with pytest.raises(TablesMissing, match="exposure_units"):
        await store_exposure(warehouse)

    await upkeep.look()

    await store_exposure(warehouse)
    assert await tables(warehouse) == standing_tables() | {"schema_migrations"}


async def test_the_dedupe_window_is_set(warehouse: Warehouse) -> None:
    await migrate(warehouse)

    for table in ("events_exposure", "events_metric", "exposure_firsts"):
        assert "non_replicated_deduplication_window = 1000" in await engine(warehouse, table)


async def test_retention_comes_changes_and_goes(warehouse: Warehouse) -> None:
    for days, expected in ((30, "toIntervalDay(30)"), (7, "toIntervalDay(7)"), (0, None)):
        warehouse.settings = replace(warehouse.settings, retention_days=days)
        await migrate(warehouse)
        found = await engine(warehouse, "events_metric")
        assert (expected in found) if expected else (" TTL " not in found)


async def test_a_migration_whose_text_changed_is_refused(warehouse: Warehouse) -> None:
    await migrate(warehouse)
    await warehouse.command("TRUNCATE TABLE schema_migrations")
    other: dict[str, tuple[str, list[Any]]] = {
        "number": ("UInt32", [1]),
        "name": ("String", ["events"]),
        "checksum": ("String", ["another"]),
    }
    await warehouse.insert("schema_migrations", other)

    with pytest.raises(MigrationChanged, match="0001"):
        await migrate(warehouse)


async def test_aggregates_hold_what_was_stored_before_they_were_made(warehouse: Warehouse) -> None:
    for statement in known_migrations()[0].statements(warehouse.settings):
        await warehouse.command(statement)
    columns = {
        name: kind
        for name, kind in EXPOSURE_COLUMNS.items()
        if name not in ("experiments", "unit_key", "override", "split")
    }
    row = dict.fromkeys(columns, "x") | {"config_version": 1, "occurred_at": NOW, "received_at": NOW}
    await warehouse.insert("events_exposure", {name: (kind, [row[name]]) for name, kind in columns.items()})

    await migrate(warehouse)

    assert (await warehouse.rows("SELECT count() AS units FROM exposure_firsts", {}))[0]["units"] == 1
    uses = "SELECT sdk_key_id, toUnixTimestamp64Milli(max(last_at)) AS at FROM sdk_key_uses GROUP BY sdk_key_id"
    assert await warehouse.rows(uses, {}) == [{"sdk_key_id": "x", "at": NOW}]


async def test_a_repeated_block_adds_nothing(warehouse: Warehouse) -> None:
    await migrate(warehouse)
    for _ in range(3):
        await store_exposure(warehouse, token="one block")

    assert (await warehouse.rows("SELECT count() AS rows FROM events_exposure", {}))[0]["rows"] == 1
