"""The roles that an organization makes beside the built-in ones."""

from __future__ import annotations

from typing import Any

import asyncpg
from service_kit.problems import Conflict, FieldError, InvalidInput, NotFound
from service_kit.versions import check_version

from control_plane.access.actor import Actor
from control_plane.access.authorization import RightNotHeld
from control_plane.access.policy import rights_of
from control_plane.access.rights import Right
from control_plane.access.roles import Role
from control_plane.access.schemas import RoleCreate, RoleView
from control_plane.access.scopes import OrganizationScope
from control_plane.changes import Audited, record
from control_plane.database import Connection

_COLUMNS = "key, name, description, rights, revision, created_at"
_HOLDERS = """
SELECT (SELECT count(*) FROM memberships WHERE organization_id = $1 AND role_key = $2)
    + (SELECT count(*) FROM bindings WHERE organization_id = $1 AND role_key = $2)
    + (SELECT count(*) FROM api_tokens WHERE organization_id = $1 AND role_key = $2 AND revoked_at IS NULL)
    + (SELECT count(*) FROM invitations WHERE organization_id = $1 AND role_key = $2 AND ended_at IS NULL)
"""
_NAMES = {
    Role.OWNER: "Everything, erasing data among it.",
    Role.ADMINISTRATOR: "Everything but erasing data.",
    Role.DEVELOPER: "Flags, segments, metrics and experiments, and agreeing on their changes.",
    Role.ANALYST: "Metrics and experiments, and reading all else.",
    Role.VIEWER: "Reading.",
}
_AUDITED = Audited[RoleView](
    entity="role",
    key=lambda role: role.key,
    shown=lambda role: role.audited(),
    everywhere=True,
    unpublished=frozenset({"create", "delete"}),
)


def built_in_roles() -> list[RoleView]:
    """From the most to the least."""
    return [
        RoleView(
            key=role.value,
            name=role.value.capitalize(),
            description=_NAMES[role],
            rights=sorted(rights_of(role)),
            built_in=True,
            version=1,
            created_at=None,
        )
        for role in Role
    ]


async def listing(tx: Connection, scope: OrganizationScope) -> list[RoleView]:
    """The built-in ones, then the organization's by key."""
    rows = await tx.fetch(
        f"SELECT {_COLUMNS} FROM roles WHERE organization_id = $1 ORDER BY key",  # noqa: S608 - columns of our own
        scope.organization_id,
    )
    return [*built_in_roles(), *(_view(row) for row in rows)]


async def one(tx: Connection, scope: OrganizationScope, key: str) -> RoleView:
    """Raises `NotFound`."""
    built_in = next((role for role in built_in_roles() if role.key == key), None)
    return built_in or _view(await _found(tx, scope, key))


async def create(tx: Connection, actor: Actor, scope: OrganizationScope, given: RoleCreate) -> RoleView:
    """Raises `RightNotHeld` for rights that the actor lacks, `InvalidInput` and `Conflict` (`key_taken`)."""
    if given.key in frozenset(Role):
        raise InvalidInput([FieldError("key", "built_in_role", "is the name of a built-in role")])
    _require_holding(actor, scope, given.key, given.rights)
    row = await tx.fetchrow(
        "INSERT INTO roles (organization_id, key, name, description, rights, created_at, updated_at) "  # noqa: S608
        f"VALUES ($1, $2, $3, $4, $5, $6, $6) ON CONFLICT (organization_id, key) DO NOTHING RETURNING {_COLUMNS}",
        scope.organization_id,
        given.key,
        given.name,
        given.description,
        sorted(set(given.rights)),
        tx.now,
    )
    if row is None:
        raise Conflict(f"there is a role {given.key} already", code="key_taken")
    made = _view(row)
    await record(tx, _AUDITED.change(scope.organization_id, actor, "create", None, made))
    return made


async def change(
    tx: Connection, actor: Actor, scope: OrganizationScope, key: str, expected: int, changes: dict[str, Any]
) -> RoleView:
    """Raises `RightNotHeld` for rights that the actor lacks, before or after."""
    before = _view(await _changeable(tx, scope, key))
    check_version(expected, before.version)
    wanted = before.model_copy(update=changes)
    _require_holding(actor, scope, key, {*before.rights, *wanted.rights})
    row = await tx.fetchrow(
        "UPDATE roles SET name = $3, description = $4, rights = $5, revision = revision + 1, updated_at = $6 "  # noqa: S608
        f"WHERE organization_id = $1 AND key = $2 RETURNING {_COLUMNS}",
        scope.organization_id,
        key,
        wanted.name,
        wanted.description,
        sorted(set(wanted.rights)),
        tx.now,
    )
    assert row is not None  # noqa: S101 - locked above
    after = _view(row)
    await record(tx, _AUDITED.change(scope.organization_id, actor, "update", before, after))
    return after


async def delete(tx: Connection, actor: Actor, scope: OrganizationScope, key: str) -> None:
    """Raises `RightNotHeld`, and `Conflict` (`role_in_use`) while somebody holds it."""
    before = _view(await _changeable(tx, scope, key))
    _require_holding(actor, scope, key, before.rights)
    if holders := await tx.fetchval(_HOLDERS, scope.organization_id, key):
        raise Conflict(
            f"the role is held {holders} times: give those who hold it another one first", code="role_in_use"
        )
    await tx.execute("DELETE FROM roles WHERE organization_id = $1 AND key = $2", scope.organization_id, key)
    await record(tx, _AUDITED.change(scope.organization_id, actor, "delete", before, None))


def _require_holding(actor: Actor, scope: OrganizationScope, key: str, rights: Any) -> None:
    if missing := sorted(right for right in set(rights) if not actor.may(Right(right), scope)):
        raise RightNotHeld(key, missing)


async def _changeable(tx: Connection, scope: OrganizationScope, key: str) -> asyncpg.Record:
    if key in frozenset(Role):
        raise Conflict("a built-in role stays as it is: make one of your own", code="built_in_role")
    return await _found(tx, scope, key, lock=True)


async def _found(tx: Connection, scope: OrganizationScope, key: str, *, lock: bool = False) -> asyncpg.Record:
    row = await tx.fetchrow(
        f"SELECT {_COLUMNS} FROM roles WHERE organization_id = $1 AND key = $2"  # noqa: S608 - columns of our own
        + (" FOR UPDATE" if lock else ""),
        scope.organization_id,
        key,
    )
    if row is None:
        raise NotFound("there is nothing at this address")
    return row


def _view(row: asyncpg.Record) -> RoleView:
    known = frozenset(Right)
    return RoleView(
        key=row["key"],
        name=row["name"],
        description=row["description"],
        # One that a later version knows is not shown by this one.
        rights=[right for right in row["rights"] if right in known],
        built_in=False,
        version=row["revision"],
        created_at=row["created_at"],
    )
