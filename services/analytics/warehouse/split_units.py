"""Units that came by the percentages of a rule or a default, by stages: what guards of rollouts are read from.

A unit is of the stage and the side of the first such exposure since the rollout began, whatever it sees later. One
whose first exposure lies in no stage, or in a stage's first moments, in which edges still serve the share before, is of
none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bucketing.decision import SPLIT_OF_DEFAULT
from messages.arms import ARM_PREFIX, ARM_SOURCE_LENGTH, arm_prefix

from analytics.warehouse.client import Warehouse
from analytics.warehouse.pictures import Picture
from analytics.warehouse.placement import on_shard, over_rows, unmarked
from analytics.warehouse.scopes import END_OF_TIME, ExposureScope, MetricWindow
from analytics.warehouse.sql import taken
from analytics.warehouse.unit_rows import UnitRows
from analytics.warehouse.unit_sums import Sums

SIDES = ("new", "rest")
_DRAWN = """    SELECT
        user_key,
        min(split_units.first_at) AS came_at,
        argMin(split_units.unit_key, (split_units.first_at, split_units.variation)) AS unit,
        if(argMin(split_units.variation, (split_units.first_at, split_units.variation)) = {variation:String},
            'new', 'rest') AS side,
        arrayFirstIndex(
            (began, ended) -> toUnixTimestamp64Milli(came_at) >= began AND toUnixTimestamp64Milli(came_at) < ended,
            {begins:Array(Int64)},
            {ends:Array(Int64)}) AS stage,
        max(split_units.received_at) AS heard_at
    FROM split_units
    WHERE organization_id = {organization:String}
        AND environment_id = {environment:String}
        AND flag = {flag:String}
        AND split = {split:String}
        AND day >= toDate(fromUnixTimestamp64Milli({start:Int64}, 'UTC'), 'UTC')
        AND split_units.first_at >= fromUnixTimestamp64Milli({start:Int64}, 'UTC')
    GROUP BY user_key"""
_USERS = """SELECT user_key, came_at AS first_at, unit, side, stage, heard_at FROM
(
$drawn
)"""
_OF_UNITS = """SELECT user_key, came_at AS first_at, unit, unit_side AS side, stage, heard_at
FROM
(
    SELECT
        *,
        first_value(side) OVER (PARTITION BY unit ORDER BY came_at, user_key) AS unit_side,
        first_value(stage) OVER (PARTITION BY unit ORDER BY came_at, user_key) AS unit_stage
    FROM (/* on each shard */
$drawn
    /* together */)
)
WHERE stage = unit_stage"""
# Units that stand for an arm come in no exposure: each is there once, when it was measured.
_OF_ARMS = """    SELECT
        user_key,
        min(occurred_at) AS came_at,
        '' AS unit,
        if(startsWith(user_key, {arm:String}) AND length(user_key) = length({arm:String}) + {source:UInt16},
            'new', 'rest') AS side,
        arrayFirstIndex(
            (began, ended) -> toUnixTimestamp64Milli(came_at) >= began AND toUnixTimestamp64Milli(came_at) < ended,
            {begins:Array(Int64)},
            {ends:Array(Int64)}) AS stage,
        max(received_at) AS heard_at
    FROM events_metric
    WHERE organization_id = {organization:String}
        AND environment_id = {environment:String}
        AND metric IN ({event:String}, {denominator:String})
        AND startsWith(user_key, {arms:String})
        AND occurred_at >= fromUnixTimestamp64Milli({start:Int64}, 'UTC')
    GROUP BY user_key"""
_COUNTS = """SELECT
    stage,
    side,
    {units} AS units,
    toUnixTimestamp64Milli(max(heard_at)) AS last_heard_at
FROM {drawn}
GROUP BY stage, side
ORDER BY stage, side"""
_CLOSED = """SELECT
    user_key,
    first_at,
    toString(stage) AS segment,
    toUInt8(0) AS several,
    side AS only_variation,
    unit
