"""A warehouse with all migrations, to be copied: that takes a fifth of the time that they take."""

from __future__ import annotations

import asyncio
import json

from analytics.warehouse.client import Warehouse
from analytics.warehouse.migrations import migrate
from analytics.warehouse.settings import WarehouseSettings

from devstack.parts import ClickHouse


class MigratedWarehouse:
    """A database of one server that nobody writes to. Its name stands nowhere else in what makes its tables."""

    def __init__(self, server: ClickHouse, name: str) -> None:
        self._server = server
        self._name = name
        asyncio.run(self._migrate())
        asked = f"SELECT create_table_query AS made FROM system.tables WHERE database = '{name}'"
        # A view reads tables: it comes after them.
        answer = server.run_sql(f"{asked} ORDER BY engine = 'MaterializedView', name FORMAT JSONEachRow")
        self._made = [json.loads(line)["made"] for line in answer.splitlines()]

    def copy(self, name: str) -> None:
        """Make a database with the same tables, and the journal that says so."""
        statements = [f"CREATE DATABASE {name}", *(made.replace(self._name, name) for made in self._made)]
        statements.append(f"INSERT INTO {name}.schema_migrations SELECT * FROM {self._name}.schema_migrations")
        self._server.run_sql(";\n".join(statements))

    async def _migrate(self) -> None:
        warehouse = Warehouse(WarehouseSettings(url=self._server.url, database=self._name))
        await migrate(warehouse)
        await warehouse.close()
