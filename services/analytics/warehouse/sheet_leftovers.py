"""What is left of sheets: those that nobody asks for, layers that were merged, and steps that did not end."""

from __future__ import annotations

import re

from analytics.warehouse.client import Warehouse
from analytics.warehouse.placement import stored
from analytics.warehouse.sheet_steps import WORK_TABLES

UNUSED_DAYS = 3
GRACE_SECONDS = 3600
"""Whoever began to read a layer when it was in the newest version has ended by then."""
_NANOSECONDS = 1_000_000_000
_PARTITION = re.compile(r"\('(?P<sheet>[0-9a-f]+(?:-step)?)',(?P<layer>\d+)\)")
_UNUSED = """SELECT sheet
FROM sheet_versions
GROUP BY sheet
HAVING max(version) < toUnixTimestamp64Nano(now64(9)) - {age:Int64}"""
_LEFT = """SELECT table, partition
FROM
(
    SELECT DISTINCT table, partition, toUInt64OrZero(extract(partition, ',([0-9]+)\\\\)$')) AS layer
    FROM system.parts
    WHERE active AND database = {database:String} AND table IN {tables:Array(String)}
)
WHERE layer < toUnixTimestamp64Nano(now64(9)) - {age:Int64}
    AND (position(partition, '-step') > 0 OR layer NOT IN (SELECT arrayJoin(layers) FROM sheet_versions FINAL))"""


async def drop_unused(warehouse: Warehouse, *, grace_seconds: int = GRACE_SECONDS) -> int:
    """Ends the sheets that nobody has brought forward for days, and every layer that no version names; returns how many
    partitions went. Raises WarehouseError."""
    settings = warehouse.settings
    for row in await warehouse.rows(_UNUSED, {"age": UNUSED_DAYS * 86_400 * _NANOSECONDS}):
        await warehouse.command(
            f"ALTER TABLE {stored('sheet_versions', settings)} DELETE WHERE sheet = {{sheet:String}}",
            {"sheet": row["sheet"]},
        )
    given = {"database": settings.database, "tables": list(WORK_TABLES), "age": grace_seconds * _NANOSECONDS}
    left = await warehouse.rows(_LEFT, given)
    found = [(row["table"], each) for row in left if (each := _PARTITION.fullmatch(row["partition"]))]
    for table, each in found:
        partition = f"('{each['sheet']}', {each['layer']})"
        await warehouse.command(f"ALTER TABLE {stored(table, settings)} DROP PARTITION {partition}")
    return len(found)
