"""The map of what PostgreSQL and its driver report when the server can't do its work now: each an answer 503.

By SQLSTATE first, then by its class (the first two characters). What stands in neither is an error of ours.
"""

from __future__ import annotations

from dataclasses import dataclass

import asyncpg
from service_kit.problems import Unavailable


@dataclass(frozen=True, slots=True)
class Refusal:
    """`lasts`: the server goes on refusing writes until somebody acts, so readiness tells of it."""

    code: str
    sentence: str
    retry_after_seconds: int
    lasts: bool = False

    def problem(self) -> Unavailable:
        return Unavailable(self.sentence, code=self.code, retry_after_seconds=self.retry_after_seconds)


AWAY = Refusal("database_unavailable", "the database can't be reached", 2)
SLOW = Refusal("database_timeout", "the database did not answer in time", 2)
NO_CONNECTION = Refusal("database_unavailable", "no connection to the database was to be had in time", 2)
COMMIT_UNKNOWN = Refusal(
    "commit_unknown",
    "the database broke off while it stored the change: it may be stored or not; read it before you send it again",
    2,
)
BUSY = "database_busy"
_BUSY = Refusal(BUSY, "the database is busy, try again", 1)
_STARTING = Refusal("database_unavailable", "the database is starting, stopping or recovering", 2)
READ_ONLY = Refusal("database_read_only", "the database takes no writes: it is read-only", 15, lasts=True)
_FULL = Refusal("database_full", "the database has no room left: its disk is full", 30, lasts=True)
_OVERLOADED = Refusal("database_overloaded", "the database is out of memory or of another resource", 5)
_CROWDED = Refusal("database_overloaded", "the database takes no more connections", 2)
_REFUSES = Refusal("database_refuses", "the database refuses the control plane's user or its rights", 15)
UNPREPARED = Refusal("database_unprepared", "the database or its tables are missing: `control_plane migrate`", 15)
_FAILING = Refusal("database_failing", "the database reports a failure of its own; its log says which", 15)

_BY_SQLSTATE = {
    "25006": READ_ONLY,
    "25P03": _BUSY,
    "40001": _BUSY,
    "40P01": _BUSY,
    "3D000": UNPREPARED,
    "3F000": UNPREPARED,
    "42501": _REFUSES,
    "42P01": UNPREPARED,
    "53100": _FULL,
    "53300": _CROWDED,
    "53400": _FULL,
    "55P03": _BUSY,
    "57014": _BUSY,
    "57P01": _STARTING,
    "57P02": _STARTING,
    "57P03": _STARTING,
    "57P04": UNPREPARED,
    "57P05": _BUSY,
}
_BY_CLASS = {"08": AWAY, "28": _REFUSES, "53": _OVERLOADED, "58": _FAILING, "F0": _FAILING, "XX": _FAILING}


def roles_missing(error: BaseException) -> str | None:
    """What to do where the database lacks the roles that the control plane works as, or doesn't let it take them."""
    said = str(error)
    if not isinstance(error, asyncpg.PostgresError) or "verdict_" not in said or "role" not in said:
        return None
    if isinstance(error, asyncpg.InsufficientPrivilegeError):
        return (
            f'{said}: let a superuser run "GRANT verdict_app, verdict_accounts, verdict_system TO …" for the role of '
            "FF_DATABASE_URL"
        )
    return f"{said}: {UNPREPARED.sentence}"


def refusal_of(error: BaseException) -> Refusal | None:
    """None for what is no state of the server."""
    # Of the driver: its plan is from before a migration; the next attempt makes a new one.
    if isinstance(error, asyncpg.InvalidCachedStatementError | asyncpg.OutdatedSchemaCacheError):
        return _BUSY
    # A row for another tenant than the transaction works for: an error of ours, with the same state as a missing right.
    if isinstance(error, asyncpg.InsufficientPrivilegeError) and "row-level security" in str(error):
        return None
    if isinstance(error, asyncpg.PostgresError):
        state = error.sqlstate or ""
        return _BY_SQLSTATE.get(state) or _BY_CLASS.get(state[:2])
    # An internal error of the driver is how it tells of a connection that broke while it was being used.
    if isinstance(error, OSError | TimeoutError | asyncpg.InternalClientError):
        return AWAY
    return None
