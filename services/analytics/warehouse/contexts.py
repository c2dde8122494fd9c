"""The queries of what was known of users when they were exposed."""

from __future__ import annotations

from typing import Any

from analytics.warehouse.client import Row, Warehouse
from analytics.warehouse.sql import query, taken

_HASH_MAX = 2**64 - 1
_SPARE = 1.1
"""More than the estimate asks for: it may be wrong by some percent."""


class ContextReader:
    """Reads the contexts of an environment's recent users.

    `organization` and `environment` are ids, `since` epoch milliseconds."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    async def recent(self, environment: dict[str, Any], limit: int) -> tuple[int, list[Row]]:
        """About how many users there are; and at most `limit` of them with user_key, contexts (at, flag, context)."""
        counted = await self._warehouse.rows(query("recent_units"), environment)
        units = int(counted[0]["units"])
        hash_max = _HASH_MAX if units <= limit else min(_HASH_MAX, int(_HASH_MAX * (limit / units) * _SPARE))
        sql = query("recent_contexts")
        rows = await self._warehouse.rows(sql, taken(sql, environment | {"hash_max": hash_max, "limit": limit}))
        return max(units, len(rows)) if len(rows) == limit else len(rows), rows
