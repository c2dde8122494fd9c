"""SDK keys: `sdk-server-<43 characters>` or `sdk-client-…`, 256 random bits, stored as SHA-256 alone."""

# ruff: noqa: S608 - nothing but column names of our own is put into the statements

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
from messages.sdk_keys import key_hash
from service_kit.problems import NotFound

from control_plane.database import Connection

_COLUMNS = "id, kind, name, hint, expires_at, revoked_at, created_at"


def generate(kind: str) -> str:
    return f"sdk-{kind}-{secrets.token_urlsafe(32)}"


async def insert(
    tx: Connection, environment: asyncpg.Record, kind: str, name: str, expires_at: datetime | None
) -> tuple[asyncpg.Record, str]:
    """The new row and the key."""
    key = generate(kind)
    row = await tx.fetchrow(
        f"INSERT INTO sdk_keys (organization_id, environment_id, kind, name, hint, sha256, expires_at, created_at) "
        f"VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING {_COLUMNS}",
        environment["organization_id"],
        environment["id"],
        kind,
        name,
        key[-4:],
        key_hash(key.encode()),
        expires_at,
        tx.now,
    )
    assert row is not None  # noqa: S101 - an insert returns its row
    return row, key


async def listing(
    tx: Connection, environment: asyncpg.Record, after: tuple[datetime, UUID] | None, limit: int
) -> list[asyncpg.Record]:
    """Keys in the order in which they were made."""
    moment, identity = after or (None, None)
    return await tx.fetch(
        f"SELECT {_COLUMNS} FROM sdk_keys WHERE environment_id = $1 AND organization_id = $5 "
        "AND ($2::timestamptz IS NULL OR (created_at, id) > ($2, $3::uuid)) ORDER BY created_at, id LIMIT $4",
        environment["id"],
        moment,
        identity,
        limit,
        environment["organization_id"],
    )


async def locked(tx: Connection, environment: asyncpg.Record, key_id: UUID) -> asyncpg.Record:
    """Raises `NotFound` when the environment has no such key."""
    row = await tx.fetchrow(
        f"SELECT {_COLUMNS} FROM sdk_keys WHERE organization_id = $1 AND environment_id = $2 AND id = $3 FOR UPDATE",
        environment["organization_id"],
        environment["id"],
        key_id,
    )
    if row is None:
        raise NotFound("there is nothing at this address")
    return row


async def revoke(tx: Connection, environment: asyncpg.Record, key_id: UUID) -> None:
    await tx.execute(
        "UPDATE sdk_keys SET revoked_at = $3 WHERE organization_id = $1 AND id = $2 AND revoked_at IS NULL",
        environment["organization_id"],
        key_id,
        tx.now,
    )


async def expire(tx: Connection, environment: asyncpg.Record, key_id: UUID, overlap_seconds: int) -> None:
    """Lets the key end after the overlap, or when it would have ended anyway."""
    await tx.execute(
        "UPDATE sdk_keys SET expires_at = LEAST(expires_at, $3) WHERE organization_id = $1 AND id = $2",
        environment["organization_id"],
        key_id,
        tx.now + timedelta(seconds=overlap_seconds),
    )


async def published(tx: Connection, organization_id: UUID, environment_id: UUID) -> list[asyncpg.Record]:
    """The keys that the edge should take, with their hashes."""
    return await tx.fetch(
        "SELECT id, kind, sha256, expires_at FROM sdk_keys WHERE organization_id = $1 AND environment_id = $2 "
        "AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $3) ORDER BY id",
        organization_id,
        environment_id,
        tx.now,
    )
