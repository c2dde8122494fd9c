"""Tokens for programs: `vt_` and 256 random bits, stored as SHA-256 alone, with a role in one organization.

A token may at each moment what its role says and its maker may as well; it ends with the maker's membership.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
from service_kit.logs import get_logger
from service_kit.problems import Forbidden, NotFound

from control_plane.access.actor import Actor
from control_plane.access.queries import require_holding
from control_plane.access.scopes import OrganizationScope
from control_plane.changes import Audited, record
from control_plane.database import Connection
from control_plane.people.one_time_links import digest_of
from control_plane.people.schemas import ApiTokenCreate
from control_plane.people.token_scopes import check_rights, ids_of, scope_of
from control_plane.people.views import api_token_view

PREFIX = "vt_"
_USE_NOTED_EVERY = timedelta(minutes=1)
_ROWS = """
SELECT api_tokens.id, api_tokens.name, api_tokens.role_key AS role, api_tokens.project_id,
    api_tokens.environment_id, api_tokens.rights, hint, expires_at, revoked_at, last_used_at,
    api_tokens.created_at, users.id AS maker_id, users.email AS maker_email
FROM api_tokens LEFT JOIN users ON users.id = created_by
WHERE api_tokens.organization_id = $1
"""
_log = get_logger("api_tokens")
_AUDITED = Audited[asyncpg.Record](
    entity="token", key=lambda row: str(row["id"]), shown=lambda row: api_token_view(row).audited(), everywhere=True
)


async def note_use(connection: Connection, row: asyncpg.Record) -> None:
    """At most once a minute; a database that takes no writes refuses no reader for it."""
    since = connection.now - _USE_NOTED_EVERY
    if row["last_used_at"] is not None and row["last_used_at"] > since:
        return
    try:
        await connection.execute(
            "UPDATE api_tokens SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at <= $3)",
            row["id"],
            connection.now,
            since,
        )
    except asyncpg.PostgresError as error:
        _log.warning("the use of a token was not noted", error=type(error).__name__)


async def create(
    tx: Connection, actor: Actor, scope: OrganizationScope, given: ApiTokenCreate
) -> tuple[asyncpg.Record, str]:
    """The new row and the token; people make them, so that somebody answers for each.

    Raises `Forbidden` for a program, and for a role with rights that the actor lacks there, `InvalidInput`."""
    if actor.kind != "user":
        raise Forbidden("tokens are made by people", code="not_a_person")
    where = await scope_of(tx, actor, scope, given)
    await check_rights(tx, scope, given)
    await require_holding(tx, actor, where, given.role)
    token = PREFIX + secrets.token_urlsafe(32)
    token_id = await tx.fetchval(
        "INSERT INTO api_tokens (organization_id, name, role_key, project_id, environment_id, rights, hint, sha256, "
        "expires_at, created_by, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING id",
        scope.organization_id,
        given.name,
        given.role,
        *ids_of(where),
        None if given.rights is None else sorted({right.value for right in given.rights}),
        token[-4:],
        digest_of(token),
        given.expires_at,
        actor.id,
        tx.now,
    )
    row = await _find(tx, scope, token_id)
    assert row is not None  # noqa: S101 - inserted above
    await record(tx, _AUDITED.change(scope.organization_id, actor, "create", None, row))
    return row, token


async def listing(
    tx: Connection,
    scope: OrganizationScope,
    after: tuple[datetime, UUID] | None,
    limit: int,
    *,
    maker_id: UUID | None = None,
) -> list[asyncpg.Record]:
    """Tokens in the order in which they were made, revoked ones too: of everybody, or of who made them."""
    moment, identity = after or (None, None)
    return await tx.fetch(
        _ROWS + " AND ($2::timestamptz IS NULL OR (api_tokens.created_at, api_tokens.id) > ($2, $3::uuid)) "
        "AND ($5::uuid IS NULL OR api_tokens.created_by = $5) ORDER BY api_tokens.created_at, api_tokens.id LIMIT $4",
        scope.organization_id,
        moment,
        identity,
        limit,
        maker_id,
    )


async def in_force(tx: Connection, scope: OrganizationScope, maker_id: UUID) -> int:
    """How many tokens of somebody's are."""
    return int(
        await tx.fetchval(
            "SELECT count(*) FROM api_tokens WHERE organization_id = $1 AND created_by = $2 AND revoked_at IS NULL "
            "AND (expires_at IS NULL OR expires_at > $3)",
            scope.organization_id,
            maker_id,
            tx.now,
        )
    )


async def revoke(
    tx: Connection, actor: Actor, scope: OrganizationScope, token_id: UUID, *, maker_id: UUID | None = None
) -> asyncpg.Record:
    """The row as it is then; revoking again changes nothing. `maker_id`: a token of theirs. Raises `NotFound`."""
    row = await _find(tx, scope, token_id)
    if row is None or maker_id not in (None, row["maker_id"]):
        raise NotFound("there is nothing at this address")
    if row["revoked_at"] is not None:
        return row
    await tx.execute(
        "UPDATE api_tokens SET revoked_at = $3 WHERE organization_id = $1 AND id = $2",
        scope.organization_id,
        token_id,
        tx.now,
    )
    revoked = await _find(tx, scope, token_id)
    assert revoked is not None  # noqa: S101 - locked above
    await record(tx, _AUDITED.change(scope.organization_id, actor, "revoke", row, revoked))
    return revoked


async def lock_those_of(tx: Connection, scope: OrganizationScope, maker_id: UUID) -> list[UUID]:
    """The ids of somebody's tokens that are in force. Before anything is recorded, as a token's own end locks them."""
    rows = await tx.fetch(
        "SELECT id FROM api_tokens WHERE organization_id = $1 AND created_by = $2 AND revoked_at IS NULL ORDER BY id "
        "FOR UPDATE",
        scope.organization_id,
        maker_id,
    )
    return [row["id"] for row in rows]


async def _find(tx: Connection, scope: OrganizationScope, token_id: UUID) -> asyncpg.Record | None:
    """Locked."""
    return await tx.fetchrow(
        _ROWS + " AND api_tokens.id = $2 FOR UPDATE OF api_tokens", scope.organization_id, token_id
    )
