"""A cluster in one engine: so many shards, each of which is the engine itself, so that `Distributed` tables can be
tried where there is one server. They share their tables; who wants apart what each has filters by `shardNum()`."""

from __future__ import annotations

from pathlib import Path

CLUSTER = "embedded"
_PORT = 9000
"""Nothing listens there: it is how the engine knows that an address is its own."""


def config_file(folder: Path, shards: int) -> Path:
    """Writes the engine's configuration into the folder, and returns where it is."""
    one = f"<shard><replica><host>127.0.0.1</host><port>{_PORT}</port></replica></shard>"
    servers = f"<remote_servers><{CLUSTER}>{one * shards}</{CLUSTER}></remote_servers>"
    path = folder / "shards.xml"
    path.write_text(f"<clickhouse><tcp_port>{_PORT}</tcp_port>{servers}</clickhouse>\n")
    return path
