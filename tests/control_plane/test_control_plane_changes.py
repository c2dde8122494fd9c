"""Recorded changes: versions without gaps, one audit entry and one outbox row each, and a log that shows tampering."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from control_plane.access import Actor
from control_plane.changes import Change, Origin, record, record_together
from control_plane.changes.verification import Verification, verify
from control_plane.database import Connection, Database

ACTOR = Actor("system", uuid4(), "test")


class Place:
    """An organization with three environments."""

    def __init__(self, organization: UUID, project: UUID, environments: list[UUID]) -> None:
        self.organization, self.project, self.environments = organization, project, environments

    def change(self, *environments: UUID, **more: Any) -> Change:
        return Change(
            organization_id=self.organization,
            project_id=self.project,
            entity="flag",
            entity_key="new-checkout",
            action="update",
            actor=ACTOR,
            environment_ids=environments,
            **more,
        )


async def new_place(database: Database, key: str = "acme") -> Place:
    async with database.transaction() as tx:
        organization = await tx.fetchval("INSERT INTO organizations (key, name) VALUES ($1, $1) RETURNING id", key)
        project = await tx.fetchval(
            "INSERT INTO projects (organization_id, key, name) VALUES ($1, 'shop', 'Shop') RETURNING id", organization
        )
        environments = [
            await tx.fetchval(
                "INSERT INTO environments (organization_id, project_id, key, name, salt) "
                "VALUES ($1, $2, $3, $3, 'salt') RETURNING id",
                organization,
                project,
                name,
            )
            for name in ("dev", "staging", "production")
        ]
    return Place(organization, project, environments)


@pytest.fixture
async def place(database: Database) -> Place:
    return await new_place(database)


async def test_fifty_writers_get_versions_without_gaps(database: Database, place: Place) -> None:
    given: list[dict[UUID, int]] = []

    async def write(number: int) -> None:
        chosen = [place.environments[number % 3], place.environments[(number * 7 + 1) % 3]]
        async with database.transaction() as tx:
            given.append(await record(tx, place.change(*chosen, after={"number": number})))

    await asyncio.gather(*(write(number) for number in range(50)))
    for environment in place.environments:
        versions = sorted(each[environment] for each in given if environment in each)
        assert versions == list(range(1, len(versions) + 1))
    async with database.connection() as connection:
        assert await verify(database.transaction, place.organization) == Verification(50)
        rows = await connection.fetch("SELECT environment_id, version FROM outbox")
    expected = {(environment, version) for each in given for environment, version in each.items()}
    assert {(row["environment_id"], row["version"]) for row in rows} == expected


async def test_a_change_that_is_rolled_back_leaves_nothing(database: Database, place: Place) -> None:
    with pytest.raises(RuntimeError):
        async with database.transaction() as tx:
            await record(tx, place.change(place.environments[0]))
            raise RuntimeError
    async with database.transaction() as tx:
        assert await record(tx, place.change(place.environments[0])) == {place.environments[0]: 1}
        assert await tx.fetchval("SELECT count(*) FROM audit_entries") == 1


async def test_an_environment_of_another_tenant_is_refused(database: Database, place: Place) -> None:
    other = await new_place(database, "other")
    with pytest.raises(LookupError):
        async with database.transaction() as tx:
            await record(tx, place.change(other.environments[0]))


async def test_the_audit_log_refuses_changes(database: Database, place: Place) -> None:
    async with database.transaction() as tx:
        await record(tx, place.change())
    for statement in (
        "UPDATE audit_entries SET action = 'nothing'",
        "DELETE FROM audit_entries",
        "TRUNCATE audit_entries",
        "DELETE FROM audit_heads",
    ):
        with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
            async with database.transaction() as tx:
                await tx.execute(statement)


async def tamper(connection: Connection, *statements: str) -> None:
    """As somebody would who has taken over the database."""
    await connection.execute("SET session_replication_role = replica")
    for statement in statements:
        await connection.execute(statement)
    await connection.execute("SET session_replication_role = origin")


@pytest.mark.parametrize(
    ("statements", "verdict"),
    [
        (["UPDATE audit_entries SET actor_name = 'somebody else' WHERE number = 4"], (3, 4, "changed")),
        (["UPDATE audit_entries SET after = replace(after, '4', '5') WHERE number = 4"], (3, 4, "changed")),
        (["UPDATE audit_entries SET at = at + interval '1 microsecond' WHERE number = 10"], (9, 10, "changed")),
        (["UPDATE audit_entries SET environment_versions = '{}' WHERE number = 1"], (0, 1, "changed")),
        (["UPDATE audit_entries SET previous_hash = hash WHERE number = 6"], (5, 6, "changed")),
        (["DELETE FROM audit_entries WHERE number = 1"], (0, 1, "missing")),
        (["DELETE FROM audit_entries WHERE number = 5"], (4, 5, "missing")),
        (["DELETE FROM audit_entries WHERE number > 7"], (7, 8, "cut off")),
        (["DELETE FROM audit_entries"], (0, 1, "cut off")),
        (["DELETE FROM audit_heads"], (10, 10, "head")),
        (["UPDATE audit_heads SET number = 9"], (10, 10, "head")),
        (
            ["DELETE FROM audit_entries WHERE number = 5", "UPDATE audit_entries SET number = 5 WHERE number = 6"],
            (4, 5, "changed"),
        ),
        (
            [
                "UPDATE audit_entries SET number = 100 WHERE number = 3",
                "UPDATE audit_entries SET number = 3 WHERE number = 4",
                "UPDATE audit_entries SET number = 4 WHERE number = 100",
            ],
            (2, 3, "changed"),
        ),
    ],
    ids=[
        "another actor",
        "another state",
        "another time",
        "no environment versions",
        "another predecessor",
        "first entry deleted",
        "an entry deleted",
        "last entries deleted",
        "every entry deleted",
        "head deleted",
        "head set back",
        "an entry moved into a gap",
        "two entries swapped",
    ],
)
async def test_tampering_is_found(
    database: Database, place: Place, statements: list[str], verdict: tuple[int, int, str]
) -> None:
    for number in range(1, 11):
        async with database.transaction() as tx:
            await record(tx, place.change(place.environments[0], after={"number": number, "share": 1.0}))
    async with database.connection() as connection:
        assert await verify(database.transaction, place.organization) == Verification(10)
        await tamper(connection, *statements)
        found = await verify(database.transaction, place.organization)
    assert (found.entries, found.first_bad) == verdict[:2]
    assert verdict[2] in str(found.reason)


async def test_why_and_by_which_right_are_part_of_the_chain(database: Database, place: Place) -> None:
    origin = Origin(address="192.0.2.1", request_id="r1", reason="OPS-12", right="flag:update")
    for each in (None, origin):
        async with database.transaction() as tx:
            await record(tx, place.change(origin=each))
    for column, value in {"reason": "OPS-12", "used_right": "flag:update"}.items():
        async with database.connection() as connection:
            for number, changed in {1: "'invented'", 2: "NULL"}.items():
                await tamper(connection, f"UPDATE audit_entries SET {column} = {changed} WHERE number = {number}")
                assert (await verify(database.transaction, place.organization)).first_bad == number
                given = "NULL" if number == 1 else f"'{value}'"
                await tamper(connection, f"UPDATE audit_entries SET {column} = {given} WHERE number = {number}")
            assert await verify(database.transaction, place.organization) == Verification(2)


async def test_the_log_is_read_and_verified_over_http(tenant: Any) -> None:
    path = f"/organizations/{tenant.organization}/audit"
    await tenant.api.changed("PATCH", tenant.path, {"name": "Live"})
    entries = (await tenant.api.ok("GET", path))["items"]
    assert [(each["entity"], each["action"]) for each in entries] == [
        ("environment", "update"),
        ("environment", "create"),
        ("project", "create"),
        ("member", "create"),
        ("invitation", "create"),
        ("organization", "create"),
    ]
    assert entries[0]["before"]["name"] == "Production"
    assert entries[0]["after"]["name"] == "Live"
    assert list(entries[0]["environment_versions"].values()) == [2]
    page = await tenant.api.ok("GET", path, params={"limit": 2})
    rest = await tenant.api.ok("GET", path, params={"limit": 4, "cursor": page["next_cursor"]})
    assert page["items"] + rest["items"] == entries
    only = await tenant.api.ok("GET", path, params={"entity": "environment", "entity_key": "production"})
    assert only["items"] == entries[:2]
    verdict = await tenant.api.ok("GET", f"{path}/verification")
    assert verdict == {"intact": True, "entries": 6, "first_bad": None, "last_bad": None, "reason": None}


async def test_writes_that_are_made_together_take_one_version_and_leave_an_entry_each(
    database: Database, place: Place
) -> None:
    dev, staging, production = place.environments
    first, second = place.change(dev, staging), place.change(staging)
    async with database.transaction() as tx:
        versions = await record_together(tx, [first, second], place.change(dev, staging))
    assert versions == {dev: 1, staging: 1}
    async with database.transaction() as tx:
        told = await tx.fetch("SELECT number, environment_versions FROM audit_entries ORDER BY number")
        waiting = await tx.fetch("SELECT environment_id, version, audit_number FROM outbox")
        assert (await tx.fetchval("SELECT version FROM environments WHERE id = $1", production)) == 0
    assert [each["environment_versions"] for each in told] == [
        {str(dev): 1, str(staging): 1},
        {str(staging): 1},
        {str(dev): 1, str(staging): 1},
    ]
    assert {tuple(each) for each in waiting} == {(dev, 1, 3), (staging, 1, 3)}
    assert await verify(database.transaction, place.organization) == Verification(entries=3)


async def test_what_a_part_of_a_transaction_did_is_gone_when_it_fails(database: Database, place: Place) -> None:
    [dev, *_] = place.environments
    async with database.transaction() as tx:
        await record(tx, place.change(dev))
        with pytest.raises(LookupError):
            async with tx.attempt():
                await record(tx, place.change(dev))
                raise LookupError
        await record(tx, place.change(dev))
    async with database.transaction() as tx:
        assert await tx.fetchval("SELECT version FROM environments WHERE id = $1", dev) == 2
    assert await verify(database.transaction, place.organization) == Verification(entries=2)
