"""The warehouse's settings: where ClickHouse is, and how the tables are made there."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


@dataclass(frozen=True, slots=True)
class WarehouseSettings:
    """Where ClickHouse is.

    `url`: http(s)://[user[:password]@]host[:port]. `cluster`: its name, empty for a single node.

    `ca_file`: the authority to trust instead of the system's, in PEM.

    `retention_days`: rows older than this (by when they were received) are dropped; 0 keeps them.
    `query_seconds_max` and `query_memory_bytes_max` bound every query.
    """

    url: str
    database: str = "verdict"
    cluster: str = ""
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
