"""The queries of what was known of users when they were exposed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from analytics.warehouse.client import Row, Warehouse
from analytics.warehouse.sql import query, taken

_HASH_MAX = 2**64 - 1
_SPARE = 1.1
"""More than the estimate asks for: it may be wrong by some percent."""


@dataclass(frozen=True, slots=True)
class SampleSize:
    """How much is read at most: users, contexts of each, and bytes of contexts. Whoever holds a client key sends
    contexts, so without a bound in bytes a reader's memory would be theirs."""

    units: int
    contexts: int = 5_000
    bytes: int = 256 * 1024 * 1024


class ContextReader:
    """Reads the contexts of an environment's recent users.

    `organization` and `environment` are ids, `since` epoch milliseconds."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    async def recent(self, environment: dict[str, Any], most: SampleSize) -> tuple[int, list[Row]]:
        """About how many users there are; and some of them with user_key, contexts (at, flag, context)."""
        limit = most.units
        counted = await self._warehouse.rows(query("recent_units"), environment)
        units = int(counted[0]["units"])
        hash_max = _HASH_MAX if units <= limit else min(_HASH_MAX, int(_HASH_MAX * (limit / units) * _SPARE))
        sql = query("recent_contexts")
        bounds = {"hash_max": hash_max, "limit": limit, "contexts_max": most.contexts, "bytes_max": most.bytes}
        rows = await self._warehouse.rows(sql, taken(sql, environment | bounds))
        found = rows[0]["found"] if rows else 0
        return max(units, found) if found == limit else found, rows
