"""The copies of a migrated warehouse that tests begin with are what its migrations make."""

from __future__ import annotations

from analytics.warehouse.client import Warehouse
from analytics.warehouse.migrations import applied_migrations, known_migrations, migrate
from analytics.warehouse.settings import WarehouseSettings


async def tables(warehouse: Warehouse) -> dict[str, str]:
    """How each table is made, by its name."""
    database = warehouse.settings.database
    rows = await warehouse.rows(
        "SELECT name, create_table_query AS made FROM system.tables WHERE database = {database:String}",
        {"database": database},
    )
    return {row["name"]: row["made"].replace(database, "its") for row in rows}


async def test_a_copy_has_the_tables_that_the_migrations_make(
    warehouse: Warehouse, clickhouse_url: str, clickhouse_database: str
) -> None:
    by_itself = Warehouse(WarehouseSettings(url=clickhouse_url, database=clickhouse_database))
    await migrate(by_itself)
    made = await tables(by_itself)
    assert made
    assert await tables(warehouse) == made
    assert await applied_migrations(warehouse) == await applied_migrations(by_itself)
    await by_itself.close()


async def test_nothing_is_left_to_migrate_in_a_copy(warehouse: Warehouse) -> None:
    assert await migrate(warehouse) == []
    assert list(await applied_migrations(warehouse)) == [each.number for each in known_migrations()]
