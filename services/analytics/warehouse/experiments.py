"""The queries of an experiment's analysis. A reader remembers those it asked, to explain its answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analytics.warehouse.aggregates import (
    NO_CAPS,
    Caps,
    ClusterTotals,
    CovariateMoments,
    ExposureHealth,
    Group,
    Moments,
    Percentiles,
    UnitCounts,
    UserCounts,
)
from analytics.warehouse.client import Row, Warehouse
from analytics.warehouse.errors import QueryTooExpensive
from analytics.warehouse.joint_sums import JointRead, JointRequest, JointSums
from analytics.warehouse.pictures import Picture
from analytics.warehouse.placement import over_rows, placed
from analytics.warehouse.scopes import ExposureScope, MetricWindow
from analytics.warehouse.sheets import Sheet, Sheets
from analytics.warehouse.sql import query, taken
from analytics.warehouse.unit_rows import UnitRows
from analytics.warehouse.unit_sums import Sums
from analytics.warehouse.unit_values import cluster_totals, observation_counts, order_statistics, pooled_caps
from analytics.warehouse.units import reached_query, units_parameters

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
    """What is known of an experiment's units. One per request; `queries` are all that were asked so far. `sheets`: a
    result that has a sheet is brought forward and not read anew.

    A scope's questions are answered from one read of its exposures and of the events of every window that was told
    before (`expect`), so they are of one moment; a window that nobody told is read by itself. Its questions:

    - `unit_counts`: the units by group and day; `health`: how their exposures look;
    - `moments`: of a metric with one number per unit, over the units that have one; with `covariate_moments` also those
      of the same number from before; `pooled_caps`: where percentiles over all groups are; `joint_sums`: of any metric
      with several covariates;
    - `sums`: of a ratio; and, where the scope's units are not users, of any metric per user (above the line the users'
      numbers, below it how many there are), so that the variance is the units'; `user_counts`: of those users;
    - `steps`: of a funnel;
    - `observation_counts`, `order_statistics`, `cluster_totals`: of a quantile of events.

    Each raises WarehouseError; numbers that can't be summed raise InvalidInputError, for that window alone.
    """

    def __init__(self, warehouse: Warehouse, *, sheets: Sheets | None = None) -> None:
        self._warehouse = warehouse
        self._sheets = sheets
        self._kept: dict[UnitRows, Sheet] = {}
        self.queries: list[AskedQuery] = []
        self._at_once = asyncio.Semaphore(QUERIES_AT_ONCE)
        self._expected: dict[ExposureScope, UnitRows] = {}
        self._pictures: dict[ExposureScope, list[Picture]] = {}
        self._caps: dict[tuple[ExposureScope, MetricWindow, Caps], Picture] = {}
        self._reading = asyncio.Lock()

    def expect(self, scope: ExposureScope, windows: Iterable[MetricWindow], *, covariates: bool = False) -> None:
        """What will be asked about the scope, so that it is read at once."""
        distinct = tuple(dict.fromkeys(windows))
        self._expected[scope] = UnitRows(scope, distinct, covariates and not scope.by_unit)

    def expected(self, scope: ExposureScope) -> UnitRows:
        """What will be read of the scope at once."""
        return self._expected.get(scope, UnitRows(scope, ()))

    async def picture(self, rows: UnitRows) -> Picture:
        """One of these rows alone."""
        return await self._read(rows)

    def brought_forward_at(self, scope: ExposureScope) -> int | None:
        """When (epoch milliseconds) what was read of the scope was brought forward; None: it was read just now."""
        sheets = [sheet for rows, sheet in self._kept.items() if rows.scope == scope]
        return min((each.brought_forward_at for each in sheets), default=None)

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
        overridden = (await self._ask("overridden", scope))[0]
        return ExposureHealth(
            row["exposure_count"],
            row["placeholder_count"],
            row["early_count"],
            row["latest_at"],
            row["latest_received_at"],
            {each["variation"]: each["exposure_count"] for each in others},
            overridden["overridden_count"],
            overridden["analysed_count"],
        )

    async def moments(self, scope: ExposureScope, window: MetricWindow, caps: Caps = NO_CAPS) -> dict[Group, Moments]:
        """By group, over the units that have a value; a group without any is missing."""
        return (await self._capped(scope, window, caps)).moments(window)

    async def covariate_moments(
        self, scope: ExposureScope, window: MetricWindow, caps: Caps = NO_CAPS
    ) -> dict[Group, CovariateMoments]:
        """By group, over the units that have a value or a history."""
        return (await self._capped(scope, window, caps, covariates=True)).covariate_moments(window)

    async def sums(
        self, scope: ExposureScope, window: MetricWindow, caps: Caps = NO_CAPS
    ) -> dict[Group, dict[str, float]]:
        """By group, of what stands above and below the line: the fields of a ratio's summary by name."""
        return (await self._capped(scope, window, caps)).sums(window)

    async def steps(self, scope: ExposureScope, window: MetricWindow) -> dict[Group, tuple[int, ...]]:
        """By group: how many units (or users, where those have the numbers) took each of a funnel's steps."""
        return (await self._picture(scope, window)).steps(window)

    async def user_counts(self, scope: ExposureScope, window: MetricWindow, caps: Caps = NO_CAPS) -> UserCounts:
        """Of the users behind `sums`, where units are not users."""
        return (await self._capped(scope, window, caps)).users(window)

    async def pooled_caps(self, scope: ExposureScope, window: MetricWindow, zeros: int, at: Percentiles) -> Caps | None:
        """Of all units' values, `zeros` more of which are 0 for want of an event. None: there is no value."""
        rows = (await self._picture(scope, window)).rows
        asked = {"zeros": zeros, "lower": at.lower, "upper": at.upper, "spared": int(at.nonzero)}
        [found] = await self._of_rows("pooled_caps", rows, pooled_caps(rows, window), asked)
        if not found["numbers"]:
            return None
        return Caps(found["floor"] if at.lower else NO_CAPS.floor, found["cap"], at.nonzero)

    async def observation_counts(
        self, scope: ExposureScope, window: MetricWindow, days: Sequence[str] = ()
    ) -> dict[Group, int]:
        """Events that carry a value. With `days`, segments are days, and each of `days` holds all before it, too."""
        found = await self._of_values("observation_counts", observation_counts, (scope, window, days), {})
        return {_group(row): row["observations"] for row in found}

    async def order_statistics(
        self, scope: ExposureScope, window: MetricWindow, ranks: Mapping[Group, Sequence[int]], days: Sequence[str] = ()
    ) -> dict[Group, dict[int, float]]:
        """The events' values at each group's `ranks` (1 is the smallest)."""
        asked = [(*group, rank) for group, some in ranks.items() for rank in sorted(set(some))]
        segments, arms, numbers = (list(each) for each in zip(*asked, strict=True)) if asked else ([], [], [])
        given = {"segments": segments, "arms": arms, "ranks": numbers}
        values: dict[Group, dict[int, float]] = {}
        for row in await self._of_values("order_statistics", order_statistics, (scope, window, days), given):
            values.setdefault(_group(row), {})[row["rank"]] = row["value"]
        return values

    async def cluster_totals(
        self, scope: ExposureScope, window: MetricWindow, thresholds: Mapping[Group, float], days: Sequence[str] = ()
    ) -> dict[Group, ClusterTotals]:
        """Of the units that have values, how many of those are at or below their group's threshold."""
        given = _threshold_parameters(thresholds)
        found = await self._of_values("cluster_sums", cluster_totals, (scope, window, days), given)
        fields = ClusterTotals.__dataclass_fields__
        return {_group(row): ClusterTotals(**{name: row[name] for name in fields}) for row in found}

    async def joint_sums(
        self, scope: ExposureScope, asked: JointRequest, thresholds: Mapping[Group, float] | None = None
    ) -> dict[Group, JointSums]:
        """Of a metric and its covariates, by group. Raises InvalidInputError."""
        windows = tuple(dict.fromkeys([asked.target, *(window for _, window in asked.covariates)]))
        rows = UnitRows(scope, windows, covariates=True, joint=True)
        read = JointRead(rows, asked)
        given: dict[str, Any] = _threshold_parameters(thresholds or {})
        if asked.caps != NO_CAPS:
            given |= _cap_parameters(asked.caps)
        if asked.days:
            given["days"] = list(asked.days)
        return read.read(await self._of_rows("joint_sums", rows, read.text(), given))

    async def _of_values(
        self,
        name: str,
        body: Callable[..., str],
        asked: tuple[ExposureScope, MetricWindow, Sequence[str]],
        given: Mapping[str, Any],
    ) -> list[Row]:
        scope, window, days = asked
        rows = (await self._picture(scope, window)).rows
        sql = body(rows, window, cumulative=bool(days))
        return await self._of_rows(name, rows, sql, {**given, "days": list(days)})

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
        sheet = None if self._sheets is None else await self._sheets.forward(rows)
        if sheet is not None:
            self._kept[rows] = sheet
        sql = Sums(rows, dict.fromkeys(rows.windows, False)).text("unit_rows")
        if sheet is None:
            return Picture(rows, await self._of_rows("unit_sums", rows, sql))
        text, given = self._text(rows, sql)
        self.queries.append(AskedQuery("unit_sums", placed(text, self._warehouse.settings), given, sheet.sums))
        return Picture(rows, sheet.sums)

    async def _capped(
        self, scope: ExposureScope, window: MetricWindow, caps: Caps, *, covariates: bool = False
    ) -> Picture:
        picture = await self._picture(scope, window, covariates=covariates)
        if caps == NO_CAPS:
            return picture
        capped = self._caps.get((scope, window, caps))
        if capped is None or covariates > capped.rows.covariates:
            sql = Sums(picture.rows, {window: True}).text("unit_rows")
            capped = Picture(picture.rows, await self._of_rows("capped_sums", picture.rows, sql, _cap_parameters(caps)))
            self._caps[scope, window, caps] = capped
        return capped

    async def _of_rows(self, name: str, rows: UnitRows, sql: str, more: Mapping[str, Any] | None = None) -> list[Row]:
        text, given = self._text(rows, sql)
        return await self._answered(name, text, given | dict(more or {}))

    def _text(self, rows: UnitRows, sql: str) -> tuple[str, dict[str, Any]]:
        """A query over `unit_rows`, with what those are in front of it."""
        sheet = self._kept.get(rows)
        if sheet is None:
            return rows.query(sql), rows.parameters()
        return over_rows(sheet.text, sql), sheet.parameters()

    async def _ask(self, name: str, scope: ExposureScope) -> list[Row]:
        return await self._answered(name, query(name), scope.parameters())

    async def _answered(self, name: str, sql: str, given: Mapping[str, Any]) -> list[Row]:
        parameters = taken(sql, given)
        async with self._at_once:
            rows = await self._warehouse.rows(sql, parameters)
        self.queries.append(AskedQuery(name, placed(sql, self._warehouse.settings), parameters, rows))
        return rows


def _cap_parameters(caps: Caps) -> dict[str, Any]:
    return {"floor": caps.floor, "cap": caps.cap, "spared": int(caps.spare_zeros)}


def _threshold_parameters(thresholds: Mapping[Group, float]) -> dict[str, Any]:
    return {
        "segments": [segment for segment, _ in thresholds],
        "arms": [arm for _, arm in thresholds],
        "thresholds": list(thresholds.values()),
    }


def _group(row: Row) -> Group:
    return row["segment"], row["variation"]
