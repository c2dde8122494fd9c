"""Migrations against a real PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from control_plane.database import Connections, Database, MigrationError, migrate, require_migrations
from control_plane.database.migrate import ADVISORY_LOCK, Migration, read_migrations
from service_kit.clock import SystemClock
from service_kit.problems import Unavailable

from devstack.parts import Postgres
from tests.waiting import until


@pytest.fixture
async def database(postgres_url: str) -> AsyncIterator[Database]:
    database = await Database.connect(postgres_url, SystemClock(), pool_size=5)
    yield database
    await database.close()


async def test_all_migrations_apply_once(database: Database) -> None:
    names = [each.name for each in read_migrations()]
    assert names
    assert await database.migrate() == names
    assert await database.migrate() == []


async def test_two_processes_migrate_one_after_the_other(database: Database) -> None:
    applied = await asyncio.gather(database.migrate(), database.migrate())
    assert sorted(map(len, applied)) == [0, len(read_migrations())]


async def test_a_process_that_may_not_migrate_waits_for_whoever_does(postgres_url: str, database: Database) -> None:
    waiting = Database(postgres_url, SystemClock(), Connections(most=2))
    opening = asyncio.create_task(waiting.keep_opening(require_migrations))

    async def told(words: str) -> bool:
        return words in (await waiting.check() or "ready")

    await until(lambda: told(f"{len(read_migrations())} missing, the first is 0001_"))
    async with database.connection() as connection:
        await migrate(connection, read_migrations()[:-1])
    await until(lambda: told(f"1 missing, the first is {read_migrations()[-1].name}"))
    await database.migrate()
    await opening
    assert await waiting.check() is None
    await waiting.close()


async def test_a_changed_file_is_refused(database: Database) -> None:
    async with database.connection() as connection:
        await migrate(connection, [Migration(1, "0001_a.sql", "CREATE TABLE a ()")])
        with pytest.raises(MigrationError, match=r"0001_a\.sql was changed"):
            await migrate(connection, [Migration(1, "0001_a.sql", "CREATE TABLE b ()")])


async def test_a_failing_migration_leaves_nothing(database: Database) -> None:
    broken = [
        Migration(1, "0001_a.sql", "CREATE TABLE a ()"),
        Migration(2, "0002_b.sql", "CREATE TABLE b (); SELECT x"),
    ]
    async with database.connection() as connection:
        with pytest.raises(MigrationError, match=r"0002_b\.sql was rolled back"):
            await migrate(connection, broken)
        assert await connection.fetchval("SELECT to_regclass('b')") is None
        assert await connection.fetchval("SELECT count(*) FROM schema_migrations") == 1
        assert not await connection.fetchval(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = $1::bigint & 4294967295)",
            ADVISORY_LOCK,
        )


async def test_a_migration_gives_up_on_a_held_lock(database: Database) -> None:
    change = [Migration(1, "0001_a.sql", "CREATE TABLE a ()"), Migration(2, "0002_b.sql", "ALTER TABLE a ADD b int")]
    async with database.connection() as connection, database.connection() as holder:
        await migrate(connection, change[:1])
        async with holder.transaction():
            await holder.execute("LOCK TABLE a IN ACCESS SHARE MODE")
            with pytest.raises(MigrationError, match="lock timeout"):
                await migrate(connection, change, lock_timeout_seconds=0.1)
        assert await migrate(connection, change, lock_timeout_seconds=0.1) == ["0002_b.sql"]


async def test_waiting_for_another_process_ends(database: Database) -> None:
    async with database.connection() as connection, database.connection() as holder:
        await holder.execute("SELECT pg_advisory_lock($1)", ADVISORY_LOCK)
        with pytest.raises(MigrationError, match="another process"):
            await migrate(connection, [], wait_seconds=0.1)
        await holder.execute("SELECT pg_advisory_unlock($1)", ADVISORY_LOCK)


def test_files_are_named_and_numbered(tmp_path: Path) -> None:
    (tmp_path / "0001_a.sql").write_text("SELECT 1")
    (tmp_path / "0001_b.sql").write_text("SELECT 1")
    with pytest.raises(MigrationError, match="same number"):
        read_migrations(tmp_path)
    (tmp_path / "0001_b.sql").rename(tmp_path / "1_b.sql")
    with pytest.raises(MigrationError, match="is named"):
        read_migrations(tmp_path)


async def test_a_database_that_goes_away_is_unavailable_and_comes_back(fresh_postgres: Postgres) -> None:
    database = await Database.connect(fresh_postgres.url, SystemClock(), pool_size=3)
    await database.migrate()
    try:
        assert await database.check() is None
        fresh_postgres.kill()
        assert await database.check() == "the database can't be reached"
        with pytest.raises(Unavailable):
            async with database.transaction():
                pass
        fresh_postgres.start()

        async def is_back() -> bool:
            return await database.check() is None

        await until(is_back)
    finally:
        await database.close()


async def test_a_password_that_somebody_else_was_shown_is_gone(database: Database) -> None:
    """Of people whom earlier versions gave an initial password and who never changed it."""
    before = [each for each in read_migrations() if each.number < 23]
    async with database.connection() as connection:
        await migrate(connection, before)
        await connection.executemany(
            "INSERT INTO users (email, name, password_hash, is_administrator, session_generation) "
            "VALUES ($1, $1, 'a hash', $2, $3)",
            [("admin", True, 1), ("never", False, 1), ("changed", False, 2)],
        )
        await migrate(connection)
        rows = await connection.fetch("SELECT email, password_hash, session_generation FROM users")
    kept = {row["email"]: (row["password_hash"], row["session_generation"]) for row in rows}
    assert kept == {"admin": ("a hash", 1), "never": (None, 2), "changed": ("a hash", 2)}
