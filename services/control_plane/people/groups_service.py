"""Groups: people who hold roles together. A directory keeps those that it provisions."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import asyncpg
from service_kit.problems import Conflict, FieldError, InvalidInput, NotFound
from service_kit.versions import check_version

from control_plane.access.actor import Actor
from control_plane.access.scopes import OrganizationScope
from control_plane.changes import Audited, record
from control_plane.database import Connection
from control_plane.people.group_rights import require_holding_of_groups
from control_plane.people.groups_schemas import GroupCreate, GroupMemberView, GroupView

_GROUP = """
SELECT g.id, g.key, g.name, g.provisioned, g.revision, g.created_at,
    (SELECT count(*) FROM group_members m WHERE m.group_id = g.id) AS members
FROM groups g WHERE g.organization_id = $1
"""
_AUDITED = Audited[asyncpg.Record](
    entity="group",
    key=lambda row: str(row["key"]),
    shown=lambda row: group_view(row).audited(),
    everywhere=True,
    unpublished=frozenset({"create", "update"}),
)
_MEMBERS = Audited[dict[str, Any]](
    entity="group", key=lambda member: str(member["key"]), shown=lambda member: member, everywhere=True
)


async def listing(tx: Connection, scope: OrganizationScope, after: str, limit: int) -> list[asyncpg.Record]:
    """By key."""
    return await tx.fetch(_GROUP + "AND g.key > $2 ORDER BY g.key LIMIT $3", scope.organization_id, after, limit)


async def one(tx: Connection, scope: OrganizationScope, key: str) -> asyncpg.Record:
    """Raises `NotFound`."""
    row = await tx.fetchrow(_GROUP + "AND g.key = $2", scope.organization_id, key)
    if row is None:
        raise NotFound("there is nothing at this address")
    return row


async def create(tx: Connection, actor: Actor, scope: OrganizationScope, given: GroupCreate) -> asyncpg.Record:
    """Raises `Conflict` (`key_taken`)."""
    made = await tx.fetchval(
        "INSERT INTO groups (organization_id, key, name, created_at, updated_at) VALUES ($1, $2, $3, $4, $4) "
        "ON CONFLICT (organization_id, key) DO NOTHING RETURNING id",
        scope.organization_id,
        given.key,
        given.name,
        tx.now,
    )
    if made is None:
        raise Conflict(f"there is a group {given.key} already", code="key_taken")
    row = await one(tx, scope, given.key)
    await record(tx, _AUDITED.change(scope.organization_id, actor, "create", None, row))
    return row


async def rename(
    tx: Connection, actor: Actor, scope: OrganizationScope, key: str, name: str, expected: int
) -> asyncpg.Record:
    before = await _changeable(tx, scope, key)
    check_version(expected, before["revision"])
    await tx.execute(
        "UPDATE groups SET name = $3, revision = revision + 1, updated_at = $4 WHERE organization_id = $1 AND id = $2",
        scope.organization_id,
        before["id"],
        name,
        tx.now,
    )
    after = await one(tx, scope, key)
    await record(tx, _AUDITED.change(scope.organization_id, actor, "update", before, after))
    return after


async def delete(tx: Connection, actor: Actor, scope: OrganizationScope, key: str) -> None:
    """With the roles that its members hold by it. Raises `RightNotHeld`."""
    before = await _changeable(tx, scope, key)
    await require_holding_of_groups(tx, actor, scope, [before["id"]])
    await tx.execute("DELETE FROM groups WHERE organization_id = $1 AND id = $2", scope.organization_id, before["id"])
    await record(tx, _AUDITED.change(scope.organization_id, actor, "delete", before, None))


async def members(
    tx: Connection, scope: OrganizationScope, group_id: UUID, after: str, limit: int
) -> list[asyncpg.Record]:
    """By e-mail."""
    return await tx.fetch(
        "SELECT u.id, u.email, u.name FROM group_members m JOIN users u ON u.id = m.user_id "
        "WHERE m.organization_id = $1 AND m.group_id = $2 AND lower(u.email) > $3 ORDER BY lower(u.email) LIMIT $4",
        scope.organization_id,
        group_id,
        after,
        limit,
    )


async def add(tx: Connection, actor: Actor, scope: OrganizationScope, key: str, user_id: UUID) -> GroupMemberView:
    """Again changes nothing. Raises `RightNotHeld` for a group that holds rights the actor lacks, `InvalidInput`."""
    group = await _changeable(tx, scope, key)
    await require_holding_of_groups(tx, actor, scope, [group["id"]])
    person = await _person(tx, scope, user_id)
    status = await tx.execute(
        "INSERT INTO group_members (organization_id, group_id, user_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        scope.organization_id,
        group["id"],
        user_id,
    )
    if status.endswith(" 1"):
        await record(tx, _MEMBERS.change(scope.organization_id, actor, "add_member", None, _member(key, person)))
    return person


async def remove(tx: Connection, actor: Actor, scope: OrganizationScope, key: str, user_id: UUID) -> None:
    """Raises `NotFound` for who isn't in it, `RightNotHeld`."""
    group = await _changeable(tx, scope, key)
    await require_holding_of_groups(tx, actor, scope, [group["id"]])
    status = await tx.execute(
        "DELETE FROM group_members WHERE organization_id = $1 AND group_id = $2 AND user_id = $3",
        scope.organization_id,
        group["id"],
        user_id,
    )
    if not status.endswith(" 1"):
        raise NotFound("there is nothing at this address")
    person = await _person(tx, scope, user_id)
    await record(tx, _MEMBERS.change(scope.organization_id, actor, "remove_member", _member(key, person), None))


def group_view(row: asyncpg.Record) -> GroupView:
    return GroupView(
        id=row["id"],
        key=row["key"],
        name=row["name"],
        provisioned=row["provisioned"],
        members=row["members"],
        version=row["revision"],
        created_at=row["created_at"],
    )


def _member(key: str, person: GroupMemberView) -> dict[str, Any]:
    return {"key": key, **person.model_dump(mode="json")}


async def _person(tx: Connection, scope: OrganizationScope, user_id: UUID) -> GroupMemberView:
    row = await tx.fetchrow(
        "SELECT u.id, u.email, u.name FROM memberships m JOIN users u ON u.id = m.user_id "
        "WHERE m.organization_id = $1 AND m.user_id = $2 AND m.deactivated_at IS NULL FOR KEY SHARE OF m",
        scope.organization_id,
        user_id,
    )
    if row is None:
        raise InvalidInput([FieldError("user", "unknown_user", "the organization has no such member")])
    return GroupMemberView(**row)


async def _changeable(tx: Connection, scope: OrganizationScope, key: str) -> asyncpg.Record:
    await tx.execute(
        "SELECT FROM groups WHERE organization_id = $1 AND key = $2 FOR UPDATE", scope.organization_id, key
    )
    row = await one(tx, scope, key)
    if row["provisioned"]:
        raise Conflict("the group is kept by the directory that provisions it", code="group_provisioned")
    return row
