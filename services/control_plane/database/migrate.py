"""Numbered SQL files, each applied once in a transaction of its own.

An advisory lock lets one process migrate at a time; `lock_timeout` keeps a migration from queueing all writers
behind it; a recorded checksum shows a file that was changed after it was applied.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import asyncpg
from service_kit.logs import get_logger

from control_plane.database.connections import Connection

FOLDER = Path(__file__).parent / "migrations"
ADVISORY_LOCK = 7_305_811_264_113
_NAME = re.compile(r"([0-9]{4})_[a-z0-9_]+\.sql")
_log = get_logger("migrations")


class MigrationError(Exception):
    """A migration could not be applied; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Migration:
    """A numbered file of SQL."""

    number: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()


def read_migrations(folder: Path = FOLDER) -> list[Migration]:
    """The migrations of a folder in the order of their numbers."""
    found: dict[int, Migration] = {}
    for path in sorted(folder.glob("*.sql")):
        match = _NAME.fullmatch(path.name)
        if match is None:
            raise MigrationError(f"{path.name}: a migration is named NNNN_name.sql")
        number = int(match[1])
        if number in found:
            raise MigrationError(f"{path.name} and {found[number].name} have the same number")
        found[number] = Migration(number=number, name=path.name, sql=path.read_text(encoding="utf-8"))
    return list(found.values())


async def migrate(
    connection: Connection,
    migrations: Sequence[Migration] | None = None,
    *,
    lock_timeout_seconds: float = 3.0,
    wait_seconds: float = 60.0,
) -> list[str]:
    """Applies what is missing and answers the names applied.

    Raises `MigrationError` when a file was changed after it was applied, when a lock was not to be had within
    `lock_timeout_seconds` (the migration is rolled back), or when another process held the migration lock for
    `wait_seconds`.
    """
    wanted = read_migrations() if migrations is None else migrations
    await _lock(connection, wait_seconds)
    try:
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS schema_migrations (number integer PRIMARY KEY, name text NOT NULL, "
            "checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"
        )
        rows = await connection.fetch("SELECT number, checksum FROM schema_migrations")
        held = {row["number"]: row["checksum"] for row in rows}
        for each in wanted:
            if held.get(each.number, each.checksum) != each.checksum:
                raise MigrationError(f"{each.name} was changed after it was applied")
        missing = [each for each in wanted if each.number not in held]
        for each in missing:
            await _apply(connection, each, lock_timeout_seconds)
        return [each.name for each in missing]
    finally:
        await connection.execute("SELECT pg_advisory_unlock($1)", ADVISORY_LOCK)


@dataclass(frozen=True, slots=True)
class MigrationState:
    """The tables beside the files, by names: `missing` ones aren't applied, `changed` ones are others than those that
    were, `later` ones were applied by a later version."""

    missing: tuple[str, ...]
    changed: tuple[str, ...]
    later: tuple[str, ...]


async def migration_state(connection: Connection, migrations: Sequence[Migration] | None = None) -> MigrationState:
    """How the tables stand to the files."""
    wanted = {each.number: each for each in (read_migrations() if migrations is None else migrations)}
    rows: list[asyncpg.Record] = []
    if await connection.fetchval("SELECT to_regclass('schema_migrations') IS NOT NULL"):
        rows = await connection.fetch("SELECT number, name, checksum FROM schema_migrations ORDER BY number")
    held = {row["number"]: row["checksum"] for row in rows}
    return MigrationState(
        missing=tuple(each.name for number, each in wanted.items() if number not in held),
        changed=tuple(each.name for number, each in wanted.items() if held.get(number, each.checksum) != each.checksum),
        later=tuple(row["name"] for row in rows if row["number"] not in wanted),
    )


async def require_migrations(connection: Connection, migrations: Sequence[Migration] | None = None) -> None:
    """Raises `MigrationError` where one is missing that somebody else is to apply."""
    missing = (await migration_state(connection, migrations)).missing
    if missing:
        raise MigrationError(f"waiting for `control_plane migrate`: {len(missing)} missing, the first is {missing[0]}")


async def _lock(connection: Connection, wait_seconds: float) -> None:
    deadline = time.monotonic() + wait_seconds
    while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", ADVISORY_LOCK):
        if time.monotonic() >= deadline:
            raise MigrationError(f"another process has been migrating for {wait_seconds:g} s")
        await asyncio.sleep(0.1)


async def _apply(connection: Connection, each: Migration, lock_timeout_seconds: float) -> None:
    try:
        async with connection.transaction():
            await connection.execute(f"SET LOCAL lock_timeout = '{round(lock_timeout_seconds * 1000)}ms'")
            await connection.execute("SET LOCAL statement_timeout = 0")
            # Row-level security lets the tables' owner change rows of every tenant.
            await connection.execute("SET LOCAL verdict.migrating = 'on'")
            await connection.driver.execute(each.sql, timeout=600)
            await connection.execute(
                "INSERT INTO schema_migrations (number, name, checksum) VALUES ($1, $2, $3)",
                each.number,
                each.name,
                each.checksum,
            )
    except asyncpg.PostgresError as error:
        raise MigrationError(f"{each.name} was rolled back: {error}") from error
    _log.info("migration applied", migration=each.name)
