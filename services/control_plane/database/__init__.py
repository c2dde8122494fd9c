"""Transactions of a tenancy, pools and migrations. Depends on nothing but asyncpg."""

from control_plane.database.attempts import Overtaken, settled
from control_plane.database.connections import Connection, Record
from control_plane.database.database import Database
from control_plane.database.kept_back import RowKind
from control_plane.database.migrate import MigrationError, MigrationState, migrate, migration_state, require_migrations
from control_plane.database.patience import (
    OPERATOR_CONNECTIONS,
    RELAY_CONNECTIONS,
    SCHEDULE_CONNECTIONS,
    STATUS_CONNECTIONS,
    WEBHOOK_CONNECTIONS,
    Connections,
    request_connections,
)
from control_plane.database.pool import DRIVER_ERRORS
from control_plane.database.refusals import BUSY
from control_plane.database.statements import Statement, renumbered
from control_plane.database.tenancy import (
    ACCOUNTS,
    EVERY_TENANT,
    NOBODY,
    Tenancy,
    nobody_identified,
    of_tenants,
    set_present_tenancy,
)

__all__ = [
    "ACCOUNTS",
    "BUSY",
    "DRIVER_ERRORS",
    "EVERY_TENANT",
    "NOBODY",
    "OPERATOR_CONNECTIONS",
    "RELAY_CONNECTIONS",
    "SCHEDULE_CONNECTIONS",
    "STATUS_CONNECTIONS",
    "WEBHOOK_CONNECTIONS",
    "Connection",
    "Connections",
    "Database",
    "MigrationError",
    "MigrationState",
    "Overtaken",
    "Record",
    "RowKind",
    "Statement",
    "Tenancy",
    "migrate",
    "migration_state",
    "nobody_identified",
    "of_tenants",
    "renumbered",
    "request_connections",
    "require_migrations",
    "set_present_tenancy",
    "settled",
]
