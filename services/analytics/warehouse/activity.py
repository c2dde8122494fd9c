"""What goes on in an environment now: who asks, and what arrives minute by minute.

`organization` and `environment` are ids, times seconds of the epoch; `start <= time < stop`.
"""

from __future__ import annotations

import asyncio

from analytics.warehouse.client import Row, Warehouse
from analytics.warehouse.sql import query, taken


class ActivityReader:
    """Raises WarehouseError."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    async def callers(
        self, organization: str, environment: str, start: int, stop: int, recent: int
    ) -> tuple[list[Row], list[Row]]:
        """By SDK: asked_at (milliseconds), evaluations since `recent`. By SDK key: last_exposure_at, last_metric_at,
        last_usage_at since `start`, and last_used_at without a start (milliseconds, 0: none)."""
        asked = {
            "organization": organization,
            "environment": environment,
            "start": start,
            "stop": stop,
            "recent": recent,
        }
        return await self._both("usage_callers", "event_keys", asked)

    async def minutes(self, organization: str, environment: str, start: int, stop: int) -> tuple[list[Row], list[Row]]:
        """By minute (`at`): evaluations, errors, unknown_flags; and exposures, metrics."""
        asked = {"organization": organization, "environment": environment, "start": start, "stop": stop}
        return await self._both("usage_activity", "event_activity", asked)

    async def _both(self, first: str, second: str, asked: dict[str, object]) -> tuple[list[Row], list[Row]]:
        texts = query(first), query(second)
        found = await asyncio.gather(*(self._warehouse.rows(each, taken(each, asked)) for each in texts))
        return found[0], found[1]
