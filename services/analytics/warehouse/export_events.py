"""Events as they leave: in batches by key, each event once, only those that came to rest in a window of time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from analytics.warehouse.arrow import ArrowWarehouse
from analytics.warehouse.sql import query, taken

EventKey = tuple[str, str, str]
"""Flag or metric, user key, event id: what makes an event one, in the order of the tables."""
NO_KEY: EventKey = ("", "", "")
EVENT_KEY_COLUMN = "event_key"
_QUERIES = {"exposures": "export_exposures", "metric_events": "export_metrics"}


@dataclass(frozen=True, slots=True)
class EventWindow:
    """Rows of one environment stored after `since` and not after `until` (epoch milliseconds by ClickHouse's clock).

    `generation` is the full export whose committed batches are left out, unless `since` is 0: the first window of a
    generation has nothing before it.
    """

    organization_id: str
    environment_id: str
    export_id: str
    generation: int
    dataset: str
    since: int
    until: int

    def parameters(self) -> dict[str, Any]:
        return {
            "organization": self.organization_id,
            "environment": self.environment_id,
            "export": self.export_id,
            "generation": self.generation,
            "dataset": self.dataset,
            "since": self.since,
            "until": self.until,
        }


class EventReader:
    """Reads batches in the order of the tables' keys. All calls raise WarehouseError."""

    def __init__(self, warehouse: ArrowWarehouse, rows_max: int, bytes_max: int) -> None:
        self._warehouse = warehouse
        self._rows_max = rows_max
        self._bytes_max = bytes_max

    async def stored_until(self, lag_seconds: float) -> int:
        """The moment, in epoch milliseconds, up to which every row can be read: ClickHouse's clock less the lag."""
        rows = await self._warehouse.rows("SELECT toUnixTimestamp64Milli(now64(3)) AS now", {})
        return int(rows[0]["now"]) - round(lag_seconds * 1000)

    async def batch_end(self, window: EventWindow, after: EventKey) -> EventKey | None:
        """The last key of the batch that follows `after`; None when nothing does."""
        sql = query(f"{_QUERIES[window.dataset]}_edge")
        rows = self._rows_max
        while True:
            asked = window.parameters() | _key("after", after) | {"rows": rows}
            found = (await self._warehouse.rows(sql, taken(sql, asked)))[0]
            if not found["rows"]:
                return None
            if found["bytes"] <= self._bytes_max or found["rows"] == 1:
                name, user, event = found["last"]
                return name, user, event
            rows = max(1, min(found["rows"] - 1, found["rows"] * self._bytes_max // found["bytes"]))

    async def batch(self, window: EventWindow, after: EventKey, last: EventKey) -> pa.Table:
        """The events of `after < key <= last`, without those that went out before; the dataset's columns and
        `event_key` (16 bytes)."""
        name = _QUERIES[window.dataset]
        sql = query(name if window.since else f"{name}_batch")
        asked = window.parameters() | _key("after", after) | _key("last", last)
        return await self._warehouse.table(sql, taken(sql, asked))


def _key(prefix: str, key: EventKey) -> dict[str, str]:
    return {f"{prefix}_{part}": value for part, value in zip(("name", "user", "event"), key, strict=True)}
