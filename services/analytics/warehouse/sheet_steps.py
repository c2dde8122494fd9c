"""One step of a sheet: users of whom something was stored since its mark are read again, and become its next layer.

Which users those are is looked up once, so that what they gave before and what they give after it are of the same ones.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from analytics.warehouse.client import Row, Warehouse
from analytics.warehouse.errors import WarehouseError
from analytics.warehouse.placement import stored
from analytics.warehouse.sheet_layers import KEPT, add_layer, layers_parameters
from analytics.warehouse.sql import taken
from analytics.warehouse.unit_rows import UnitRows
from analytics.warehouse.unit_sums import Sums
from analytics.warehouse.units import some_candidates_query

FEW = 1000
"""So many users are found by the tables' index; more by a look at every key, by hash, which may find some too many."""
WORK_TABLES = ("sheet_layers", "touched_users")
_TOUCHED = """INSERT INTO touched_users (organization_id, environment_id, sheet, layer, candidate, user_key)
SELECT DISTINCT {organization:String}, {environment:String}, {work:String}, {layer:UInt64}, 0, user_key
FROM (/* on each shard */
    SELECT user_key
    FROM events_exposure
    WHERE organization_id = {organization:String}
        AND environment_id = {environment:String}
        AND flag = {flag:String}
        AND loaded_at > fromUnixTimestamp64Milli({mark:Int64}, 'UTC')
    UNION ALL
    SELECT user_key
    FROM events_metric
    WHERE organization_id = {organization:String}
        AND environment_id = {environment:String}
        AND metric IN {names:Array(String)}
        AND loaded_at > fromUnixTimestamp64Milli({mark:Int64}, 'UTC')
/* together */)"""
_COUNT = "SELECT count() AS users FROM touched_users WHERE sheet = {work:String} AND layer = {layer:UInt64}"
_OF_STEP = "FROM touched_users WHERE sheet = {work:String} AND layer = {layer:UInt64} AND candidate ="
_BY_KEY = f"user_key IN (SELECT user_key {_OF_STEP} 0)"
_BY_HASH = f"cityHash64(user_key) IN (SELECT cityHash64(user_key) {_OF_STEP} 0)"
_CANDIDATES = """INSERT INTO touched_users (organization_id, environment_id, sheet, layer, candidate, user_key,
    first_row, lowest_number, highest_number, uncertain)
SELECT
    {organization:String},
    {environment:String},
    {work:String},
    {layer:UInt64},
    1,
    user_key,
    first_row,
    lowest_number,
    highest_number,
    uncertain
FROM (/* on each shard */
$candidates
/* together */)"""
_CANDIDATES_OF_STEP = f"    SELECT user_key, first_row, lowest_number, highest_number, uncertain {_OF_STEP} 1"
_BEFORE = f"SELECT user_key, 0 AS gone, first_at, segment, variation, several, unit, numbers, lists FROM\n(\n{KEPT}\n)"
_KEYS_BEFORE = "SELECT user_key FROM sheet_layers WHERE sheet = {work:String} AND layer = {layer:UInt64}"
_CHANGE = """(
    SELECT 0 AS was, first_at, segment, variation, several, unit, numbers, lists
    FROM sheet_layers
    WHERE sheet = {sheet:String} AND layer = {layer:UInt64} AND NOT gone
    UNION ALL
    SELECT 1 AS was, first_at, segment, variation, several, unit, numbers, lists
    FROM sheet_layers
    WHERE sheet = {work:String} AND layer = {layer:UInt64}
)"""


class Step:
    """Of a sheet (its name, the moment up to which it is right, its layers) to a new `layer`. Calls raise
    WarehouseError; `end` leaves nothing of the step but that layer."""

    def __init__(
        self, warehouse: Warehouse, rows: UnitRows, sheet: tuple[str, int, tuple[int, ...]], layer: int
    ) -> None:
        self._warehouse = warehouse
        self._rows = rows
        sheet_id, mark, layers = sheet
        self._sheet = sheet_id
        self.layer = layer
        self._given: dict[str, Any] = (
            rows.parameters()
            | {
                "work": f"{self._sheet}-step",
                "mark": mark,
                "layer": layer,
            }
            | layers_parameters(sheet_id, layers)
        )
        self._users = 0

    async def touch(self) -> int:
        """Looks up the users, and returns how many they are."""
        await self._command(_TOUCHED)
        self._users = int((await self._asked(_COUNT))[0]["users"])
        return self._users

    async def read_again(self) -> None:
        """Keeps what they gave before, and writes what they give now."""
        only = _BY_KEY if self._users <= FEW else _BY_HASH
        before = _BEFORE.replace("AND NOT gone", f"AND NOT gone AND {only}")
        await add_layer(self._warehouse, before, (self._given["work"], self.layer), self._given)
        if self._rows.scope.units == "units":
            await self._command(_CANDIDATES.replace("$candidates", some_candidates_query(only)))
        rows = self._rows.of_some(only, _CANDIDATES_OF_STEP, _KEYS_BEFORE)
        await add_layer(self._warehouse, rows, (self._sheet, self.layer), self._given)

    async def change(self) -> list[Row]:
        """The sums over what they gave before (`was` 1) and over what they give now (0)."""
        sums = Sums(self._rows, dict.fromkeys(self._rows.windows, False), apart="was")
        return await self._asked(sums.text(_CHANGE))

    async def end(self) -> None:
        """What it can't remove, `drop_unused` does later."""
        for table in WORK_TABLES:
            rows = stored(table, self._warehouse.settings)
            # The names are ours: hexadecimal digits and a number.
            partition = f"('{self._given['work']}', {self.layer})"
            with suppress(WarehouseError):
                await self._warehouse.command(f"ALTER TABLE {rows} DROP PARTITION {partition}")

    async def _command(self, sql: str) -> None:
        await self._warehouse.command(sql, taken(sql, self._given))

    async def _asked(self, sql: str) -> list[Row]:
        return await self._warehouse.rows(sql, taken(sql, self._given))
