"""Migrations on the real store: once, again, with retention, and over rows that were there before."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from analytics.warehouse.client import Warehouse
from analytics.warehouse.migrations import MigrationChanged, known_migrations, migrate, missing_tables, standing_tables
from analytics.warehouse.settings import WarehouseSettings
from analytics.warehouse.tables import EXPOSURE_COLUMNS

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
    rows = await warehouse.rows("SELECT name FROM system.tables WHERE database = currentDatabase()", {})
    assert {row["name"] for row in rows} == standing_tables() | {"schema_migrations"}
    assert await missing_tables(warehouse) == frozenset()


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
    columns = {name: kind for name, kind in EXPOSURE_COLUMNS.items() if name not in ("experiments", "unit_key")}
    row = dict.fromkeys(columns, "x") | {"config_version": 1, "occurred_at": NOW, "received_at": NOW}
    await warehouse.insert("events_exposure", {name: (kind, [row[name]]) for name, kind in columns.items()})

    await migrate(warehouse)

    assert (await warehouse.rows("SELECT count() AS units FROM exposure_firsts", {}))[0]["units"] == 1


async def test_a_repeated_block_adds_nothing(warehouse: Warehouse) -> None:
    await migrate(warehouse)
    row = dict.fromkeys(EXPOSURE_COLUMNS, "x") | {"config_version": 1, "occurred_at": NOW, "received_at": NOW}
    columns = {name: (kind, [row[name]]) for name, kind in EXPOSURE_COLUMNS.items()}

    for _ in range(3):
        await warehouse.insert("events_exposure", columns, token="one block")

    assert (await warehouse.rows("SELECT count() AS rows FROM events_exposure", {}))[0]["rows"] == 1
