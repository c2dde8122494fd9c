"""The layers of a sheet: rows of users that never change. Of a user the row of the latest layer counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from analytics.warehouse.client import Row, Warehouse
from analytics.warehouse.key_ranges import EVERYBODY, KeyRange
from analytics.warehouse.placement import over_rows
from analytics.warehouse.sql import taken
from analytics.warehouse.unit_rows import UnitRows
from analytics.warehouse.unit_sums import Sums

_OF_ROW = "user_key, gone, first_at, segment, variation, several, unit, numbers, lists"
_OF_LAYERS = "FROM sheet_layers WHERE sheet = {sheet:String} AND layer"
_ROW = "SELECT user_key, first_at, segment, variation, several, unit, numbers, lists"
KEPT = f"""{_ROW}
{_OF_LAYERS} = {{base:UInt64}}
    AND NOT gone
    AND user_key NOT IN (SELECT user_key {_OF_LAYERS} IN {{later:Array(UInt64)}})
UNION ALL
{_ROW}
{_OF_LAYERS} IN {{later:Array(UInt64)}}
    AND NOT gone
    AND (user_key, layer) IN (
        SELECT user_key, max(layer) {_OF_LAYERS} IN {{later:Array(UInt64)}} GROUP BY user_key)"""
"""The rows of all layers together. `FINAL` would look at the rows of other sheets and layers, too."""
KEPT_ROWS = f"unit_rows AS\n(\n{KEPT}\n)"
_INSERT = """INSERT INTO sheet_layers (organization_id, environment_id, sheet, layer, $columns)
SELECT
    {organization:String},
    {environment:String},
    {into:String},
    {layer:UInt64},
    $columns
FROM (/* on each shard */
$rows
/* together */)
SETTINGS optimize_move_to_prewhere_if_final = 1"""
_MERGED = f"SELECT {_OF_ROW.replace('gone', '0 AS gone')}\nFROM\n(\n{KEPT}\n)"
_LATER = f"""SELECT {_OF_ROW}
{_OF_LAYERS} IN {{later:Array(UInt64)}}
    AND (user_key, layer) IN (
        SELECT user_key, max(layer) {_OF_LAYERS} IN {{later:Array(UInt64)}} GROUP BY user_key)"""
_LATER_SHARE = 4
_THERE = "AND NOT gone"
_STORED = """SELECT count() AS stored
FROM sheet_layers
WHERE sheet = {sheet:String} AND layer IN {layers:Array(UInt64)}"""


async def add_layer(warehouse: Warehouse, rows: str, into: tuple[str, int], parameters: Mapping[str, Any]) -> None:
    """Writes the rows of a query as a layer: `into` is the sheet and the layer. Raises WarehouseError."""
    sheet, layer = into
    text = _INSERT.replace("$columns", _OF_ROW).replace("$rows", rows)
    await warehouse.command(text, taken(text, {**parameters, "into": sheet, "layer": layer}))


async def merge_layers(
    warehouse: Warehouse, sheet: str, layers: Sequence[int], into: int, rows: UnitRows
) -> tuple[int, ...]:
    """Writes the rows of some layers as one, and returns the layers that stand for them all. The first one, which has
    most rows, is among what is written only when the later ones have come to a quarter of it. Raises WarehouseError."""
    given = rows.parameters() | layers_parameters(sheet, layers)
    few = _LATER_SHARE * await stored_rows(warehouse, sheet, layers[1:]) < await stored_rows(
        warehouse, sheet, layers[:1]
    )
    await add_layer(warehouse, _LATER if few else _MERGED, (sheet, into), given)
    return (layers[0], into) if few else (into,)


async def stored_rows(warehouse: Warehouse, sheet: str, layers: Sequence[int]) -> int:
    """How many rows the layers have. Raises WarehouseError."""
    return int((await warehouse.rows(_STORED, {"sheet": sheet, "layers": list(layers)}))[0]["stored"])


async def sums_over(
    warehouse: Warehouse, rows: UnitRows, sheet: str, layers: Sequence[int], part: KeyRange = EVERYBODY
) -> list[Row]:
    """The sums over the rows of the layers, of the users in a range. Raises WarehouseError."""
    sums = Sums(rows, dict.fromkeys(rows.windows, False)).text("unit_rows")
    kept = KEPT_ROWS if part == EVERYBODY else KEPT_ROWS.replace(_THERE, f"{_THERE}\n    AND {part.condition}")
    text = over_rows(kept, sums)
    return await warehouse.rows(text, taken(text, layers_parameters(sheet, layers) | part.parameters()))


def layers_parameters(sheet: str, layers: Sequence[int]) -> dict[str, Any]:
    """What `KEPT` takes; the first layer is the one that the others came after."""
    return {"sheet": sheet, "base": layers[0], "later": list(layers[1:])}
