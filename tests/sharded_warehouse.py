"""A cluster of two shards in one embedded engine, and warehouses over it.

The engine plans and merges `Distributed` tables as on a real cluster; the shards share their tables, so each is shown
the rows of its own users alone. It has no Keeper: tables are the plain ones, and nothing runs `ON CLUSTER`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from analytics.warehouse.arrow import ArrowWarehouse
from analytics.warehouse.placement import PLACED_BY
from analytics.warehouse.settings import WarehouseSettings

from devstack.clickhouse_front.shards import CLUSTER
from devstack.parts import ClickHouse
from devstack.processes import Program

SHARDS = 2


class ShardedClickHouse(ClickHouse):
    """The engine, with a cluster of itself."""

    def _program(self) -> Program:
        plain = super()._program()
        return Program(plain.name, [*plain.arguments, "--shards", str(SHARDS)], plain.log)


@contextmanager
def sharded_clickhouse(folder: Path) -> Iterator[ClickHouse]:
    engine = ShardedClickHouse(folder, durable=False)
    engine.launch()
    try:
        engine.wait_ready()
        yield engine
    finally:
        engine.stop()


class ApartSettings(WarehouseSettings):
    """Shows each shard the rows that are sent to it."""

    def session(self) -> dict[str, object]:
        here = "shardNum() = 0 OR {} % {} = shardNum() - 1"
        filters = {f"{self.database}.{table}": here.format(key, SHARDS) for table, key in PLACED_BY.items()}
        written = ", ".join(f"'{table}': '{each}'" for table, each in filters.items())
        # A shard that writes by itself what it reads is not told which shard it is.
        apart = {"additional_table_filters": f"{{{written}}}", "parallel_distributed_insert_select": 0}
        return super().session() | (apart if self.sharded else {})


class ApartWarehouse(ArrowWarehouse):
    """Without what needs a Keeper."""

    async def command(self, sql: str, parameters: Mapping[str, Any] | None = None) -> None:
        plain = sql.replace(f" ON CLUSTER {CLUSTER}", "").replace("= Replicated", "= ")
        await super().command(plain.replace(" replicated_deduplication", " non_replicated_deduplication"), parameters)

    async def create_database(self) -> None:
        for name in (self.settings.database, self.settings.asked_database):
            sql = f"CREATE DATABASE IF NOT EXISTS {name}"
            await self._session.begin_without_database(sql)


def sharded_settings(url: str, database: str) -> WarehouseSettings:
    # One engine plans for all shards, and takes as many times as long.
    return ApartSettings(url=url, database=database, cluster=CLUSTER, shards=SHARDS, query_seconds_max=600)
