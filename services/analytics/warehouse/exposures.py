"""The queries of a flag's exposures."""

from __future__ import annotations

from typing import Any

from analytics.warehouse.client import Row, Warehouse
from analytics.warehouse.sql import query


class ExposureReader:
    """Reads a flag's exposures.

    `organization` and `environment` are ids; times in epoch milliseconds, `start <= time < stop`."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    async def series(self, flag: dict[str, Any], bucket_seconds: int) -> list[Row]:
        """bucket, variation, exposures, units."""
        return await self._warehouse.rows(query("flag_exposures"), flag | {"bucket_seconds": bucket_seconds})

    async def totals(self, flag: dict[str, Any]) -> list[Row]:
        """variation, exposures, units."""
        return await self._warehouse.rows(query("flag_totals"), flag)

    async def recent(self, flag: dict[str, Any], limit: int) -> list[Row]:
        """The latest exposures, newest first."""
        return await self._warehouse.rows(query("recent_exposures"), flag | {"limit": limit})
