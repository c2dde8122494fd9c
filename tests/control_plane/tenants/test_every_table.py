"""Every table of the schema, by raw SQL: what the control plane's sessions see and do without a tenant, and with one.

A new table is guarded, or stands in `WITHOUT_TENANT` with a reason."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeAlias

import asyncpg
import pytest
from control_plane.database import Database
from service_kit.clock import SystemClock

from tests.control_plane.tenants.rows_of_tenants import Ids, Table, fill, insert_of, tables_of

WITHOUT_TENANT = {
    "schema_migrations": "which migrations were applied",
    "leases": "which relay leads, for all tenants",
    "lease_candidates": "which relays would lead, for all tenants",
    "config_streams": "how full the stream is that all tenants share",
    "signing_keys": "by which the installation signs access tokens; the private part is sealed",
    "audit_signing_keys": "by which the installation signs the heads of all tenants",
}
OPEN_FUNCTIONS = {"unpublished_growth": "one sum over all tenants: what waits for room on the stream they share"}
"""Functions that work as the tables' owner."""
REFUSED = (asyncpg.InsufficientPrivilegeError, asyncpg.RestrictViolationError)
Session: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


@dataclass(frozen=True)
class Filled:
    """A schema that holds one row of each table for each of two tenants."""

    session: Session
    tables: Sequence[Table]
    one: Ids
    other: Ids
    rows: dict[tuple[str, Ids], str]

    @asynccontextmanager
    async def working(self, role: str = "verdict_app", ids: Ids | None = None) -> AsyncIterator[Session]:
        """As the control plane works: for this tenant and person, or for nobody. Nothing stays."""
        transaction = self.session.transaction()
        await transaction.start()
        try:
            await self.session.execute(f"SET LOCAL ROLE {role}")
            if ids is not None:
                await self.session.execute(f"SET LOCAL verdict.tenants = '{{{ids.organization_id}}}'")
                await self.session.execute(f"SET LOCAL verdict.account = '{ids.user_id}'")
            yield self.session
        finally:
            await transaction.rollback()


@pytest.fixture
async def filled(postgres_url: str) -> AsyncIterator[Filled]:
    database = await Database.connect(postgres_url, SystemClock(), pool_size=1)
    await database.migrate()
    await database.close()
    session = await asyncpg.connect(postgres_url)
    try:
        tables, one, other = await tables_of(session), Ids(), Ids()
        await session.execute("DELETE FROM leases; DELETE FROM schema_migrations WHERE number < 0")
        yield Filled(session, tables, one, other, await fill(session, tables, [one, other]))
    finally:
        await session.close()


async def outcome(session: Session, sql: str, *values: object) -> str:
    """The command's tag, or `refused`."""
    attempt = session.transaction()
    await attempt.start()
    try:
        said: str = await session.execute(sql, *values)
    except REFUSED:
        return "refused"
    finally:
        await attempt.rollback()
    return said


async def test_every_table_is_guarded_or_has_no_tenant(filled: Filled) -> None:
    unguarded = {each.name for each in filled.tables if not each.guarded}
    assert unguarded == WITHOUT_TENANT.keys(), "a migration says SELECT protect_tenant_table('…') after CREATE TABLE"
    ownerless = {each.name for each in filled.tables if each.owner is None}
    assert ownerless == WITHOUT_TENANT.keys(), "a table that a tenant owns has a column organization_id"


async def test_nothing_works_as_somebody_else(filled: Filled) -> None:
    views = await filled.session.fetch(
        "SELECT relname FROM pg_class WHERE relkind IN ('v', 'm') AND relnamespace = current_schema()::regnamespace "
        "AND NOT COALESCE(reloptions, '{}') @> ARRAY['security_invoker=true']"
    )
    assert [each["relname"] for each in views] == []
    functions = await filled.session.fetch(
        "SELECT proname FROM pg_proc WHERE prosecdef AND pronamespace = current_schema()::regnamespace"
    )
    assert {each["proname"] for each in functions} == OPEN_FUNCTIONS.keys()


