"""The queries of a flag's exposures."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from bucketing.limits import FLAG_VARIATIONS_MAX

from analytics.warehouse.client import Row, Warehouse
from analytics.warehouse.placement import over_rows
from analytics.warehouse.scopes import ExposureScope
from analytics.warehouse.sql import query, taken
from analytics.warehouse.units import units_parameters, units_query


class ExposureReader:
    """Reads a flag's exposures, and what flags share.

    `organization` and `environment` are ids; times in epoch milliseconds, `start <= time < stop`."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    async def series(self, flag: dict[str, Any], bucket_seconds: int) -> list[Row]:
        """bucket, variation, exposures, units; all variations but the commonest together as `…`."""
        bounds = {"bucket_seconds": bucket_seconds, "variations_max": FLAG_VARIATIONS_MAX}
        return await self._warehouse.rows(query("flag_exposures"), flag | bounds)

    async def totals(self, flag: dict[str, Any]) -> list[Row]:
        """variation, exposures, units; all variations but the commonest together as `…`."""
        return await self._warehouse.rows(query("flag_totals"), flag | {"variations_max": FLAG_VARIATIONS_MAX})

    async def recent(self, flag: dict[str, Any], limit: int) -> list[Row]:
        """The latest exposures, newest first."""
        return await self._warehouse.rows(query("recent_exposures"), flag | {"limit": limit})

    async def shared_users(self, scope: ExposureScope, flags: Collection[str]) -> dict[str, int]:
        """Users of the scope who were exposed to other flags, ever, by flag; a flag without any is missing."""
        sql = over_rows(f"units AS\n(\n{units_query(scope)}\n)", query("shared_users"))
        given = units_parameters(scope) | {"flags": sorted(flags)}
        rows = await self._warehouse.rows(sql, taken(sql, given))
        return {row["flag"]: row["users"] for row in rows}
