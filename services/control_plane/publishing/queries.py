"""Queries of what is published and what is not."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import asyncpg

from control_plane.database import Connection

_MARK = """
UPDATE environments SET published_version = $2, published_at = $5,
    repair_requested_at = CASE WHEN repair_requested_at <= $4 THEN NULL ELSE repair_requested_at END
WHERE id = $1 AND published_version <= $2
    AND EXISTS (SELECT FROM leases WHERE name = 'relay' AND epoch = $3)
"""


async def all_environment_ids(tx: Connection) -> list[UUID]:
    rows = await tx.fetch("SELECT id FROM environments ORDER BY id")
    return [row["id"] for row in rows]


async def unpublished(tx: Connection) -> list[asyncpg.Record]:
    """Environments with a version or a repair to publish, the longest waiting first."""
    return await tx.fetch(
        "SELECT environments.id, repair_requested_at FROM environments "
        "LEFT JOIN LATERAL (SELECT min(created_at) AS since FROM outbox WHERE environment_id = environments.id) "
        "AS waiting ON true WHERE version > published_version OR repair_requested_at IS NOT NULL "
        "ORDER BY since NULLS LAST, id"
    )


async def oldest_unpublished_seconds(tx: Connection) -> float:
    """How long the oldest unpublished change has been waiting, 0 when none is."""
    age: float = await tx.fetchval(
        "SELECT COALESCE(EXTRACT(EPOCH FROM $1::timestamptz - min(created_at)), 0)::float8 FROM outbox", tx.now
    )
    return max(0.0, age)


async def mark_published(
    tx: Connection, environment_id: UUID, version: int, epoch: int, repaired: datetime | None
) -> bool:
    """Notes that a version is on the stream; False when the epoch is no longer the leader's."""
    status = await tx.execute(_MARK, environment_id, version, epoch, repaired, tx.now)
    if not status.endswith(" 1"):
        return False
    await tx.execute("DELETE FROM outbox WHERE environment_id = $1 AND version <= $2", environment_id, version)
    return True


async def advance_past(tx: Connection, environment_id: UUID, version: int) -> None:
    """Lifts an environment above a version that the stream has seen already."""
    await tx.execute(
        "UPDATE environments SET version = $2 + 1, published_version = LEAST(published_version, $2) "
        "WHERE id = $1 AND version <= $2",
        environment_id,
        version,
    )


async def request_repair(tx: Connection, environment_id: UUID) -> None:
    """By the database's clock: processes compare these moments, to see whether a repair is still asked for."""
    await tx.execute("UPDATE environments SET repair_requested_at = now() WHERE id = $1", environment_id)
    await tx.execute("SELECT pg_notify('environment_changed', '')")
