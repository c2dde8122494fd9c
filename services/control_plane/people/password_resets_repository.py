"""Rows of password resets."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import asyncpg

from control_plane.database import Connection
from control_plane.people.one_time_links import LIFETIMES

_OPEN = """
SELECT password_resets.id, user_id, email FROM password_resets JOIN users ON users.id = user_id
WHERE sha256 = $1 AND ended_at IS NULL AND expires_at > $2
"""


async def insert(tx: Connection, user_id: UUID, digest: bytes, *, mailed: bool) -> asyncpg.Record:
    """Replaces those that are open."""
    await end_all(tx, user_id)
    row = await tx.fetchrow(
        "INSERT INTO password_resets (user_id, sha256, mailed, created_at, expires_at) VALUES ($1, $2, $3, $4, $5) "
        "RETURNING id, expires_at",
        user_id,
        digest,
        mailed,
        tx.now,
        tx.now + LIFETIMES["password-reset"],
    )
    assert row is not None  # noqa: S101 - an insert returns its row
    return row


async def find_open(tx: Connection, digest: bytes, *, lock: bool = False) -> asyncpg.Record | None:
    """With the person's e-mail."""
    return await tx.fetchrow(_OPEN + (" FOR UPDATE" if lock else ""), digest, tx.now)


async def made_within(tx: Connection, user_id: UUID, age: timedelta) -> bool:
    found: bool = await tx.fetchval(
        "SELECT EXISTS (SELECT FROM password_resets WHERE user_id = $1 AND mailed AND created_at > $2)",
        user_id,
        tx.now - age,
    )
    return found


async def end_all(tx: Connection, user_id: UUID) -> None:
    await tx.execute(
        "UPDATE password_resets SET ended_at = $2 WHERE user_id = $1 AND ended_at IS NULL", user_id, tx.now
    )
