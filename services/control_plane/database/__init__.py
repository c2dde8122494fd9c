"""Pool, transactions and migrations. Depends on nothing but asyncpg."""

from control_plane.database.connections import Connection
from control_plane.database.migrate import MigrationError, migrate
from control_plane.database.pool import Database

__all__ = ["Connection", "Database", "MigrationError", "migrate"]
