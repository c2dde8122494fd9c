"""Who holds which role where: bindings of people, groups and tokens."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import asyncpg
from service_kit.problems import Conflict, FieldError, InvalidInput, NotFound

from control_plane.access import Actor, EnvironmentScope, OrganizationScope, ProjectScope, Right, require
from control_plane.access.queries import require_holding
from control_plane.changes import Change, record
from control_plane.database import Connection
from control_plane.environments.bindings_schemas import BindingCreate, BindingView
from control_plane.environments.queries import environment_by_key, resolve_project

_ROWS = """
SELECT b.id, b.user_id, b.group_id, b.token_id, COALESCE(u.email, g.name, t.name) AS name, b.role_key,
    b.project_id, p.key AS project_key, b.environment_id, e.key AS environment_key,
    COALESCE(e.protected, false) AS protected, b.created_at
FROM bindings b LEFT JOIN users u ON u.id = b.user_id LEFT JOIN groups g ON g.id = b.group_id
LEFT JOIN api_tokens t ON t.id = b.token_id LEFT JOIN projects p ON p.id = b.project_id
LEFT JOIN environments e ON e.id = b.environment_id
WHERE b.organization_id = $1
"""
Where = OrganizationScope | ProjectScope | EnvironmentScope
_KNOWN = {
    "user": "SELECT FROM memberships WHERE organization_id = $1 AND user_id = $2 AND deactivated_at IS NULL FOR UPDATE",
    "group": "SELECT FROM groups WHERE organization_id = $1 AND id = $2 FOR UPDATE",
    "token": "SELECT FROM api_tokens WHERE organization_id = $1 AND id = $2 AND revoked_at IS NULL FOR UPDATE",
}


async def listing(
    tx: Connection, scope: OrganizationScope, after: tuple[datetime, UUID] | None, limit: int
) -> list[asyncpg.Record]:
    """In the order in which they were made."""
    moment, identity = after or (None, None)
    return await tx.fetch(
        _ROWS + "AND ($2::timestamptz IS NULL OR (b.created_at, b.id) > ($2, $3::uuid)) "
        "ORDER BY b.created_at, b.id LIMIT $4",
        scope.organization_id,
        moment,
        identity,
        limit,
    )


async def create(tx: Connection, actor: Actor, scope: OrganizationScope, given: BindingCreate) -> BindingView:
    """Raises `MissingRight` without `member:manage` there, `RightNotHeld` for a role with rights that the actor
    lacks there, `InvalidInput`, and `Conflict` (`already_bound`)."""
    where = await scope_named(tx, actor, scope, given.project, given.environment)
    require(actor, Right.MEMBER_MANAGE, where)
    kind, subject = await _subject(tx, scope, given)
    await require_holding(tx, actor, where, given.role)
    binding_id = await tx.fetchval(
        f"INSERT INTO bindings (organization_id, {kind}_id, role_key, project_id, environment_id, created_at) "  # noqa: S608
        "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING RETURNING id",
        scope.organization_id,
        subject,
        given.role,
        None if isinstance(where, OrganizationScope) else where.project_id,
        where.environment_id if isinstance(where, EnvironmentScope) else None,
        tx.now,
    )
    if binding_id is None:
        raise Conflict("the role is held there already", code="already_bound")
    made = binding_view(await _found(tx, scope, binding_id))
    await _record(tx, actor, scope, where, None, made)
    return made


async def delete(tx: Connection, actor: Actor, scope: OrganizationScope, binding_id: UUID) -> None:
    """Raises `NotFound`, `MissingRight`, `RightNotHeld`."""
    row = await _found(tx, scope, binding_id, lock=True)
    where = _where_of(scope, row)
    require(actor, Right.MEMBER_MANAGE, where, in_archived=True)
    await require_holding(tx, actor, where, row["role_key"])
    await tx.execute("DELETE FROM bindings WHERE organization_id = $1 AND id = $2", scope.organization_id, binding_id)
    await _record(tx, actor, scope, where, binding_view(row), None)


def binding_view(row: asyncpg.Record) -> BindingView:
    return BindingView(
        id=row["id"],
        user=row["user_id"],
        group=row["group_id"],
        token=row["token_id"],
        name=row["name"] or "",
        role=row["role_key"],
        project=row["project_key"],
        environment=row["environment_key"],
        created_at=row["created_at"],
    )


async def scope_named(
    tx: Connection, actor: Actor, scope: OrganizationScope, project_reference: str | None, environment: str | None
) -> Where:
    """The organization, a project of it, or an environment of that. Raises `NotFound`, `InvalidInput`."""
    if project_reference is None:
        if environment is not None:
            raise InvalidInput([FieldError("environment", "no_project", "needs `project`, which it belongs to")])
        return scope
    project = await resolve_project(tx, actor, project_reference)
    if project.organization_id != scope.organization_id:
        raise InvalidInput([FieldError("project", "unknown_project", "there is no such project")])
    if environment is None:
        return project
    return (await environment_by_key(tx, project, environment)).within(project)


def _where_of(scope: OrganizationScope, row: asyncpg.Record) -> Where:
    if row["project_id"] is None:
        return scope
    project = ProjectScope(scope.organization_id, row["project_id"], row["project_key"])
    if row["environment_id"] is None:
        return project
    return project.environment(row["environment_id"], row["environment_key"], protected=row["protected"])


async def _subject(tx: Connection, scope: OrganizationScope, given: BindingCreate) -> tuple[str, UUID]:
    named = [(kind, identity) for kind in _KNOWN if (identity := getattr(given, kind)) is not None]
    if len(named) != 1:
        raise InvalidInput([FieldError("user", "one_subject", "give one of `user`, `group` and `token`")])
    kind, identity = named[0]
    if await tx.fetchrow(_KNOWN[kind], scope.organization_id, identity) is None:
        raise InvalidInput([FieldError(kind, f"unknown_{kind}", f"the organization has no such {kind}")])
    return kind, identity


async def _found(tx: Connection, scope: OrganizationScope, binding_id: UUID, *, lock: bool = False) -> asyncpg.Record:
    row = await tx.fetchrow(
        _ROWS + "AND b.id = $2" + (" FOR UPDATE OF b" if lock else ""), scope.organization_id, binding_id
    )
    if row is None:
        raise NotFound("there is nothing at this address")
    return row


async def _record(
    tx: Connection,
    actor: Actor,
    scope: OrganizationScope,
    where: Where,
    before: BindingView | None,
    after: BindingView | None,
) -> None:
    known = after or before
    assert known is not None  # noqa: S101 - a change has at least one side
    change = Change(
        organization_id=scope.organization_id,
        project_id=None if isinstance(where, OrganizationScope) else where.project_id,
        entity="binding",
        entity_key=str(known.id),
        action="create" if before is None else "delete",
        actor=actor,
        before=None if before is None else before.audited(),
        after=None if after is None else after.audited(),
        everywhere=True,
    )
    await record(tx, change)
