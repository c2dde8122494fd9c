"""Answers as Arrow tables, for what leaves in bulk."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import pyarrow as pa
from clickhouse_connect.driver.client import Client

from analytics.warehouse.client import Warehouse
from analytics.warehouse.errors import query_error


class ArrowWarehouse(Warehouse):
    """A warehouse whose answers can also be had by columns."""

    async def table(self, sql: str, parameters: Mapping[str, Any]) -> pa.Table:
        """The answer as a table; text is UTF-8 strings, moments are timestamps in UTC. Raises WarehouseError."""
        return await self._run(partial(self._table, self.placed(sql), dict(parameters)), query_error)

    @staticmethod
    def _table(sql: str, parameters: dict[str, Any], client: Client) -> pa.Table:
        return client.query_arrow(sql, parameters=parameters, use_strings=True)
