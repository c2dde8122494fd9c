"""The queries of an experiment's analysis. A reader remembers those it asked, to explain its answers."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analytics.warehouse.aggregates import (
    ClusterTotals,
    CovariateMoments,
    ExposureHealth,
    Group,
    Moments,
    UnitCounts,
)
from analytics.warehouse.client import Row, Warehouse
from analytics.warehouse.scopes import ExposureScope, MetricWindow
from analytics.warehouse.sql import query

NO_CAP = sys.float_info.max
QUERIES_AT_ONCE = 3
"""Of one request: those of others find connections that are free."""


@dataclass(frozen=True, slots=True)
class AskedQuery:
    """A query as it was asked, and the rows of its answer."""

    name: str
    sql: str
    parameters: Mapping[str, Any]
    rows: list[Row]


class ExperimentReader:
    """One per request; `queries` are all that were asked so far."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse
        self.queries: list[AskedQuery] = []
        self._at_once = asyncio.Semaphore(QUERIES_AT_ONCE)

    async def unit_counts(self, scope: ExposureScope) -> UnitCounts:
        rows = await self._ask("unit_counts", scope)
        units: dict[Group, int] = {}
        days: dict[str, dict[str, int]] = {}
        for row in rows:
            if not row["several"]:
                units[_group(row)] = units.get(_group(row), 0) + row["units"]
                day = days.setdefault(row["day"].isoformat(), {})
                day[row["variation"]] = day.get(row["variation"], 0) + row["units"]
        return UnitCounts(
            units,
            days,
            sum(row["units"] for row in rows if row["several"]),
            max((row["last_at"] for row in rows), default=0),
        )

    async def health(self, scope: ExposureScope) -> ExposureHealth:
        row = (await self._ask("health", scope))[0]
        others = await self._ask("other_variations", scope)
        return ExposureHealth(
            row["exposure_count"],
            row["placeholder_count"],
            row["early_count"],
            row["latest_at"],
            row["latest_received_at"],
            {each["variation"]: each["exposure_count"] for each in others},
        )

    async def moments(self, scope: ExposureScope, window: MetricWindow, cap: float = NO_CAP) -> dict[Group, Moments]:
        """By group, over the units that have a value; a group without any is missing."""
        rows = await self._ask("metric_moments", scope, window, {"cap": cap})
        return {
            _group(row): Moments(row["units"], row["mean"], max(row["squares"], 0.0), row["capped"]) for row in rows
        }

    async def covariate_moments(
        self, scope: ExposureScope, window: MetricWindow, cap: float = NO_CAP
    ) -> dict[Group, CovariateMoments]:
        """By group, over the units that have a value or a history."""
        rows = await self._ask("covariate_moments", scope, window, {"cap": cap})
        return {
            _group(row): CovariateMoments(**{name: row[name] for name in CovariateMoments.__dataclass_fields__})
            for row in rows
        }

    async def sums(self, scope: ExposureScope, window: MetricWindow) -> dict[Group, dict[str, float]]:
        """By group, what the aggregation's own query adds up: the fields of its summary by name."""
        rows = await self._ask(f"aggregations/{window.aggregation.name}", scope, window)
        return {
            _group(row): {name: each for name, each in row.items() if name not in ("segment", "variation")}
            for row in rows
        }

    async def pooled_value(self, scope: ExposureScope, window: MetricWindow, zeros: int, rank: int) -> float | None:
        """The value at `rank` (0 is the smallest) of all units' values, `zeros` of them 0 for want of an event."""
        rows = await self._ask("pooled_value", scope, window, {"zeros": zeros, "rank": rank})
        return float(rows[0]["value"]) if rows else None

    async def observation_counts(self, scope: ExposureScope, window: MetricWindow) -> dict[Group, int]:
        """Events that carry a value."""
        rows = await self._ask("aggregations/quantile/observation_counts", scope, window)
        return {_group(row): row["observations"] for row in rows}

    async def order_statistics(
        self, scope: ExposureScope, window: MetricWindow, variation: str, ranks: Sequence[int]
    ) -> dict[int, float]:
        """The events' values at `ranks` (1 is the smallest) of one variation."""
        asked = {"variation": variation, "ranks": sorted(ranks)}
        rows = await self._ask("aggregations/quantile/order_statistics", scope, window, asked)
        return {row["rank"]: row["value"] for row in rows}

    async def cluster_totals(
        self, scope: ExposureScope, window: MetricWindow, variation: str, threshold: float
    ) -> ClusterTotals:
        asked = {"variation": variation, "threshold": threshold}
        return ClusterTotals(**(await self._ask("aggregations/quantile/cluster_sums", scope, window, asked))[0])

    async def reached(self, scope: ExposureScope, thresholds: Sequence[int]) -> dict[int, int]:
        """When (epoch milliseconds, by the time of receipt) the scope had as many units; without those it never had."""
        rows = await self._ask("reached", scope, None, {"thresholds": sorted(thresholds)})
        return {row["threshold"]: row["reached_at"] for row in rows}

    async def _ask(
        self, name: str, scope: ExposureScope, window: MetricWindow | None = None, more: Mapping[str, Any] | None = None
    ) -> list[Row]:
        sql = query(name, units=scope.units, aggregation=window.aggregation.name if window else "")
        given = scope.parameters() | (window.parameters() if window else {}) | dict(more or {})
        asked = {key: value for key, value in given.items() if f"{{{key}:" in sql}
        return await self._answered(name.rpartition("/")[2], sql, asked)

    async def _answered(self, name: str, sql: str, parameters: Mapping[str, Any]) -> list[Row]:
        async with self._at_once:
            rows = await self._warehouse.rows(sql, parameters)
        self.queries.append(AskedQuery(name, sql, parameters, rows))
        return rows


def _group(row: Row) -> Group:
    return row["segment"], row["variation"]
