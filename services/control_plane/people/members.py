"""Members of an organization: their roles, and the end of a membership."""

from __future__ import annotations

from uuid import UUID

import asyncpg
from service_kit.problems import Conflict, NotFound
from service_kit.versions import check_version

from control_plane.access import repository
from control_plane.access.actor import Actor
from control_plane.access.queries import require_holding
from control_plane.access.roles import Role
from control_plane.access.scopes import OrganizationScope
from control_plane.changes import Audited, Change, record
from control_plane.database import Connection
from control_plane.people import api_tokens_service
from control_plane.people.views import member_view

_AUDITED = Audited[asyncpg.Record](
    entity="member", key=lambda row: str(row["email"]), shown=lambda row: member_view(row).audited(), everywhere=True
)


async def change_role(
    tx: Connection, scope: OrganizationScope, actor: Actor, user_id: UUID, role: str | None, expected: int
) -> asyncpg.Record:
    """The membership with its new role. Raises `Conflict` (`last_owner`)."""
    member = await _changeable(tx, scope, actor, user_id, role)
    check_version(expected, member["revision"])
    await repository.update_member(tx, scope.organization_id, user_id, role)
    changed = await _member(tx, scope, user_id)
    await record(tx, membership(scope, actor, "update", member, changed))
    return changed


async def remove(tx: Connection, scope: OrganizationScope, actor: Actor, user_id: UUID) -> None:
    """Ends the person's tokens with the membership; their account stays. Raises `Conflict` (`last_owner`)."""
    member = await _changeable(tx, scope, actor, user_id, None)
    tokens = await api_tokens_service.lock_those_of(tx, scope, user_id)
    await repository.delete_member(tx, scope.organization_id, user_id)
    await record(tx, membership(scope, actor, "delete", member, None))
    for token in tokens:
        await api_tokens_service.revoke(tx, actor, scope, token)


def membership(
    scope: OrganizationScope,
    actor: Actor,
    action: str,
    before: asyncpg.Record | None,
    after: asyncpg.Record | None,
) -> Change:
    """Concerns every environment: each publishes who belongs to the organization."""
    return _AUDITED.change(scope.organization_id, actor, action, before, after)


async def _changeable(
    tx: Connection, scope: OrganizationScope, actor: Actor, user_id: UUID, new_role: str | None
) -> asyncpg.Record:
    owners = await repository.lock_owners(tx, scope.organization_id)
    member = await _member(tx, scope, user_id)
    await require_holding(tx, actor, scope, member["role"], new_role)
    if member["role"] == Role.OWNER and new_role != Role.OWNER and owners < 2:
        raise Conflict("an organization keeps at least one owner", code="last_owner")
    return member


async def _member(tx: Connection, scope: OrganizationScope, user_id: UUID) -> asyncpg.Record:
    member = await repository.find_member(tx, scope.organization_id, user_id, lock=True)
    if member is None:
        raise NotFound("there is nothing at this address")
    return member
