"""The warehouse's settings: where ClickHouse is, and how the tables are made there."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_OF_SHARDS: dict[str, object] = {
    # An insert has ended when each shard has its rows, and says so when one hasn't: the loader tries the block again.
    "distributed_foreground_insert": 1,
    # A result without one of the shards would look like a result.
    "skip_unavailable_shards": 0,
    # What stands in `IN (…)` or a join is looked up once, over all shards.
    "distributed_product_mode": "global",
    # Each shard writes what it reads, where it writes the same users.
    "parallel_distributed_insert_select": 2,
    # What was written to a replica is read from it.
    "load_balancing": "in_order",
}


@dataclass(frozen=True, slots=True)
class WarehouseSettings:
    """Where ClickHouse is.

    `url`: http(s)://[user[:password]@]host[:port]. `cluster`: its name, empty for a single node. `shards`: how many the
    cluster has, each with the rows of some users (`placement`).

    `ca_file`: the authority to trust instead of the system's, in PEM.

    `retention_days`: rows older than this (by when they were received) are dropped; 0 keeps them.
    `query_seconds_max` and `query_memory_bytes_max` bound every query.
    """

    url: str
    database: str = "verdict"
    cluster: str = ""
    shards: int = 1
    retention_days: int = 0
    query_seconds_max: int = 60
    query_memory_bytes_max: int = 4 * 1024**3
    connections_max: int = 8
    password: str = field(default="", repr=False)
    ca_file: str = ""

    def __post_init__(self) -> None:
        for name in ("database", "cluster"):
            value = getattr(self, name)
            if value and not _NAME.fullmatch(value):
                raise ValueError(f"{name}: letters, digits and underscores only, at most 64")
        if self.shards > 1 and not self.cluster:
            raise ValueError("shards: needs the name of the cluster, FF_CLICKHOUSE_CLUSTER")
        if not self.database:
            raise ValueError("database: must not be empty")
        if not self._is_address():
            raise ValueError("url: must be http(s)://[user[:password]@]host[:port], special characters as %XX")

    def _is_address(self) -> bool:
        try:
            address = urlsplit(self.url)
            return address.scheme in ("http", "https") and bool(address.hostname) and address.port != 0
        except ValueError:
            return False

    @property
    def sharded(self) -> bool:
        """Whether users are spread over several shards."""
        return self.shards > 1

    @property
    def asked_database(self) -> str:
        """Where queries find all rows: with shards a database beside that of a shard's own rows."""
        return f"{self.database}_all" if self.sharded else self.database

    def session(self) -> dict[str, object]:
        """What ClickHouse is told with every statement."""
        told: dict[str, object] = {
            "max_execution_time": self.query_seconds_max,
            "max_memory_usage": self.query_memory_bytes_max,
            "async_insert": 0,
            # Joins of millions of units sort instead of holding one side in memory, and large states go to disk.
            "join_algorithm": "full_sorting_merge",
            "max_bytes_before_external_sort": self.query_memory_bytes_max // 2,
            "max_bytes_before_external_group_by": self.query_memory_bytes_max // 2,
        }
        return told | _OF_SHARDS if self.sharded else told

    def connection(self) -> dict[str, object]:
        """The arguments of the driver's client, without a database."""
        address = urlsplit(self.url)
        secure = address.scheme == "https"
        arguments: dict[str, object] = {
            "host": address.hostname,
            "port": address.port or (8443 if secure else 8123),
            "secure": secure,
            "username": unquote(address.username or "default"),
            "password": self.password or unquote(address.password or ""),
        }
        if self.ca_file:
            arguments["ca_cert"] = self.ca_file
        return arguments
