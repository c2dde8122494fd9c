"""Tokens for programs: `vt_` and 256 random bits, stored as SHA-256 alone, with a role in one organization."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from uuid import UUID

import asyncpg
from service_kit.problems import Conflict, Forbidden, NotFound

from control_plane.access.actor import Actor
from control_plane.access.roles import Role, higher
from control_plane.access.schemas import ApiTokenView
from control_plane.access.scopes import OrganizationScope
from control_plane.changes import Change, record
from control_plane.database import Connection

# ruff: noqa: S608 - nothing but column names of our own is put into the statements

PREFIX = "vt_"
ACTIVE_TOKENS_MAX = 100
_COLUMNS = "id, name, role, hint, expires_at, revoked_at, created_at"


async def find_actor(tx: Connection, token: str) -> Actor | None:
    """Who a token stands for; None when it is unknown, revoked or expired."""
    row = await tx.fetchrow(
        "SELECT id, organization_id, name, role FROM api_tokens WHERE sha256 = $1 AND revoked_at IS NULL "
        "AND (expires_at IS NULL OR expires_at > $2)",
        _digest(token),
        tx.now,
    )
    if row is None:
        return None
    return Actor(
        kind="token", id=row["id"], name=row["name"], organizations={row["organization_id"]: Role(row["role"])}
    )


async def create(
    tx: Connection, actor: Actor, scope: OrganizationScope, name: str, role: Role, expires_at: datetime | None
) -> tuple[asyncpg.Record, str]:
    """The new row and the token. Raises `Forbidden` for a role above the actor's own, `Conflict` over the limit."""
    own = actor.role_in(scope)
    if higher(own, role) != own:
        raise Forbidden(f"the role {own} may not give the role {role}")
    # Locked, so that the limit holds for tokens that are made at the same time.
    await tx.execute("SELECT FROM organizations WHERE id = $1 FOR NO KEY UPDATE", scope.organization_id)
    active = await tx.fetchval(
        "SELECT count(*) FROM api_tokens WHERE organization_id = $1 AND revoked_at IS NULL "
        "AND (expires_at IS NULL OR expires_at > $2)",
        scope.organization_id,
        tx.now,
    )
    if active >= ACTIVE_TOKENS_MAX:
        raise Conflict(f"an organization has at most {ACTIVE_TOKENS_MAX} tokens: revoke one", code="too_many_tokens")
    token = PREFIX + secrets.token_urlsafe(32)
    row = await tx.fetchrow(
        "INSERT INTO api_tokens (organization_id, name, role, hint, sha256, expires_at, created_by, created_at) "
        f"VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING {_COLUMNS}",
        scope.organization_id,
        name,
        role.value,
        token[-4:],
        _digest(token),
        expires_at,
        actor.id,
        tx.now,
    )
    assert row is not None  # noqa: S101 - an insert returns its row
    await _record(tx, actor, scope, "create", None, row)
    return row, token


async def listing(
    tx: Connection, scope: OrganizationScope, after: tuple[datetime, UUID] | None, limit: int
) -> list[asyncpg.Record]:
    """Tokens in the order in which they were made, revoked ones too."""
    moment, identity = after or (None, None)
    return await tx.fetch(
        f"SELECT {_COLUMNS} FROM api_tokens WHERE organization_id = $1 "
        "AND ($2::timestamptz IS NULL OR (created_at, id) > ($2, $3::uuid)) ORDER BY created_at, id LIMIT $4",
        scope.organization_id,
        moment,
        identity,
        limit,
    )


async def revoke(tx: Connection, actor: Actor, scope: OrganizationScope, token_id: UUID) -> asyncpg.Record:
    """The row as it is then; revoking again changes nothing. Raises `NotFound`."""
    row = await tx.fetchrow(
        f"SELECT {_COLUMNS} FROM api_tokens WHERE organization_id = $1 AND id = $2 FOR UPDATE",
        scope.organization_id,
        token_id,
    )
    if row is None:
        raise NotFound("there is nothing at this address")
    if row["revoked_at"] is not None:
        return row
    revoked = await tx.fetchrow(
        f"UPDATE api_tokens SET revoked_at = $2 WHERE id = $1 RETURNING {_COLUMNS}", token_id, tx.now
    )
    assert revoked is not None  # noqa: S101 - locked above
    await _record(tx, actor, scope, "revoke", row, revoked)
    return revoked


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


async def _record(
    tx: Connection,
    actor: Actor,
    scope: OrganizationScope,
    action: str,
    before: asyncpg.Record | None,
    after: asyncpg.Record,
) -> None:
    change = Change(
        organization_id=scope.organization_id,
        project_id=None,
        entity="token",
        entity_key=str(after["id"]),
        action=action,
        actor=actor,
        before=None if before is None else ApiTokenView(**before).audited(),
        after=ApiTokenView(**after).audited(),
    )
    await record(tx, change)
