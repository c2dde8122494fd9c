"""ClickHouse's tables are migrated while they hold rows, and go on taking the rows of the version before."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import groupby
from operator import itemgetter

import pytest
from analytics.warehouse.client import Warehouse
from analytics.warehouse.migrations import Migration, known_migrations, migrate
from analytics.warehouse.settings import WarehouseSettings

# The columns that a version must fill, in the tables that it writes itself (views fill the aggregating ones).
WRITTEN = """
SELECT table, name, type FROM system.columns
WHERE database = {database:String} AND default_kind = '' AND table IN (
    SELECT name FROM system.tables WHERE database = {database:String} AND engine LIKE '%ReplacingMergeTree')
ORDER BY table, position"""


@pytest.fixture
async def warehouse(clickhouse_url: str, clickhouse_database: str) -> AsyncIterator[Warehouse]:
    warehouse = Warehouse(WarehouseSettings(url=clickhouse_url, database=clickhouse_database))
    await warehouse.create_database()
    yield warehouse
    await warehouse.close()


async def apply(warehouse: Warehouse, migration: Migration) -> None:
    for statement in migration.statements(warehouse.settings):
        await warehouse.command(statement)


async def inserts(warehouse: Warehouse, mark: str) -> dict[str, str]:
    """A statement for each table that adds a row by the columns that stand now; `mark` tells its row from others."""
    columns = await warehouse.rows(WRITTEN, {"database": warehouse.settings.database})
    statements = {}
    for table, each in groupby(columns, itemgetter("table")):
        found = list(each)
        values = [_value(one["type"], mark) for one in found]
        names = ", ".join(one["name"] for one in found)
        statements[table] = f"INSERT INTO {table} ({names}) SELECT {', '.join(values)}"
    return statements


def _value(kind: str, mark: str) -> str:
    if "DateTime" in kind:
        # Rows of long ago end by themselves.
        return f"CAST(now64(3), '{_escaped(kind)}')"
    return f"'{mark}'" if "String" in kind else f"defaultValueOfTypeName('{_escaped(kind)}')"


def _escaped(text: str) -> str:
    return text.replace("'", "\\'")


async def counts(warehouse: Warehouse, tables: list[str]) -> dict[str, int]:
    return {table: (await warehouse.rows(f"SELECT count() AS n FROM {table}", {}))[0]["n"] for table in tables}


@pytest.mark.parametrize("step", [each.number for each in known_migrations()])
async def test_rows_survive_what_comes_after_a_step_and_its_version_goes_on_writing(
    warehouse: Warehouse, step: int
) -> None:
    for migration in known_migrations()[:step]:
        await apply(warehouse, migration)
    before = await inserts(warehouse, "before")
    after = await inserts(warehouse, "after")
    assert before
    for statement in before.values():
        await warehouse.command(statement)

    for migration in known_migrations()[step:]:
        await apply(warehouse, migration)
        assert await counts(warehouse, list(before)) == dict.fromkeys(before, 1)
    for statement in after.values():
        await warehouse.command(statement)
    assert await counts(warehouse, list(before)) == dict.fromkeys(before, 2)


async def test_a_migration_twice_changes_nothing(warehouse: Warehouse) -> None:
    await migrate(warehouse)
    statements = await inserts(warehouse, "row")
    for statement in statements.values():
        await warehouse.command(statement)
    held = await counts(warehouse, [*statements])
    for migration in known_migrations():
        await apply(warehouse, migration)
    assert await counts(warehouse, [*statements]) == held
