"""Provisioning tokens: `vs_` and 256 random bits, stored as SHA-256 alone, for the directory of one organization.

Unlike a service token it doesn't end with its maker's membership: people go on being let in and put out when the
person who connected the directory has left.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import asyncpg
from service_kit.problems import NotFound

from control_plane.access.actor import Actor
from control_plane.access.scopes import OrganizationScope
from control_plane.changes import Audited, record
from control_plane.database import Connection
from control_plane.people.directory.client import new_token
from control_plane.people.directory.schemas import ProvisioningTokenCreate, ProvisioningTokenView
from control_plane.people.one_time_links import digest_of

_ROWS = """
SELECT id, name, default_role, hint, expires_at, revoked_at, last_used_at, created_at, created_by
FROM provisioning_tokens WHERE organization_id = $1
"""
_AUDITED = Audited[asyncpg.Record](
    entity="provisioning_token", key=lambda row: str(row["id"]), shown=lambda row: token_view(row).audited()
)


async def create(
    tx: Connection, actor: Actor, scope: OrganizationScope, given: ProvisioningTokenCreate
) -> tuple[asyncpg.Record, str]:
    """The new row and the token."""
    token = new_token()
    token_id = await tx.fetchval(
        "INSERT INTO provisioning_tokens (organization_id, name, default_role, hint, sha256, expires_at, created_by, "
        "created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id",
        scope.organization_id,
        given.name,
        given.default_role,
        token[-4:],
        digest_of(token),
        given.expires_at,
        actor.id,
        tx.now,
    )
    row = await _found(tx, scope, token_id)
    await record(tx, _AUDITED.change(scope.organization_id, actor, "create", None, row))
    return row, token


async def listing(
    tx: Connection, scope: OrganizationScope, after: tuple[datetime, UUID] | None, limit: int
) -> list[asyncpg.Record]:
    """In the order in which they were made, revoked ones too."""
    moment, identity = after or (None, None)
    return await tx.fetch(
        _ROWS + " AND ($2::timestamptz IS NULL OR (created_at, id) > ($2, $3::uuid)) ORDER BY created_at, id LIMIT $4",
        scope.organization_id,
        moment,
        identity,
        limit,
    )


async def revoke(tx: Connection, actor: Actor, scope: OrganizationScope, token_id: UUID) -> asyncpg.Record:
    """The row as it is then; revoking again changes nothing. Raises `NotFound`."""
    row = await _found(tx, scope, token_id)
    if row["revoked_at"] is not None:
        return row
    await tx.execute(
        "UPDATE provisioning_tokens SET revoked_at = $3 WHERE organization_id = $1 AND id = $2",
        scope.organization_id,
        token_id,
        tx.now,
    )
    revoked = await _found(tx, scope, token_id)
    await record(tx, _AUDITED.change(scope.organization_id, actor, "revoke", row, revoked))
    return revoked


def token_view(row: asyncpg.Record) -> ProvisioningTokenView:
    return ProvisioningTokenView(**row)


async def _found(tx: Connection, scope: OrganizationScope, token_id: UUID) -> asyncpg.Record:
    row = await tx.fetchrow(_ROWS + " AND id = $2 FOR UPDATE", scope.organization_id, token_id)
    if row is None:
        raise NotFound("there is nothing at this address")
    return row
