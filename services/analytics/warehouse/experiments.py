"""The queries of an experiment's analysis. A reader remembers those it asked, to explain its answers."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analytics.warehouse.aggregates import (
    ClusterTotals,
    CovariateMoments,
    ExposureHealth,
    Group,
    Moments,
    UnitCounts,
    UserCounts,
)
from analytics.warehouse.client import Row, Warehouse
from analytics.warehouse.errors import QueryTooExpensive
from analytics.warehouse.pictures import Picture
from analytics.warehouse.scopes import ExposureScope, MetricWindow
from analytics.warehouse.sql import query
from analytics.warehouse.unit_rows import UnitRows
from analytics.warehouse.unit_sums import Sums
from analytics.warehouse.unit_values import cluster_totals, observation_counts, order_statistics, pooled_value
from analytics.warehouse.units import reached_query, units_parameters

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
    """What is known of an experiment's units. One per request; `queries` are all that were asked so far.

    A scope's questions are answered from one read of its exposures and of the events of every window that was told
    before (`expect`), so they are of one moment; a window that nobody told is read by itself. Its questions:

    - `unit_counts`: the units by group and day; `health`: how their exposures look;
    - `moments`: of a metric with one number per unit, over the units that have one; with `covariate_moments` also those
      of the same number from before; `pooled_value`: the number at a rank over all groups, for a cap;
    - `sums`: of a ratio; and, where the scope's units are not users, of any metric per user (above the line the users'
      numbers, below it how many there are), so that the variance is the units'; `user_counts`: of those users;
    - `observation_counts`, `order_statistics`, `cluster_totals`: of a quantile of events.

    Each raises WarehouseError; numbers that can't be summed raise InvalidInputError, for that window alone.
    """

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse
        self.queries: list[AskedQuery] = []
        self._at_once = asyncio.Semaphore(QUERIES_AT_ONCE)
        self._expected: dict[ExposureScope, UnitRows] = {}
        self._pictures: dict[ExposureScope, list[Picture]] = {}
        self._caps: dict[tuple[ExposureScope, MetricWindow, float], Picture] = {}
        self._reading = asyncio.Lock()

    def expect(self, scope: ExposureScope, windows: Iterable[MetricWindow], *, covariates: bool = False) -> None:
        """What will be asked about the scope, so that it is read at once."""
        distinct = tuple(dict.fromkeys(windows))
        self._expected[scope] = UnitRows(scope, distinct, covariates and not scope.by_unit)

    def forget(self, scope: ExposureScope) -> None:
        """What was read of the scope; the next question reads anew."""
        self._pictures.pop(scope, None)
        self._caps = {key: each for key, each in self._caps.items() if key[0] != scope}

    async def unit_counts(self, scope: ExposureScope) -> UnitCounts:
        return (await self._picture(scope)).unit_counts()

    async def unit_counts_now(self, scope: ExposureScope) -> UnitCounts:
        """The same, read anew."""
        rows = UnitRows(scope, ())
        return Picture(rows, await self._of_rows("unit_counts", rows, Sums(rows, {}).text("unit_rows"))).unit_counts()

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
        return (await self._capped(scope, window, cap)).moments(window)

    async def covariate_moments(
        self, scope: ExposureScope, window: MetricWindow, cap: float = NO_CAP
    ) -> dict[Group, CovariateMoments]:
        """By group, over the units that have a value or a history."""
        return (await self._capped(scope, window, cap, covariates=True)).covariate_moments(window)

    async def sums(
        self, scope: ExposureScope, window: MetricWindow, cap: float = NO_CAP
    ) -> dict[Group, dict[str, float]]:
        """By group, of what stands above and below the line: the fields of a ratio's summary by name."""
        return (await self._capped(scope, window, cap)).sums(window)

    async def user_counts(self, scope: ExposureScope, window: MetricWindow, cap: float = NO_CAP) -> UserCounts:
        """Of the users behind `sums`, where units are not users."""
        return (await self._capped(scope, window, cap)).users(window)

    async def pooled_value(self, scope: ExposureScope, window: MetricWindow, zeros: int, rank: int) -> float | None:
        """The value at `rank` (0 is the smallest) of all units' values, `zeros` of them 0 for want of an event."""
        rows = (await self._picture(scope, window)).rows
        found = await self._of_rows("pooled_value", rows, pooled_value(rows, window), {"zeros": zeros, "rank": rank})
        return float(found[0]["value"]) if found else None

    async def observation_counts(self, scope: ExposureScope, window: MetricWindow) -> dict[Group, int]:
        """Events that carry a value."""
        rows = (await self._picture(scope, window)).rows
        found = await self._of_rows("observation_counts", rows, observation_counts(rows, window))
        return {_group(row): row["observations"] for row in found}

    async def order_statistics(
        self, scope: ExposureScope, window: MetricWindow, variation: str, ranks: Sequence[int]
    ) -> dict[int, float]:
        """The events' values at `ranks` (1 is the smallest) of one variation."""
        rows = (await self._picture(scope, window)).rows
        asked = {"variation": variation, "ranks": sorted(ranks)}
        found = await self._of_rows("order_statistics", rows, order_statistics(rows, window), asked)
        return {row["rank"]: row["value"] for row in found}

    async def cluster_totals(
        self, scope: ExposureScope, window: MetricWindow, variation: str, threshold: float
    ) -> ClusterTotals:
        rows = (await self._picture(scope, window)).rows
        asked = {"variation": variation, "threshold": threshold}
        found = await self._of_rows("cluster_sums", rows, cluster_totals(rows, window), asked)
        return ClusterTotals(**found[0])

    async def reached(self, scope: ExposureScope, thresholds: Sequence[int]) -> dict[int, int]:
        """When (epoch milliseconds, by the time of receipt) the scope had as many units; without those it never had."""
        given = units_parameters(scope) | {"thresholds": sorted(thresholds)}
        rows = await self._answered("reached", reached_query(scope), given)
        return {row["threshold"]: row["reached_at"] for row in rows}

    async def _picture(
        self, scope: ExposureScope, window: MetricWindow | None = None, *, covariates: bool = False
    ) -> Picture:
        """One in which the window's events are, read now unless one was; what is too much at once comes one by one."""
        async with self._reading:
            for each in self._pictures.get(scope, []):
                if window is None or (window in each.rows.windows and (each.rows.covariates or not covariates)):
                    return each
            rows = self._expected.get(scope)
            if rows is None or (window is not None and window not in rows.windows) or covariates > rows.covariates:
                rows = UnitRows(scope, (window,) if window else (), covariates)
            try:
                picture = await self._read(rows)
            except QueryTooExpensive:
                alone = UnitRows(scope, (window,) if window else (), covariates)
                if rows == alone:
                    raise
                self._expected.pop(scope, None)
                picture = await self._read(alone)
            self._pictures.setdefault(scope, []).append(picture)
            return picture

    async def _read(self, rows: UnitRows) -> Picture:
        sql = Sums(rows, dict.fromkeys(rows.windows, "")).text("unit_rows")
        return Picture(rows, await self._of_rows("unit_sums", rows, sql))

    async def _capped(
        self, scope: ExposureScope, window: MetricWindow, cap: float, *, covariates: bool = False
    ) -> Picture:
        picture = await self._picture(scope, window, covariates=covariates)
        if cap == NO_CAP:
            return picture
        capped = self._caps.get((scope, window, cap))
        if capped is None or covariates > capped.rows.covariates:
            sql = Sums(picture.rows, {window: "{cap:Float64}"}).text("unit_rows")
            capped = Picture(picture.rows, await self._of_rows("capped_sums", picture.rows, sql, {"cap": cap}))
            self._caps[scope, window, cap] = capped
        return capped

    async def _of_rows(self, name: str, rows: UnitRows, sql: str, more: Mapping[str, Any] | None = None) -> list[Row]:
        return await self._answered(name, rows.query(sql), rows.parameters() | dict(more or {}))

    async def _ask(self, name: str, scope: ExposureScope) -> list[Row]:
        return await self._answered(name, query(name), scope.parameters())

    async def _answered(self, name: str, sql: str, given: Mapping[str, Any]) -> list[Row]:
        parameters = {key: value for key, value in given.items() if f"{{{key}:" in sql}
        async with self._at_once:
            rows = await self._warehouse.rows(sql, parameters)
        self.queries.append(AskedQuery(name, sql, parameters, rows))
        return rows


def _group(row: Row) -> Group:
    return row["segment"], row["variation"]
