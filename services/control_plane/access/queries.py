"""Queries about access, for other features."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

from service_kit.problems import FieldError, InvalidInput, NotFound

from control_plane.access import repository
from control_plane.access.actor import Actor
from control_plane.access.authorization import RightNotHeld, require
from control_plane.access.given_rights import HeldRole, given_rights, held_role, holds_all
from control_plane.access.policy import rights_of
from control_plane.access.rights import Right
from control_plane.access.roles import Role
from control_plane.access.scopes import OrganizationScope, Scope
from control_plane.database import Connection, Database

__all__ = [
    "HeldRole",
    "actor_name",
    "add_owner",
    "given_rights",
    "holds_all",
    "in_organization",
    "member_address",
    "membership_in_force",
    "require_holding",
    "resolve_organization",
    "rights_of_role",
    "roles_asked",
    "token_maker",
]


async def resolve_organization(tx: Connection, actor: Actor, reference: str) -> OrganizationScope:
    """The organization with this id or key. Raises `NotFound` unless the actor belongs to it."""
    row = await tx.fetchrow(
        "SELECT id FROM organizations WHERE (id::text = $1 OR key = $1) AND id = ANY($2::uuid[]) "
        "ORDER BY id::text = $1 DESC LIMIT 1",
        reference.lower() if _is_uuid(reference) else reference,
        list(actor.organization_ids),
    )
    if row is None:
        raise NotFound("there is nothing at this address")
    return OrganizationScope(row["id"])


async def rights_of_role(tx: Connection, organization_id: UUID, role: str, *, lock: bool = False) -> frozenset[Right]:
    """What a role gives: a built-in one, or one of the organization's, which stays with `lock`.

    Raises `InvalidInput` for no role.
    """
    if role in frozenset(Role):
        return rights_of(role)
    made = await repository.find_role(tx, organization_id, role, lock=lock)
    if made is None:
        known = ", ".join(Role)
        raise InvalidInput([FieldError("role", "unknown_role", f"must be {known}, or a role of the organization")])
    return rights_of(role, made)


async def require_holding(tx: Connection, actor: Actor, scope: Scope, *roles: str | None) -> None:
    """Returns when the actor has, at this place, every right that these roles give: only then they may give or take
    them there. Raises `RightNotHeld`, and `InvalidInput` for no role."""
    for role in roles:
        if role is None:
            continue
        rights = await rights_of_role(tx, scope.organization_id, role, lock=True)
        if missing := sorted(right for right in rights if not actor.may(right, scope)):
            raise RightNotHeld(role, missing)


async def add_owner(tx: Connection, organization_id: UUID, user_id: UUID) -> None:
    """Makes the founder of a new organization its first owner."""
    await repository.insert_member(tx, organization_id, user_id, Role.OWNER)


async def membership_in_force(tx: Connection, organization_id: UUID, user_id: UUID) -> bool:
    """Whether the member may do anything: nobody who is deactivated does. Raises `NotFound` for who is no member."""
    member = await repository.find_member(tx, organization_id, user_id)
    if member is None:
        raise NotFound("there is nothing at this address")
    return member["deactivated_at"] is None


async def roles_asked(
    tx: Connection, organization_id: UUID, held: Sequence[tuple[str, UUID | None, UUID | None]]
) -> list[HeldRole]:
    """Roles that somebody holds, each with the project and the environment it is bound to."""
    made = await repository.list_made_roles(tx, organization_id)
    return [held_role(role, (organization_id, project, environment), made) for role, project, environment in held]


async def member_address(tx: Connection, organization_id: UUID, reference: str) -> str | None:
    """The e-mail address of the member with this address or id."""
    address: str | None = await tx.fetchval(
        "SELECT u.email FROM memberships m JOIN users u ON u.id = m.user_id "
        "WHERE m.organization_id = $1 AND (lower(u.email) = lower($2) OR u.id::text = $2)",
        organization_id,
        reference,
    )
    return address


async def token_maker(tx: Connection, token_id: UUID) -> Actor | None:
    """Who made the token; only who they are is known of them, not what they may."""
    row = await tx.fetchrow(
        "SELECT users.id, users.email FROM api_tokens JOIN users ON users.id = api_tokens.created_by "
        "WHERE api_tokens.id = $1",
        token_id,
    )
    return None if row is None else Actor(kind="user", id=row["id"], name=row["email"])


async def actor_name(tx: Connection, kind: str, actor_id: UUID) -> str | None:
    """What a person or a program is called in the audit log."""
    known = "SELECT name FROM api_tokens WHERE id = $1" if kind == "token" else "SELECT email FROM users WHERE id = $1"
    name: str | None = await tx.fetchval(known, actor_id)
    return name


@asynccontextmanager
async def in_organization(
    database: Database, actor: Actor, reference: str, right: Right
) -> AsyncIterator[tuple[Connection, OrganizationScope]]:
    """A transaction about an organization in which the actor has the right. Raises `NotFound`, `MissingRight`."""
    async with database.transaction() as tx:
        scope = await resolve_organization(tx, actor, reference)
        require(actor, right, scope)
        yield tx, scope


def _is_uuid(reference: str) -> bool:
    try:
        UUID(reference)
    except ValueError:
        return False
    return True
