"""The tables that read all shards: made beside the shards' own, and made anew where their columns differ."""

from __future__ import annotations

from collections.abc import Collection

from analytics.warehouse.client import Warehouse
from analytics.warehouse.errors import WarehouseError
from analytics.warehouse.placement import distributed

_SHARDS = """SELECT uniqExact(shard_num) AS shards, uniqExact(shard_weight) AS weights
FROM system.clusters
WHERE cluster = {cluster:String}"""
_ALIKE = """SELECT made
FROM
(
    SELECT
        table AS made,
        database,
        shardNum() AS shard,
        arraySort(groupArray((name, type, default_kind, default_expression))) AS columns
    FROM system.columns
    WHERE database IN ({own:String}, {all:String}) AND table IN {tables:Array(String)}
    GROUP BY made, database, shard
)
GROUP BY made
HAVING count() = 2 * {shards:UInt32} AND uniqExact(columns) = 1"""


class ShardsDiffer(WarehouseError):
    """The cluster has other shards than the settings say: rows would be sent to others than they are looked for on."""


async def require_shards(warehouse: Warehouse) -> None:
    """Raises ShardsDiffer, WarehouseError."""
    settings = warehouse.settings
    [found] = await warehouse.rows(_SHARDS, {"cluster": settings.cluster})
    if found["shards"] != settings.shards:
        raise ShardsDiffer(f"{settings.cluster} has {found['shards']} shards and not {settings.shards}")
    if found["weights"] != 1:
        raise ShardsDiffer(f"the shards of {settings.cluster} have different weights")


async def spread(warehouse: Warehouse, tables: Collection[str]) -> list[str]:
    """Makes those of the tables that read all shards which are not there as they should be; returns their names.
    Raises WarehouseError."""
    settings = warehouse.settings
    asked = {
        "own": settings.database,
        "all": settings.asked_database,
        "tables": sorted(tables),
        "shards": settings.shards,
    }
    alike = {row["made"] for row in await warehouse.rows(_ALIKE, asked)}
    statements = distributed(set(tables) - alike, settings)
    for statement in statements.values():
        await warehouse.command(statement)
    return list(statements)
