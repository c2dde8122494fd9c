"""A database that an earlier version has filled is migrated step by step while that version goes on working."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from control_plane.database import Database, migrate
from control_plane.database.migrate import Migration, MigrationError, read_migrations
from service_kit.clock import SystemClock

from tests.upgrades.day import live
from tests.upgrades.recorder import recorded
from tests.upgrades.recording import Statement, read_recording, recordings, write_recording
from tests.upgrades.replay import Incompatible, Replay

RECORDINGS = recordings()
NEWEST_RECORDED = max(RECORDINGS)
CUTS = (0.0, 0.25, 0.5, 0.75)


@pytest.fixture
async def database(postgres_url: str) -> AsyncIterator[Database]:
    database = await Database.connect(postgres_url, SystemClock(), pool_size=1)
    yield database
    await database.close()


@pytest.fixture(scope="module")
def said() -> list[Statement]:
    """What the last version that was recorded says."""
    return read_recording(RECORDINGS[NEWEST_RECORDED])


def known(number: int) -> list[Migration]:
    """The migrations that a version knew whose newest is `number`."""
    return [each for each in read_migrations() if each.number <= number]


async def upgraded(database: Database, said: list[Statement], later: list[list[Migration]], cut: float) -> None:
    """The recorded version works up to `cut` of its day, the migrations of `later` come one by one, and the rest of its
    day falls on their schema. Raises `Incompatible` where it could not."""
    first = round(len(said) * cut)
    while first and said[first - 1].sql != "COMMIT":
        first -= 1
    async with database.connection() as connection:
        await migrate(connection, known(NEWEST_RECORDED))
        replay = Replay(connection)
        await replay.say(said[:first])
        for step in later:
            await migrate(connection, step)
        await replay.say(said[first:])


async def test_a_day_is_the_same_day_on_an_empty_database(database: Database, said: list[Statement]) -> None:
    await upgraded(database, said, [], 0.5)


@pytest.mark.parametrize("cut", CUTS)
async def test_the_recorded_version_works_on_while_later_migrations_come(
    database: Database, said: list[Statement], cut: float
) -> None:
    later = [known(each.number) for each in read_migrations() if each.number > NEWEST_RECORDED]
    await upgraded(database, said, later, cut)


BREAKING = {
    "a column that it reads is gone": "ALTER TABLE segments DROP COLUMN tags",
    "a column has another name": "ALTER TABLE flags RENAME COLUMN name TO title",
    "a new column is needed": "ALTER TABLE experiments ADD COLUMN owner text NOT NULL",
    "a table is gone": "DROP TABLE usages CASCADE",
    "a type is narrower": "ALTER TABLE organizations ALTER COLUMN key TYPE varchar(2)",
    "a value is refused": "ALTER TABLE metrics ADD CHECK (aggregation <> 'conversion') NOT VALID",
    "two may no longer be equal": "CREATE UNIQUE INDEX one_type ON flags (project_id, type)",
}
HARMLESS = {
    "a column with a default": "ALTER TABLE flags ADD COLUMN owner text NOT NULL DEFAULT ''",
    "a column that may be empty": "ALTER TABLE experiments ADD COLUMN owner text",
    "a table": "CREATE TABLE notes (id uuid PRIMARY KEY, flag_id uuid REFERENCES flags ON DELETE CASCADE)",
    "an index": "CREATE INDEX flags_by_type ON flags (type)",
    "a wider value": "ALTER TABLE organizations ALTER COLUMN key TYPE text",
}


@pytest.mark.parametrize("sql", [pytest.param(sql, id=name) for name, sql in BREAKING.items()])
async def test_a_migration_that_stops_the_version_before_is_seen(
    database: Database, said: list[Statement], sql: str
) -> None:
    with pytest.raises((Incompatible, MigrationError)):
        await upgraded(database, said, [[*known(NEWEST_RECORDED), Migration(9999, "9999_breaking.sql", sql)]], 0.25)


@pytest.mark.parametrize("sql", [pytest.param(sql, id=name) for name, sql in HARMLESS.items()])
async def test_a_migration_that_adds_is_taken(database: Database, said: list[Statement], sql: str) -> None:
    await upgraded(database, said, [[*known(NEWEST_RECORDED), Migration(9999, "9999_adding.sql", sql)]], 0.5)


async def test_the_day_calls_every_operation(database: Database) -> None:
    await database.migrate()
    _, called, app = await live(database)
    operations = {
        f"{method.upper()} {path}"
        for path, methods in app.openapi()["paths"].items()
        for method in methods
        if path.startswith("/api/v1")
    }
    # Without mail it is refused; what it says to the database the other link says as well.
    mailing = {"POST /api/v1/auth/password-resets"}
    # These ask a name server or an identity provider, which a recorded day has none of.
    asking = {
        "POST /api/v1/organizations/{organization}/email-domains/{domain}/verify",
        "POST /api/v1/organizations/{organization}/identity-providers/{provider}/check",
        "GET /api/v1/auth/oidc/start",
        "GET /api/v1/auth/oidc/callback",
    }
    assert operations - called == mailing | asking


async def test_a_recording_is_read_as_it_was_written(database: Database, tmp_path: Path) -> None:
    await database.migrate()
    with recorded() as said:
        async with database.transaction() as tx:
            await tx.fetch("SELECT gen_random_uuid() AS id, now() AS at, $1::jsonb AS given", {"a": [1]})
    path = tmp_path / "0001.jsonl"
    write_recording(path, said)
    assert read_recording(path) == said
    assert [each.sql for each in said][::2] == ["BEGIN", "COMMIT"]
    assert (said[1].columns, said[1].rows, len(said[1].ids)) == (("id", "at", "given"), 1, 1)
