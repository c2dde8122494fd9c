"""Rows of members, and who somebody is with all roles."""

# ruff: noqa: S608 - nothing but statements of our own is put into the statements

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import asyncpg

from control_plane.access.policy import Grant, Policy, RoleDefinition
from control_plane.database import Connection

_MADE_ROLES = """
(SELECT jsonb_agg(jsonb_build_array(organization_id, key, rights)) FROM roles WHERE organization_id IN ({}))
"""


def actor_statement(person: str) -> str:
    """Who somebody is with all roles; `person` is a parameter or a column of the statement around it."""
    return f"""
WITH belongs AS (
    SELECT organization_id, role_key FROM memberships WHERE user_id = {person} AND deactivated_at IS NULL
)
SELECT users.id, users.email, users.name, users.is_administrator, users.session_generation,
    (SELECT jsonb_agg(organization_id) FROM belongs) AS organizations,
    (SELECT jsonb_agg(jsonb_build_array(held.role_key, held.organization_id, held.project_id, held.environment_id))
        FROM (
            SELECT role_key, organization_id, NULL::uuid AS project_id, NULL::uuid AS environment_id
            FROM belongs WHERE role_key IS NOT NULL
            UNION
            SELECT b.role_key, b.organization_id, b.project_id, b.environment_id
            FROM bindings b JOIN belongs USING (organization_id) WHERE b.user_id = {person}
            UNION
            SELECT b.role_key, b.organization_id, b.project_id, b.environment_id
            FROM group_members m JOIN bindings b ON b.group_id = m.group_id
            JOIN belongs ON belongs.organization_id = b.organization_id WHERE m.user_id = {person}
        ) held) AS grants,
    {_MADE_ROLES.format("SELECT organization_id FROM belongs")} AS roles
FROM users WHERE id = {person}
"""


_ACTOR = actor_statement("$1")
_PROGRAM = f"""
SELECT id, api_tokens.organization_id, name, role_key, project_id, environment_id, rights, created_by, last_used_at,
    (SELECT jsonb_agg(jsonb_build_array(b.role_key, b.organization_id, b.project_id, b.environment_id))
        FROM bindings b WHERE b.token_id = api_tokens.id) AS grants,
    {_MADE_ROLES.format("api_tokens.organization_id")} AS roles
FROM api_tokens
WHERE (sha256 = $1 OR id = $3) AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)
"""
_PEOPLE = """
SELECT memberships.user_id, memberships.role_key AS role, users.session_generation,
    (SELECT jsonb_agg(jsonb_build_array(held.role_key, $1::uuid, held.project_id, held.environment_id)) FROM (
        SELECT memberships.role_key, NULL::uuid AS project_id, NULL::uuid AS environment_id
        WHERE memberships.role_key IS NOT NULL
        UNION
        SELECT b.role_key, b.project_id, b.environment_id FROM bindings b
        WHERE b.organization_id = $1 AND b.user_id = memberships.user_id
        UNION
        SELECT b.role_key, b.project_id, b.environment_id FROM group_members m
        JOIN bindings b ON b.group_id = m.group_id AND b.organization_id = $1
        WHERE m.organization_id = $1 AND m.user_id = memberships.user_id
    ) held) AS grants
FROM memberships JOIN users ON users.id = memberships.user_id
WHERE memberships.organization_id = $1 AND deactivated_at IS NULL ORDER BY memberships.user_id
"""
_PROGRAMS = """
SELECT id, sha256, role_key, project_id, environment_id, rights, created_by, expires_at,
    (SELECT jsonb_agg(jsonb_build_array(b.role_key, b.organization_id, b.project_id, b.environment_id))
        FROM bindings b WHERE b.token_id = api_tokens.id) AS grants
FROM api_tokens
WHERE organization_id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2) ORDER BY id
"""
_MEMBERS = """
SELECT users.id, users.email, users.name, memberships.role_key AS role, memberships.revision, memberships.created_at,
    memberships.deactivated_at
FROM memberships JOIN users ON users.id = memberships.user_id
WHERE memberships.organization_id = $1
"""


async def find_actor(tx: Connection, user_id: UUID) -> asyncpg.Record | None:
    """The person with all roles, in one round trip; `policy_of` reads them."""
    return await tx.fetchrow(_ACTOR, user_id)


async def find_program(tx: Connection, digest: bytes | None, token_id: UUID | None = None) -> asyncpg.Record | None:
    """The token in force with this digest or id, with all its roles; whether its maker is still there is not asked."""
    return await tx.fetchrow(_PROGRAM, digest, tx.now, token_id)


