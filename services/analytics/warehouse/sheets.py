"""Results that are brought forward: the rows of `unit_rows` are kept in a sheet with the sums over them, and only those
of users of whom something was stored since its mark are read again, each from all of that user's exposures and events.

So late, repeated and different copies of an event need no rule of their own. The sums of a sheet change by what those
users gave before and give now, in whole numbers, so they are those over all rows to the last digit. A sheet is of one
definition: a changed metric, a restarted experiment, an erasure, a loss of events or a retention that begins to drop
what was counted make another sheet.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, replace
from typing import Any

from analytics.warehouse import kept_sums
from analytics.warehouse.client import Columns, Row, Warehouse
from analytics.warehouse.scopes import BY_DAY, END_OF_TIME
from analytics.warehouse.sheet_builds import USERS_AT_ONCE, build
from analytics.warehouse.sheet_layers import (
    KEPT_ROWS,
    layers_parameters,
    merge_layers,
    stored_rows,
    sums_over,
)
from analytics.warehouse.sheet_steps import Step
from analytics.warehouse.unit_rows import UnitRows

STORED_LAG_MILLISECONDS = 120_000
"""An insert may be seen this much later than its rows' `loaded_at` says, so a mark stays behind by it."""
FRESH_MILLISECONDS = 60_000
"""Whoever asks for a younger result gets the sheet's, so that many who ask cost one step."""
SHARE_OF_TIME = 20
"""An experiment is brought forward at most for one part in so many of the time: large ones leave room, small ones are
as fresh as they can be."""
LAYERS_MAX = 8
_RENEWED_MILLISECONDS = 3_600_000
_DAY_MILLISECONDS = 86_400_000
_NANOSECONDS = 1_000_000
_EPOCH = """SELECT
    toUnixTimestamp64Nano(now64(9)) AS now,
    (SELECT count() FROM sheet_epochs
        WHERE organization_id = {organization:String} AND environment_id = {environment:String}) AS erasures,
    (SELECT count() FROM losses) AS losses"""
