"""The first version of a sheet, made range by range of users' keys.

All users at once would take memory and time that grow with the experiment, and no query may take more than it is
allowed. The tables are in the order of users' keys, so a range reads its own rows and few others.
"""

from __future__ import annotations

from analytics.warehouse import kept_sums
from analytics.warehouse.client import Row, Warehouse
from analytics.warehouse.key_ranges import EVERYBODY, ranges_between
from analytics.warehouse.sheet_layers import add_layer, sums_over
from analytics.warehouse.sql import taken
from analytics.warehouse.unit_rows import UnitRows

USERS_AT_ONCE = 500_000
_LOOKED_AT = 1024
"""One in so many users shows where ranges begin."""
_KEYS = """SELECT DISTINCT user_key
FROM exposure_firsts
WHERE organization_id = {organization:String}
    AND environment_id = {environment:String}
    AND flag = {flag:String}
    AND sipHash64(user_key) % {one_of:UInt32} = 0
ORDER BY user_key"""


_SOME = """SELECT count() AS users
FROM
(
    SELECT DISTINCT user_key
    FROM exposure_firsts
    WHERE organization_id = {organization:String}
        AND environment_id = {environment:String}
        AND flag = {flag:String}
        AND last_at >= fromUnixTimestamp64Milli({start:Int64}, 'UTC')
    LIMIT {least:UInt64}
)"""


async def has_users(warehouse: Warehouse, rows: UnitRows, least: int) -> bool:
    """Whether the flag has had so many since the scope's start: no more are looked at. Raises WarehouseError."""
    asked = taken(_SOME, rows.parameters() | {"least": least})
    return any(row["users"] >= least for row in await warehouse.rows(_SOME, asked))


async def build(
    warehouse: Warehouse, rows: UnitRows, into: tuple[str, int], *, users_at_once: int = USERS_AT_ONCE
) -> list[Row]:
    """Writes all rows as a layer (`into` is the sheet and the layer), about so many users at a time, and returns the
    sums over them. Raises WarehouseError."""
    ranges = [EVERYBODY]
    if rows.in_ranges:
        ranges = [*ranges_between(await _borders(warehouse, rows, users_at_once))]
    for part in ranges:
        text = rows.whole() if len(ranges) == 1 else rows.of_range(part)
        await add_layer(warehouse, text, into, rows.parameters() | part.parameters())
    sheet, layer = into
    # A unit's users are in several ranges.
    summed = [EVERYBODY] if rows.scope.by_unit else ranges
    sums: list[Row] = []
    for part in summed:
        sums = kept_sums.added(sums, await sums_over(warehouse, rows, sheet, (layer,), part))
    return sums


async def _borders(warehouse: Warehouse, rows: UnitRows, users_at_once: int) -> list[str]:
    one_of = min(_LOOKED_AT, max(users_at_once // 8, 1))
    keys = await warehouse.rows(_KEYS, taken(_KEYS, rows.parameters() | {"one_of": one_of}))
    apart = max(users_at_once // one_of, 1)
    return [row["user_key"] for row in keys[apart::apart]]