async def test_the_roles_bypass_nothing_and_own_nothing(filled: Filled) -> None:
    roles = await filled.session.fetch(
        "SELECT rolname, rolsuper OR rolbypassrls OR rolcanlogin OR rolcreaterole OR rolcreatedb AS mighty, "
        "EXISTS (SELECT FROM pg_class WHERE relowner = pg_roles.oid) AS owner, "
        "EXISTS (SELECT FROM pg_auth_members WHERE member = pg_roles.oid) AS member "
        "FROM pg_roles WHERE rolname LIKE 'verdict\\_%' ORDER BY rolname"
    )
    assert [tuple(each) for each in roles] == [
        ("verdict_accounts", False, False, False),
        ("verdict_app", False, False, False),
        ("verdict_system", False, False, False),
    ]


async def test_without_a_tenant_there_is_nothing(filled: Filled) -> None:
    """Neither for requests, nor, besides people and what they sign in with, for who identifies them."""
    leaks = []
    for table in filled.tables:
        if table.owner is None:
            continue
        async with filled.working() as session:
            seen = await session.fetchval(f'SELECT count(*) FROM "{table.name}"')
            update = f'UPDATE "{table.name}" SET "{table.owner}" = "{table.owner}"'
            holds = (
                seen == 0
                and await outcome(session, update) in ("UPDATE 0", "refused")
                and await outcome(session, f'DELETE FROM "{table.name}"') in ("DELETE 0", "refused")
                and await outcome(session, insert_of(table), filled.rows[table.name, filled.one]) == "refused"
            )
        if not holds:
            leaks.append(table.name)
    assert leaks == []


async def test_a_tenant_sees_its_own_alone_and_writes_for_nobody_else(filled: Filled) -> None:
    leaks = []
    for table in filled.tables:
        if table.owner is None:
            continue
        mine, theirs = filled.one.owner_of(table), filled.other.owner_of(table)
        async with filled.working(ids=filled.one) as session:
            seen = [each[0] for each in await session.fetch(f'SELECT "{table.owner}" FROM "{table.name}"')]
            answers = {
                "all that is seen": seen == [mine],
                "theirs, changed": await outcome(
                    session,
                    f'UPDATE "{table.name}" SET "{table.owner}" = "{table.owner}" WHERE "{table.owner}" = $1',
                    theirs,
                )
                in ("UPDATE 0", "refused"),
                "theirs, deleted": await outcome(
                    session,
                    f'DELETE FROM "{table.name}" WHERE "{table.owner}" = $1',
                    theirs,
                )
                in ("DELETE 0", "refused"),
                "written for them": await outcome(session, insert_of(table), filled.rows[table.name, filled.other])
                == "refused",
                "moved to them": await outcome(
                    session,
                    f'UPDATE "{table.name}" SET "{table.owner}" = $1',
                    theirs,
                )
                in ("UPDATE 0", "refused"),
            }
        leaks += [(table.name, what) for what, holds in answers.items() if not holds]
    assert leaks == []


async def test_who_identifies_people_sees_no_more_of_tenants_than_that_takes(filled: Filled) -> None:
    seen = set()
    for table in filled.tables:
        if table.owner is None:
            continue
        async with filled.working("verdict_accounts") as session:
            if await session.fetchval(f'SELECT count(*) FROM "{table.name}"'):
                seen.add(table.name)
    assert seen == {
        "api_tokens",
        "bindings",
        "email_domains",
        "group_members",
        "groups",
        "identity_providers",
        "invitations",
        "memberships",
        "organizations",
        "password_resets",
        "project_roles",
        "provisioning_tokens",
        "sessions",
        "roles",
        "sign_in_networks",
        "users",
    }


async def test_the_relay_sees_every_tenant(filled: Filled) -> None:
    for table in filled.tables:
        if table.owner is not None:
            async with filled.working("verdict_system") as session:
                assert await session.fetchval(f'SELECT count(*) FROM "{table.name}"') == 2, table.name


async def test_people_are_seen_by_the_tenants_they_belong_to(filled: Filled) -> None:
    nobody = Ids(organization_id=filled.one.organization_id)
    async with filled.working(ids=nobody) as session:
        assert [each["id"] for each in await session.fetch("SELECT id FROM users")] == [filled.one.user_id]
        assert await outcome(session, "UPDATE users SET name = 'x'") == "UPDATE 0"
        assert await session.fetchval("SELECT count(*) FROM sign_in_networks") == 0