_VERSION = """SELECT version, mark, layers, stored, sums, took_milliseconds
FROM sheet_versions
WHERE sheet = {sheet:String}
ORDER BY version DESC
LIMIT 1"""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One version (nanoseconds since the epoch): its rows come from `text`, and `sums` are those of `unit_sums` over
    them. What was stored until `mark` (milliseconds) is in it for certain. `took`: milliseconds to
    make it. `looked`: when nothing was found to be stored since (nanoseconds), if that is later."""

    id: str
    version: int
    mark: int
    layers: tuple[int, ...]
    sums: list[Row]
    took: int
    looked: int = 0

    @property
    def text(self) -> str:
        return KEPT_ROWS

    @property
    def brought_forward_at(self) -> int:
        """In epoch milliseconds."""
        return max(self.version, self.looked) // _NANOSECONDS

    def parameters(self) -> dict[str, Any]:
        return layers_parameters(self.id, self.layers)


def can_be_kept(rows: UnitRows) -> bool:
    """Of the present, apart by nothing but days, and without a trigger event, which would touch users too."""
    scope = rows.scope
    return scope.as_of >= END_OF_TIME and scope.segment in ("", BY_DAY) and not scope.trigger


class Sheets:
    """All calls raise WarehouseError. `fresh_milliseconds`: a version that is older is never good enough.
    `users_at_once`: of a sheet that begins."""

    def __init__(
        self,
        warehouse: Warehouse,
        *,
        lag_milliseconds: int = STORED_LAG_MILLISECONDS,
        fresh_milliseconds: int = FRESH_MILLISECONDS,
        users_at_once: int = USERS_AT_ONCE,
    ) -> None:
        self._warehouse = warehouse
        self._lag = lag_milliseconds
        self._fresh = fresh_milliseconds
        self._users_at_once = users_at_once

    async def forward(self, rows: UnitRows, *, begin: bool = False) -> Sheet | None:
        """The rows' sheet with all that has been stored by now; None when there is none and none is to `begin`."""
        if not can_be_kept(rows):
            return None
        started = time.monotonic()
        sheet, now = await self._id(rows)
        known = await self._newest(sheet)
        if known is None:
            return await self._begun(rows, sheet, now, started) if begin else None
        if now - known.version < min(self._fresh, SHARE_OF_TIME * known.took) * _NANOSECONDS:
            return known
        step = Step(self._warehouse, rows, (sheet, known.mark, known.layers), now)
        try:
            if await step.touch():
                return await self._stepped(rows, known, step, started)
        finally:
            await step.end()
        if now - known.version < _RENEWED_MILLISECONDS * _NANOSECONDS:
            return replace(known, looked=now)
        return await self._written(sheet, now, known.layers, known.sums, started)

    async def sums_of_rows(self, rows: UnitRows, sheet: Sheet) -> list[Row]:
        """The sums over the sheet's rows, which those it keeps have to be."""
        return await sums_over(self._warehouse, rows, sheet.id, sheet.layers)

    async def _begun(self, rows: UnitRows, sheet: str, now: int, started: float) -> Sheet:
        sums = await build(self._warehouse, rows, (sheet, now), users_at_once=self._users_at_once)
        return await self._written(sheet, now, (now,), sums, started)

    async def _stepped(self, rows: UnitRows, known: Sheet, step: Step, started: float) -> Sheet:
        await step.read_again()
        layers = (*known.layers, step.layer)
        # A unit of several users changes with each of them, so its sums need all its rows.
        sums = None if rows.scope.by_unit else kept_sums.changed(known.sums, await step.change())
        if sums is None:
            sums = await sums_over(self._warehouse, rows, known.id, layers)
        if len(layers) > LAYERS_MAX:
            layers = await merge_layers(self._warehouse, known.id, layers, step.layer + 1, rows)
        return await self._written(known.id, step.layer, layers, sums, started)

    async def _newest(self, sheet: str) -> Sheet | None:
        """None: there is none, or not all of its layers are to be seen (they may be on their way to a replica)."""
        found = await self._warehouse.rows(_VERSION, {"sheet": sheet})
        if not found:
            return None
        [row] = found
        layers = tuple(row["layers"])
        if await stored_rows(self._warehouse, sheet, layers) != row["stored"]:
            return None
        sums = kept_sums.read(row["sums"])
        return Sheet(sheet, row["version"], row["mark"], layers, sums, row["took_milliseconds"])

    async def _written(
        self, sheet: str, version: int, layers: tuple[int, ...], sums: list[Row], started: float
    ) -> Sheet:
        mark = max(version // _NANOSECONDS - self._lag, 1)
        stored = await stored_rows(self._warehouse, sheet, layers)
        took = round((time.monotonic() - started) * 1000)
        columns: Columns = {
            "sheet": ("String", [sheet]),
            "version": ("UInt64", [version]),
            "mark": ("Int64", [mark]),
            "layers": ("Array(UInt64)", [list(layers)]),
            "stored": ("UInt64", [stored]),
            "sums": ("String", [kept_sums.written(sums)]),
            "took_milliseconds": ("UInt32", [took]),
        }
        await self._warehouse.insert("sheet_versions", columns)
        return Sheet(sheet, version, mark, layers, sums, took)

    async def _id(self, rows: UnitRows) -> tuple[str, int]:
        """Its name, and the time by the warehouse's clock in nanoseconds."""
        scope = rows.scope
        given = {"organization": scope.organization_id, "environment": scope.environment_id}
        epoch = (await self._warehouse.rows(_EPOCH, given))[0]
        dropped = 0
        if days := self._warehouse.settings.retention_days:
            dropped = max((epoch["now"] // _NANOSECONDS - scope.start) // _DAY_MILLISECONDS - days + 1, 0)
        what = (rows.whole(), sorted(rows.parameters().items()), epoch["erasures"], epoch["losses"], dropped)
        return hashlib.sha256(repr(what).encode()).hexdigest()[:32], epoch["now"]
