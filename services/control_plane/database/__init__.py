"""Pool, transactions and migrations. Depends on nothing but asyncpg."""

from control_plane.database.connections import Connection
from control_plane.database.migrate import MigrationError, migrate
from control_plane.database.patience import RELAY_CONNECTIONS, STATUS_CONNECTIONS, Connections
from control_plane.database.pool import Database

__all__ = [
    "RELAY_CONNECTIONS",
    "STATUS_CONNECTIONS",
    "Connection",
    "Connections",
    "Database",
    "MigrationError",
    "migrate",
]
