"""Roles that members have in one project beyond the one in its organization."""

from __future__ import annotations

from uuid import UUID

import asyncpg
from service_kit.problems import NotFound

from control_plane.access import Actor, ProjectScope
from control_plane.access.queries import require_holding
from control_plane.changes import Change, record
from control_plane.database import Connection
from control_plane.environments.schemas import ProjectRoleView

_LISTING = """
SELECT users.id, users.email, users.name, bindings.role_key AS role
FROM bindings JOIN users ON users.id = bindings.user_id
WHERE bindings.organization_id = $1 AND bindings.project_id = $2 AND bindings.environment_id IS NULL
"""


async def listing(tx: Connection, scope: ProjectScope, after: str, limit: int) -> list[asyncpg.Record]:
    """People with a role of their own in the project, by e-mail."""
    return await tx.fetch(
        _LISTING + " AND lower(users.email) > $3 ORDER BY lower(users.email) LIMIT $4",
        scope.organization_id,
        scope.project_id,
        after,
        limit,
    )


async def grant(tx: Connection, actor: Actor, scope: ProjectScope, user_id: UUID, role: str) -> asyncpg.Record:
    """Gives or changes a role. Raises `NotFound` for somebody who is not a member of the organization, and
    `RightNotHeld`."""
    member = await tx.fetchval(
        "SELECT user_id FROM memberships WHERE organization_id = $1 AND user_id = $2 FOR UPDATE",
        scope.organization_id,
        user_id,
    )
    if member is None:
        raise NotFound("there is nothing at this address")
    before = await _find(tx, scope, user_id)
    await require_holding(tx, actor, scope, role, *([before["role"]] if before else []))
    await _clear(tx, scope, user_id)
    await tx.execute(
        "INSERT INTO bindings (organization_id, project_id, user_id, role_key, created_at) VALUES ($1, $2, $3, $4, $5)",
        scope.organization_id,
        scope.project_id,
        user_id,
        role,
        tx.now,
    )
    after = await _find(tx, scope, user_id)
    assert after is not None  # noqa: S101 - written above
    await _record(tx, actor, scope, before, after)
    return after


async def withdraw(tx: Connection, actor: Actor, scope: ProjectScope, user_id: UUID) -> None:
    """Raises `NotFound` for somebody without a role of their own in the project, and `RightNotHeld`."""
    before = await _find(tx, scope, user_id)
    if before is None:
        raise NotFound("there is nothing at this address")
    await require_holding(tx, actor, scope, before["role"])
    await _clear(tx, scope, user_id)
    await _record(tx, actor, scope, before, None)


async def _clear(tx: Connection, scope: ProjectScope, user_id: UUID) -> None:
    await tx.execute(
        "DELETE FROM bindings WHERE organization_id = $1 AND project_id = $2 AND user_id = $3 "
        "AND environment_id IS NULL",
        scope.organization_id,
        scope.project_id,
        user_id,
    )


async def _find(tx: Connection, scope: ProjectScope, user_id: UUID) -> asyncpg.Record | None:
    return await tx.fetchrow(_LISTING + " AND users.id = $3", scope.organization_id, scope.project_id, user_id)


async def _record(
    tx: Connection, actor: Actor, scope: ProjectScope, before: asyncpg.Record | None, after: asyncpg.Record | None
) -> None:
    row = after or before
    assert row is not None  # noqa: S101 - a change has at least one side
    action = "create" if before is None else "delete" if after is None else "update"
    change = Change(
        organization_id=scope.organization_id,
        project_id=scope.project_id,
        entity="project_role",
        entity_key=row["email"],
        action=action,
        actor=actor,
        before=None if before is None else ProjectRoleView(**before).audited(),
        after=None if after is None else ProjectRoleView(**after).audited(),
    )
    await record(tx, change)