async def find_role(tx: Connection, organization_id: UUID, key: str, *, lock: bool = False) -> RoleDefinition | None:
    """A role that the organization made; with `lock` it stays until the end of the transaction."""
    statement = "SELECT rights FROM roles WHERE organization_id = $1 AND key = $2" + (" FOR SHARE" if lock else "")
    rights = await tx.fetchval(statement, organization_id, key)
    return None if rights is None else RoleDefinition(organization_id, key, frozenset(rights))


def grants_of(row: asyncpg.Record | Mapping[str, Any]) -> frozenset[Grant]:
    """The roles that the person or the program of `row` holds."""
    return frozenset(
        Grant(role, UUID(organization), _uuid(project), _uuid(environment))
        for role, organization, project, environment in row["grants"] or ()
    )


def policy_of(row: asyncpg.Record | Mapping[str, Any]) -> Policy:
    """What decides about the person or the program of `row`."""
    roles = frozenset(
        RoleDefinition(UUID(organization), key, frozenset(rights)) for organization, key, rights in row["roles"] or ()
    )
    return Policy(grants_of(row), roles)


def roles_of(row: asyncpg.Record) -> dict[str, str]:
    """The role that the person of `row` has in the whole of each organization, by its id."""
    grants = sorted(policy_of(row).grants, key=lambda grant: (grant.path, grant.role))
    return {str(each.organization_id): each.role for each in grants if each.project_id is None}


def _uuid(text: str | None) -> UUID | None:
    return UUID(text) if text else None


async def organization_ids(tx: Connection, user_id: UUID) -> list[UUID]:
    """Where a person belongs, in one order for all who lock them; the transaction reaches these organizations then."""
    rows = await tx.fetch(
        "SELECT organization_id FROM memberships WHERE user_id = $1 ORDER BY organization_id", user_id
    )
    found = [row["organization_id"] for row in rows]
    await tx.enter(found)
    return found


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


async def list_people(tx: Connection, organization_id: UUID) -> list[asyncpg.Record]:
    """Each member's user_id, role, session_generation and grants, by user_id."""
    return await tx.fetch(_PEOPLE, organization_id)


async def list_programs(tx: Connection, organization_id: UUID) -> list[asyncpg.Record]:
    """The tokens in force, with their grants; whether their makers are still there is not asked."""
    return await tx.fetch(_PROGRAMS, organization_id, tx.now)


async def list_made_roles(tx: Connection, organization_id: UUID) -> frozenset[RoleDefinition]:
    """Those that the organization made."""
    rows = await tx.fetch("SELECT key, rights FROM roles WHERE organization_id = $1", organization_id)
    return frozenset(RoleDefinition(organization_id, row["key"], frozenset(row["rights"])) for row in rows)


async def find_member(
    tx: Connection, organization_id: UUID, user_id: UUID, *, lock: bool = False
) -> asyncpg.Record | None:
    suffix = " AND users.id = $2" + (" FOR UPDATE OF memberships" if lock else "")
    return await tx.fetchrow(_MEMBERS + suffix, organization_id, user_id)


async def lock_owners(tx: Connection, organization_id: UUID) -> int:
    """How many owners there are; they stay as they are until the end of the transaction."""
    rows = await tx.fetch(
        "SELECT user_id FROM memberships WHERE organization_id = $1 AND role_key = 'owner' AND deactivated_at IS NULL "
        "ORDER BY user_id FOR UPDATE",
        organization_id,
    )
    return len(rows)


async def insert_member(tx: Connection, organization_id: UUID, user_id: UUID, role: str | None) -> bool:
    """False when the person is a member already."""
    status = await tx.execute(
        "INSERT INTO memberships (organization_id, user_id, role_key, created_at) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT DO NOTHING",
        organization_id,
        user_id,
        role,
        tx.now,
    )
    return status.endswith(" 1")


async def update_member(tx: Connection, organization_id: UUID, user_id: UUID, role: str | None) -> None:
    await tx.execute(
        "UPDATE memberships SET role_key = $3, revision = revision + 1 WHERE organization_id = $1 AND user_id = $2",
        organization_id,
        user_id,
        role,
    )


async def delete_member(tx: Connection, organization_id: UUID, user_id: UUID) -> None:
    await tx.execute("DELETE FROM memberships WHERE organization_id = $1 AND user_id = $2", organization_id, user_id)
