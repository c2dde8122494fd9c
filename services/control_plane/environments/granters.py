"""Who can give somebody a right that they lack."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from uuid import UUID

import asyncpg

from control_plane.access import EnvironmentScope, OrganizationScope, ProjectScope, Right, Role
from control_plane.access.queries import holds_all, roles_asked
from control_plane.database import Connection
from control_plane.environments.bindings_schemas import GrantersView, GranterView

_SHOWN = 5
_CANDIDATES = 50
_ROLES_OF_CANDIDATES = """
WITH held AS (
    SELECT user_id, role_key, NULL::uuid AS project_id, NULL::uuid AS environment_id
    FROM memberships WHERE organization_id = $1 AND role_key IS NOT NULL
    UNION ALL
    SELECT COALESCE(b.user_id, m.user_id), b.role_key, b.project_id, b.environment_id
    FROM bindings b LEFT JOIN group_members m ON m.organization_id = $1 AND m.group_id = b.group_id
    WHERE b.organization_id = $1
        AND (b.project_id IS NULL OR b.project_id = $3) AND (b.environment_id IS NULL OR b.environment_id = $4)
), candidates AS (
    SELECT u.id, u.email, u.name
    FROM users u JOIN memberships own ON own.organization_id = $1 AND own.user_id = u.id
    WHERE own.deactivated_at IS NULL
        AND EXISTS (SELECT FROM held WHERE held.user_id = u.id AND held.role_key = ANY($2))
    ORDER BY u.name, u.id LIMIT $5
)
SELECT c.id, c.email, c.name, held.role_key, held.project_id, held.environment_id
FROM candidates c JOIN held ON held.user_id = c.id ORDER BY c.name, c.id
"""
Where = OrganizationScope | ProjectScope | EnvironmentScope


async def granters(tx: Connection, organization: OrganizationScope, right: Right, where: Where) -> GrantersView:
    """The first members by name who manage members there and have the right themselves: nobody gives what they lack."""
    managing = await _managing_roles(tx, organization.organization_id)
    rows = await tx.fetch(
        _ROLES_OF_CANDIDATES,
        organization.organization_id,
        managing,
        None if isinstance(where, OrganizationScope) else where.project_id,
        where.environment_id if isinstance(where, EnvironmentScope) else None,
        _CANDIDATES,
    )
    found = await _able(tx, organization.organization_id, rows, {Right.MEMBER_MANAGE, right}, where)
    return GrantersView(members=found[:_SHOWN], others=len(found) > _SHOWN)


async def _managing_roles(tx: Connection, organization_id: UUID) -> list[str]:
    """The keys of roles by which somebody manages members."""
    keys = await tx.fetch("SELECT key FROM roles WHERE organization_id = $1", organization_id)
    every = [*Role, *(row["key"] for row in keys)]
    held = await roles_asked(tx, organization_id, [(key, None, None) for key in every])
    return [key for key, role in zip(every, held, strict=True) if Right.MEMBER_MANAGE in role.rights]


async def _able(
    tx: Connection, organization_id: UUID, rows: Sequence[asyncpg.Record], rights: set[Right], where: Where
) -> list[GranterView]:
    asked = [(row["role_key"], row["project_id"], row["environment_id"]) for row in rows]
    held = await roles_asked(tx, organization_id, asked)
    found: list[GranterView] = []
    for _, own in groupby(zip(rows, held, strict=True), key=lambda pair: pair[0]["id"]):
        pairs = list(own)
        if holds_all([role for _, role in pairs], rights, where):
            row = pairs[0][0]
            found.append(GranterView(id=row["id"], email=row["email"], name=row["name"]))
        if len(found) > _SHOWN:
            break
    return found
