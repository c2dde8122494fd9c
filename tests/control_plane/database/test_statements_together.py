"""What is sent together does what it would do one after the other; and what a write opens its project with holds."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest
from control_plane.access import Actor, Right
from control_plane.access.policy import Grant, Policy
from control_plane.database import Connection, Database, RowKind, renumbered
from control_plane.environments.queries import OpenedProject, open_project

from tests.control_plane.conftest import Tenant


async def _marked(tx: Connection) -> list[int]:
    return [row["n"] for row in await tx.fetch("SELECT n FROM marks ORDER BY n")]


@pytest.fixture
async def marks(database: Database) -> Database:
    async with database.transaction() as tx:
        await tx.execute("CREATE TABLE marks (n integer PRIMARY KEY)")
    return database


def test_parameters_are_counted_on() -> None:
    assert renumbered("SELECT $1, $12 WHERE $2 = '$'", 3) == "SELECT $4, $15 WHERE $5 = '$'"


async def test_what_is_sent_later_leads_the_next_statement_with_room(marks: Database) -> None:
    async with marks.transaction() as tx:
        tx.later("INSERT INTO marks VALUES ($1)", 1)
        tx.later("INSERT INTO marks SELECT $1::int + $2::int", 1, 1)
        row = await tx.fetchrow_after("WITH one AS (SELECT $1::int AS n) SELECT n FROM one", 7)
        assert row is not None
        assert row["n"] == 7
        assert await _marked(tx) == [1, 2]


async def test_whatever_comes_first_finds_it_done(marks: Database) -> None:
    async with marks.transaction() as tx:
        tx.later("INSERT INTO marks VALUES ($1)", 1)
        assert await _marked(tx) == [1]
        tx.later("INSERT INTO marks VALUES ($1)", 2)
    async with marks.transaction() as tx:
        assert await _marked(tx) == [1, 2]


async def test_what_failed_leaves_nothing_to_be_sent(marks: Database) -> None:
    async with marks.transaction() as tx:
        tx.later("INSERT INTO marks VALUES ($1)", 1)
        with pytest.raises(ZeroDivisionError):
            async with tx.attempt():
                tx.later("INSERT INTO marks VALUES ($1)", 2)
                raise ZeroDivisionError
        assert await _marked(tx) == [1]
    with pytest.raises(ZeroDivisionError):
        async with marks.transaction() as tx:
            tx.later("INSERT INTO marks VALUES ($1)", 3)
            raise ZeroDivisionError
    async with marks.transaction() as tx:
        assert await _marked(tx) == [1]


MARKS = RowKind(
    "INSERT INTO marks SELECT n FROM json_to_recordset($1::json) AS given (n integer)", ("marks", "scratches")
)


async def _locked(tx: Connection) -> bool:
    """Whether a row of this transaction holds a table."""
    return bool(await tx.fetchval("SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND mode LIKE 'RowEx%'"))


async def test_what_is_kept_back_is_written_when_it_may_show(marks: Database) -> None:
    async with marks.transaction() as tx:
        tx.keep_back(MARKS, {"n": 1}, "one")
        tx.keep_back(MARKS, {"n": 2}, "two")
        await tx.fetch("SELECT 1")
        assert await tx.fetch_beside({"three"}, "SELECT n FROM marks") == []
        assert not await _locked(tx)
        assert [row["n"] for row in await tx.fetch_beside({"two"}, "SELECT n FROM marks ORDER BY n")] == [1, 2]
        tx.keep_back(MARKS, {"n": 3}, "three")
        assert await _marked(tx) == [1, 2, 3]
        tx.keep_back(MARKS, {"n": 4}, "four")
        with pytest.raises(ZeroDivisionError):
            async with tx.attempt():
                tx.keep_back(MARKS, {"n": 5}, "five")
                raise ZeroDivisionError
        tx.keep_back(MARKS, {"n": 6}, "six")
    async with marks.transaction() as tx:
        assert await _marked(tx) == [1, 2, 3, 4, 6]


@pytest.mark.parametrize(
    ("sql", "concerned"),
    [
        ("SELECT 1 FROM flags", False),
        ("SELECT n FROM marks", True),
        ("SELECT sum(n) FROM scratches", True),
        ("DELETE FROM flags", True),
        ("UPDATE flags SET name = ''", False),
    ],
)
def test_what_may_show_is_told_by_its_tables(sql: str, *, concerned: bool) -> None:
    assert MARKS.concerns(sql) is concerned


async def _actor(tx: Connection, role: str) -> Actor:
    organization: UUID = await tx.fetchval("SELECT organization_id FROM projects")
    grants = frozenset({Grant(role, organization)})
    return Actor(
        kind="user", id=UUID(int=1), name="p", organization_ids=frozenset({organization}), policy=Policy(grants)
    )


async def _opened(database: Database, tenant: Tenant, role: str) -> OpenedProject:
    async with database.transaction() as tx:
        actor = await _actor(tx, role)
        return await open_project(tx, actor, tenant.project, actor.granted_in(Right.FLAG_UPDATE))


async def test_a_write_that_waited_sees_what_was_made_meanwhile(database: Database, tenant: Tenant) -> None:
    async with database.transaction() as tx:
        await tx.execute("SELECT FROM projects WHERE id = $1::uuid FOR UPDATE", tenant.project)
        waiting = asyncio.create_task(_opened(database, tenant, "developer"))
        async with asyncio.timeout(30), database.transaction() as other:
            while not await other.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
                await asyncio.sleep(0)
        await tx.execute(
            "INSERT INTO environments (organization_id, project_id, key, name, salt) "
            "SELECT organization_id, id, 'late', 'Late', 's' FROM projects WHERE id = $1::uuid",
            tenant.project,
        )
    opened = await waiting
    assert opened.locked
    assert {each.key for each in opened.environments} == {"production", "late"}


async def test_whoever_may_not_write_holds_nobody_up(database: Database, tenant: Tenant) -> None:
    async with database.transaction() as tx:
        await tx.execute("SELECT FROM projects WHERE id = $1::uuid FOR UPDATE", tenant.project)
        opened = await _opened(database, tenant, "viewer")
    assert not opened.locked
    assert [each.key for each in opened.environments] == ["production"]
