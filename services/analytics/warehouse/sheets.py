"""Results that are brought forward: the rows of `unit_rows` are kept in a sheet, and only those of users of whom
something was stored since its mark are read again, each from all of that user's exposures and events.

So late, repeated and different copies of an event need no rule of their own, and sums over a sheet are those over the
rows themselves to the last digit. A sheet is of one definition: a changed metric, a restarted experiment, an erasure, a
loss of events or a retention that begins to drop what was counted make another sheet.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from analytics.warehouse.client import Columns, Warehouse
from analytics.warehouse.migrations import render
from analytics.warehouse.scopes import BY_DAY, END_OF_TIME
from analytics.warehouse.unit_rows import UnitRows

STORED_LAG_MILLISECONDS = 120_000
"""An insert may be seen this much later than its rows' `loaded_at` says, so a mark stays behind by it."""
UNUSED_DAYS = 3
_DAY_MILLISECONDS = 86_400_000
_STATE = """SELECT
    toUnixTimestamp64Milli(now64(3)) AS now,
    (SELECT max(mark) FROM sheet_marks WHERE sheet = {sheet:String}) AS mark"""
_EPOCH = """SELECT
    toUnixTimestamp64Milli(now64(3)) AS now,
    (SELECT count() FROM sheet_epochs
        WHERE organization_id = {organization:String} AND environment_id = {environment:String}) AS erasures,
    (SELECT count() FROM losses) AS losses"""
_COLUMNS = (
    "organization_id, environment_id, sheet, user_key, version, gone, first_at, segment, variation, several, unit,"
    " numbers, lists"
)
_INSERT = """INSERT INTO unit_sheets ({columns})
SELECT
    {{organization:String}},
    {{environment:String}},
    {{sheet:String}},
    user_key,
    {{version:UInt64}},
    gone,
    first_at,
    segment,
    variation,
    several,
    unit,
    numbers,
    lists
FROM
(
{rows}
)"""
_KEPT = """SELECT user_key, first_at, segment, variation, several, unit, numbers, lists
FROM unit_sheets FINAL
WHERE sheet = {sheet:String} AND NOT gone"""
_IN_SHEET = (
    "SELECT user_key FROM unit_sheets WHERE sheet = {sheet:String} AND user_key IN (SELECT user_key FROM touched)"
)
_TOUCHED = """SELECT user_key
FROM events_exposure
WHERE organization_id = {organization:String}
    AND environment_id = {environment:String}
    AND flag = {flag:String}
    AND loaded_at > fromUnixTimestamp64Milli({mark:Int64}, 'UTC')"""
_TOUCHED_BY_EVENTS = """
UNION DISTINCT
SELECT user_key
FROM events_metric
WHERE organization_id = {organization:String}
    AND environment_id = {environment:String}
    AND metric IN {names:Array(String)}
    AND loaded_at > fromUnixTimestamp64Milli({mark:Int64}, 'UTC')"""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One that has been brought forward; its rows come from `text`."""

    id: str

    @property
    def text(self) -> str:
        return _KEPT

    def parameters(self) -> dict[str, Any]:
        return {"sheet": self.id}


def can_be_kept(rows: UnitRows) -> bool:
    """Of the present, apart by nothing but days, and without a trigger event, which would touch users too."""
    scope = rows.scope
    return scope.as_of >= END_OF_TIME and scope.segment in ("", BY_DAY) and not scope.trigger


class Sheets:
    """All calls raise WarehouseError."""

    def __init__(self, warehouse: Warehouse, *, lag_milliseconds: int = STORED_LAG_MILLISECONDS) -> None:
        self._warehouse = warehouse
        self._lag = lag_milliseconds

    async def forward(self, rows: UnitRows, *, begin: bool = False) -> Sheet | None:
        """The rows' sheet with all that has been stored by now; None when there is none and none is to `begin`."""
        if not can_be_kept(rows):
            return None
        sheet = await self._id(rows)
        state = (await self._warehouse.rows(_STATE, {"sheet": sheet}))[0]
        asked = rows.parameters() | {"sheet": sheet, "version": state["now"], "mark": state["mark"]}
        if state["mark"]:
            touched = _TOUCHED + (_TOUCHED_BY_EVENTS if rows.windows else "")
            await self._insert(rows.of_touched(touched, _IN_SHEET), asked)
        elif begin:
            await self._insert(rows.whole(), asked)
        else:
            return None
        await self._mark(sheet, state["now"])
        return Sheet(sheet)

    async def drop_unused(self) -> int:
        """Ends the sheets that nobody has brought forward for days; returns how many."""
        found = await self._warehouse.rows(
            "SELECT sheet FROM sheet_marks GROUP BY sheet"
            " HAVING max(version) < toUnixTimestamp64Milli(now64(3)) - {age:Int64}",
            {"age": UNUSED_DAYS * _DAY_MILLISECONDS},
        )
        on_cluster = render("$on_cluster", self._warehouse.settings)
        for row in found:
            asked = {"sheet": row["sheet"]}
            await self._warehouse.command(
                f"ALTER TABLE sheet_marks {on_cluster} DELETE WHERE sheet = {{sheet:String}}", asked
            )
            await self._warehouse.command(
                f"ALTER TABLE unit_sheets {on_cluster} DELETE WHERE sheet = {{sheet:String}}", asked
            )
        return len(found)

    async def _id(self, rows: UnitRows) -> str:
        scope = rows.scope
        named = {"organization": scope.organization_id, "environment": scope.environment_id}
        epoch = (await self._warehouse.rows(_EPOCH, named))[0]
        dropped = 0
        if days := self._warehouse.settings.retention_days:
            dropped = max((epoch["now"] - scope.start) // _DAY_MILLISECONDS - days + 1, 0)
        what = (rows.whole(), sorted(rows.parameters().items()), epoch["erasures"], epoch["losses"], dropped)
        return hashlib.sha256(repr(what).encode()).hexdigest()[:32]

    async def _insert(self, rows: str, asked: dict[str, Any]) -> None:
        sql = _INSERT.format(columns=_COLUMNS, rows=rows)
        await self._warehouse.command(sql, {name: each for name, each in asked.items() if f"{{{name}:" in sql})

    async def _mark(self, sheet: str, now: int) -> None:
        columns: Columns = {
            "sheet": ("String", [sheet]),
            "mark": ("Int64", [max(now - self._lag, 1)]),
            "version": ("UInt64", [now]),
        }
        await self._warehouse.insert("sheet_marks", columns)
