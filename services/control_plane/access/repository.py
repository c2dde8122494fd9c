"""Rows of members, and who somebody is with all roles."""

from __future__ import annotations

from uuid import UUID

import asyncpg

from control_plane.access.roles import Role
from control_plane.database import Connection

_ACTOR = """
SELECT users.id, users.email, users.name, users.is_administrator, users.session_generation,
    COALESCE((SELECT jsonb_object_agg(organization_id, role) FROM memberships WHERE user_id = users.id), '{}')
        AS organizations,
    COALESCE((SELECT jsonb_object_agg(project_id, role) FROM project_roles WHERE user_id = users.id), '{}')
        AS project_roles
FROM users WHERE id = $1
"""
_MEMBERS = """
SELECT users.id, users.email, users.name, memberships.role, memberships.revision, memberships.created_at
FROM memberships JOIN users ON users.id = memberships.user_id
WHERE memberships.organization_id = $1
"""


async def find_actor(tx: Connection, user_id: UUID) -> asyncpg.Record | None:
    """The person with all roles, in one round trip."""
    return await tx.fetchrow(_ACTOR, user_id)


async def organization_ids(tx: Connection, user_id: UUID) -> list[UUID]:
    """Where a person belongs, in one order for all who lock them."""
    rows = await tx.fetch(
        "SELECT organization_id FROM memberships WHERE user_id = $1 ORDER BY organization_id", user_id
    )
    return [row["organization_id"] for row in rows]


async def organization_name(tx: Connection, organization_id: UUID) -> str:
    return str(await tx.fetchval("SELECT name FROM organizations WHERE id = $1", organization_id))


async def is_member(tx: Connection, organization_id: UUID, email: str) -> bool:
    found: bool = await tx.fetchval(
        "SELECT EXISTS (SELECT FROM memberships JOIN users ON users.id = user_id "
        "WHERE organization_id = $1 AND lower(email) = lower($2))",
        organization_id,
        email,
    )
    return found


async def list_members(tx: Connection, organization_id: UUID, after: str, limit: int) -> list[asyncpg.Record]:
    """Members in the order of their e-mail, from the one after `after`."""
    return await tx.fetch(
        _MEMBERS + " AND lower(users.email) > $2 ORDER BY lower(users.email) LIMIT $3", organization_id, after, limit
    )


async def list_roles(tx: Connection, organization_id: UUID) -> list[asyncpg.Record]:
    """Each member's user_id, role and session_generation, by user_id."""
    return await tx.fetch(
        "SELECT memberships.user_id, memberships.role, users.session_generation FROM memberships "
        "JOIN users ON users.id = memberships.user_id "
        "WHERE memberships.organization_id = $1 ORDER BY memberships.user_id",
        organization_id,
    )


async def find_member(
    tx: Connection, organization_id: UUID, user_id: UUID, *, lock: bool = False
) -> asyncpg.Record | None:
    suffix = " AND users.id = $2" + (" FOR UPDATE OF memberships" if lock else "")
    return await tx.fetchrow(_MEMBERS + suffix, organization_id, user_id)


async def lock_owners(tx: Connection, organization_id: UUID) -> int:
    """How many owners there are; they stay as they are until the end of the transaction."""
    rows = await tx.fetch(
        "SELECT user_id FROM memberships WHERE organization_id = $1 AND role = 'owner' ORDER BY user_id FOR UPDATE",
        organization_id,
    )
    return len(rows)


async def insert_member(tx: Connection, organization_id: UUID, user_id: UUID, role: Role) -> bool:
    """False when the person is a member already."""
    status = await tx.execute(
        "INSERT INTO memberships (organization_id, user_id, role, created_at) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT DO NOTHING",
        organization_id,
        user_id,
        role.value,
        tx.now,
    )
    return status.endswith(" 1")


async def update_member(tx: Connection, organization_id: UUID, user_id: UUID, role: Role) -> None:
    await tx.execute(
        "UPDATE memberships SET role = $3, revision = revision + 1 WHERE organization_id = $1 AND user_id = $2",
        organization_id,
        user_id,
        role.value,
    )


async def delete_member(tx: Connection, organization_id: UUID, user_id: UUID) -> None:
    await tx.execute("DELETE FROM memberships WHERE organization_id = $1 AND user_id = $2", organization_id, user_id)
