"""The roles that the control plane logs in as: what migrates with no more than it needs, and what is said otherwise."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import asyncpg
import pytest
from control_plane.database import Database, MigrationError
from service_kit.clock import SystemClock

from devstack.parts import Postgres
from tests.upgrades.recording import read_recording, recordings
from tests.upgrades.replay import Replay


@pytest.fixture
async def plain(fresh_postgres: Postgres) -> AsyncIterator[Database]:
    """A database of a login that owns it, and may do nothing besides."""
    fresh_postgres.run_sql("CREATE ROLE plain LOGIN")
    url = fresh_postgres.create_database("verdict").replace("//postgres@", "//plain@")
    fresh_postgres.run_sql("ALTER DATABASE verdict OWNER TO plain")
    database = await Database.connect(url, SystemClock(), pool_size=2)
    yield database
    await database.close()


async def test_a_login_that_may_not_create_roles_is_told_what_to_run(fresh_postgres: Postgres, plain: Database) -> None:
    with pytest.raises(MigrationError) as told:
        await plain.migrate()
    told_to_run = re.search(r'let a superuser run "([^"]+(?:"\w+"[^"]*)?)", then migrate again', str(told.value))
    assert "plain may not create the role verdict_app" in str(told.value)
    assert told_to_run is not None
    for statement in told_to_run[1].split("; "):
        fresh_postgres.run_sql(statement)
    assert "0039_tenants.sql" in await plain.migrate()


async def test_a_login_that_may_create_roles_needs_nobody(fresh_postgres: Postgres, plain: Database) -> None:
    fresh_postgres.run_sql("ALTER ROLE plain CREATEROLE")
    await plain.migrate()
    async with plain.transaction() as tx:
        await tx.execute("SET LOCAL ROLE verdict_app")
        assert await tx.fetchval("SELECT row_security_active('organizations')")


async def test_a_role_that_bypasses_is_refused(fresh_postgres: Postgres, plain: Database) -> None:
    fresh_postgres.run_sql("ALTER ROLE plain CREATEROLE")
    fresh_postgres.run_sql("CREATE ROLE verdict_app BYPASSRLS; GRANT verdict_app TO plain")
    with pytest.raises(MigrationError, match=r"would pass by row-level security.*ALTER ROLE verdict_app NOSUPERUSER"):
        await plain.migrate()


async def test_the_version_before_works_on_as_the_login_that_it_has(fresh_postgres: Postgres, plain: Database) -> None:
    """It says for nobody whom it works for, and is bound by row-level security: no superuser is at work here."""
    fresh_postgres.run_sql("ALTER ROLE plain CREATEROLE")
    await plain.migrate()
    async with plain.connection() as connection:
        assert await connection.fetchval("SELECT row_security_active('organizations')")
        await Replay(connection).say(read_recording(recordings()[max(recordings())]))


async def test_a_migration_changes_rows_of_every_tenant(fresh_postgres: Postgres, plain: Database) -> None:
    """Also when nothing lets a table's owner see them any more, as it will be once the version before has gone."""
    fresh_postgres.run_sql("ALTER ROLE plain CREATEROLE")
    await plain.migrate()
    async with plain.transaction() as tx:
        await tx.execute("CREATE TABLE notes (organization_id uuid NOT NULL)")
        await tx.execute("SELECT protect_tenant_table('notes')")
        await tx.execute("DROP POLICY version_before ON notes")
        await tx.execute("SET LOCAL verdict.migrating = 'on'")
        await tx.execute("INSERT INTO notes VALUES (gen_random_uuid()), (gen_random_uuid())")
    async with plain.transaction() as tx:
        assert await tx.fetchval("SELECT count(*) FROM notes") == 0
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with plain.transaction() as tx:
            await tx.execute("INSERT INTO notes VALUES (gen_random_uuid())")
    async with plain.transaction() as tx:
        await tx.execute("SET LOCAL verdict.migrating = 'on'")
        assert await tx.fetchval("SELECT count(*) FROM notes") == 2
