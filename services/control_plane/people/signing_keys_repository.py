"""Rows of the keys that access tokens are signed with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import asyncpg

from control_plane.database import Connection

_LOCK = 7_239_001
"""Of the advisory lock that whoever changes keys holds: two processes make no two first keys."""


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A key as it is stored; its private part is sealed."""

    id: str
    public_key: bytes
    sealed_key: bytes
    created_at: datetime
    signs_from: datetime
    expires_at: datetime | None = None


async def lock(tx: Connection) -> None:
    """Until the end of the transaction."""
    await tx.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)


async def list_verifying(connection: Connection) -> list[StoredKey]:
    """Those that something may be verified by, the one that signs last in front."""
    rows = await connection.fetch(
        "SELECT id, public_key, sealed_key, created_at, signs_from, expires_at FROM signing_keys "
        "WHERE expires_at IS NULL OR expires_at > $1 ORDER BY signs_from DESC, id",
        connection.now,
    )
    return [_key(row) for row in rows]


async def insert(tx: Connection, key: StoredKey) -> None:
    await tx.execute(
        "INSERT INTO signing_keys (id, public_key, sealed_key, created_at, signs_from) VALUES ($1, $2, $3, $4, $5)",
        key.id,
        key.public_key,
        key.sealed_key,
        key.created_at,
        key.signs_from,
    )


async def expire_others(tx: Connection, kept: str, at: datetime) -> None:
    """Of those that have no end yet; what has ended is forgotten."""
    await tx.execute("DELETE FROM signing_keys WHERE expires_at <= $1", tx.now)
    await tx.execute("UPDATE signing_keys SET expires_at = $2 WHERE id <> $1 AND expires_at IS NULL", kept, at)


async def delete_others(tx: Connection, kept: str | None) -> int:
    """How many there were."""
    status = await tx.execute("DELETE FROM signing_keys WHERE $1::text IS NULL OR id <> $1", kept)
    return int(status.rpartition(" ")[2])


async def organization_ids(tx: Connection) -> list[asyncpg.Record]:
    """All, in one order for all who lock them."""
    return await tx.fetch("SELECT id FROM organizations ORDER BY id")


def _key(row: asyncpg.Record) -> StoredKey:
    return StoredKey(
        row["id"], row["public_key"], row["sealed_key"], row["created_at"], row["signs_from"], row["expires_at"]
    )
