"""The layers of a sheet: rows of users that never change. Of a user the row of the latest layer counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from analytics.warehouse.client import Row, Warehouse
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
_STORED = """SELECT count() AS stored
FROM sheet_layers
WHERE sheet = {sheet:String} AND layer IN {layers:Array(UInt64)}"""


async def add_layer(warehouse: Warehouse, rows: str, into: tuple[str, int], parameters: Mapping[str, Any]) -> None:
    """Writes the rows of a query as a layer: `into` is the sheet and the layer. Raises WarehouseError."""
    sheet, layer = into
    text = _INSERT.replace("$columns", _OF_ROW).replace("$rows", rows)
    await warehouse.command(text, taken(text, {**parameters, "into": sheet, "layer": layer}))


async def merge_layers(warehouse: Warehouse, sheet: str, layers: Sequence[int], into: int, rows: UnitRows) -> None:
    """Writes all rows of some layers as one. Raises WarehouseError."""
    given = rows.parameters() | layers_parameters(sheet, layers)
    await add_layer(warehouse, _MERGED, (sheet, into), given)


async def stored_rows(warehouse: Warehouse, sheet: str, layers: Sequence[int]) -> int:
    """How many rows the layers have. Raises WarehouseError."""
    return int((await warehouse.rows(_STORED, {"sheet": sheet, "layers": list(layers)}))[0]["stored"])


async def sums_over(warehouse: Warehouse, rows: UnitRows, sheet: str, layers: Sequence[int]) -> list[Row]:
    """The sums over all rows of the layers. Raises WarehouseError."""
    sums = Sums(rows, dict.fromkeys(rows.windows, False)).text("unit_rows")
    return await warehouse.rows(over_rows(KEPT_ROWS, sums), layers_parameters(sheet, layers))


def layers_parameters(sheet: str, layers: Sequence[int]) -> dict[str, Any]:
    """What `KEPT` takes; the first layer is the one that the others came after."""
    return {"sheet": sheet, "base": layers[0], "later": list(layers[1:])}