FROM
(
{drawn}
)
WHERE stage > 0 AND first_at < fromUnixTimestamp64Milli({{closed:Int64}}, 'UTC')"""


@dataclass(frozen=True, slots=True)
class SplitScope:
    """Who came by the percentages of `rule` (empty: the default). `stages`: begin and end (exclusive) of each, epoch
    milliseconds. `by_unit`: they are drawn by an attribute, which exposures carry as their unit."""

    organization_id: str
    environment_id: str
    flag: str
    rule: str
    variation: str
    start: int
    stages: tuple[tuple[int, int], ...]
    by_unit: bool

    def parameters(self) -> dict[str, Any]:
        """As server-side parameters."""
        return {
            "organization": self.organization_id,
            "environment": self.environment_id,
            "flag": self.flag,
            "split": self.rule or SPLIT_OF_DEFAULT,
            "variation": self.variation,
            "start": self.start,
            "begins": [begin for begin, _ in self.stages],
            "ends": [end for _, end in self.stages],
        }

    @property
    def drawn(self) -> str:
        return (_OF_UNITS if self.by_unit else _USERS).replace("$drawn", _DRAWN)

    def rows(self, windows: tuple[MetricWindow, ...]) -> UnitRows:
        scope = ExposureScope(
            organization_id=self.organization_id,
            environment_id=self.environment_id,
            flag=self.flag,
            experiment="",
            variations=SIDES,
            start=self.start,
            stop=END_OF_TIME,
            as_of=END_OF_TIME,
            by_unit=self.by_unit,
        )
        return UnitRows(scope, windows)


@dataclass(frozen=True, slots=True)
class SplitCounts:
    """Units by stage (from 0) and side. `heard_at`: when the last of their exposures was received; None: none was."""

    units: Mapping[int, tuple[int, int]]
    heard_at: int | None


class SplitReader:
    """All calls raise WarehouseError."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    async def counts(self, scope: SplitScope) -> SplitCounts:
        """Of all who came, whether their windows are closed or not."""
        units = "uniqExactIf(unit, unit != '')" if scope.by_unit else "count()"
        drawn = f"(\n{scope.drawn}\n)" if scope.by_unit else on_shard(scope.drawn)
        sql = _COUNTS.format(units=units, drawn=drawn)
        found: dict[int, dict[str, int]] = {}
        heard_at = 0
        for row in await self._warehouse.rows(sql, taken(sql, scope.parameters())):
            heard_at = max(heard_at, row["last_heard_at"])
            if row["stage"]:
                found.setdefault(row["stage"] - 1, {})[row["side"]] = row["units"]
        units_of = {stage: (each.get("new", 0), each.get("rest", 0)) for stage, each in found.items()}
        return SplitCounts(units_of, heard_at or None)

    async def closed(self, scope: SplitScope, windows: tuple[MetricWindow, ...], closed: int) -> Picture:
        """Sums of the windows over those who came before `closed` (epoch milliseconds), by stage (from 1, as text) and
        side."""
        return await self._picture(scope.rows(windows), scope.drawn, scope.parameters() | {"closed": closed})

    async def closed_arms(self, scope: SplitScope, window: MetricWindow, closed: int) -> Picture:
        """The same of one window, over the units that stand for an arm of the flag (`messages/arms.py`)."""
        given = scope.parameters() | {
            "closed": closed,
            "event": window.event,
            "denominator": window.denominator,
            "arms": f"{ARM_PREFIX}{scope.flag}:",
            "arm": arm_prefix(scope.flag, scope.variation),
            "source": ARM_SOURCE_LENGTH,
        }
        rows = replace(scope, by_unit=False).rows((window,))
        return await self._picture(rows, _USERS.replace("$drawn", _OF_ARMS), given)

    async def _picture(self, rows: UnitRows, drawn: str, given: Mapping[str, Any]) -> Picture:
        units = _CLOSED.format(drawn=drawn)
        sums = Sums(rows, dict.fromkeys(rows.windows, False)).text("unit_rows")
        expressions = f"units AS\n(\n{units}\n),\nunit_rows AS\n(\n{rows.text()}\n)"
        # Which units count depends on all their users, who are on several shards.
        sql = f"WITH\n{expressions}\n{unmarked(sums)}" if rows.scope.by_unit else over_rows(expressions, sums)
        return Picture(rows, await self._warehouse.rows(sql, taken(sql, {**rows.parameters(), **given})))
