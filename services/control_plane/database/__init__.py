"""Pool, transactions and migrations. Depends on nothing but asyncpg."""

from control_plane.database.migrate import MigrationError, migrate
from control_plane.database.pool import Connection, Database

__all__ = ["Connection", "Database", "MigrationError", "migrate"]
