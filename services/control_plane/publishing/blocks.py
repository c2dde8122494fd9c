"""Blocks: what keeps the relay from publishing, because more is known elsewhere than in this database.

The leader finds them and stores them, so that every process tells the same. A command ends them, see `recovery.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from control_plane.database import Connection

Reason = Literal["epoch_behind", "version_behind", "followers_ahead"]
REASONS: tuple[Reason, ...] = ("epoch_behind", "version_behind", "followers_ahead")
"""`epoch_behind`: the stream was written in a later term than any of this database, so nothing is published.
`version_behind`: the stream holds a version of the environment that this database knows nothing of.
`followers_ahead`: an edge or another follower holds one."""

_BLOCK = """
INSERT INTO publication_blocks (environment_id, reason, version, epoch, since) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (environment_id) DO UPDATE SET reason = $2, version = GREATEST(publication_blocks.version, $3),
    epoch = GREATEST(publication_blocks.epoch, $4)
"""
# What a database says of its own past beyond its present version isn't its own.
_FORGET = """
UPDATE environments SET stream_version = LEAST(stream_version, version),
    published_version = LEAST(published_version, version) WHERE id = $1
"""


@dataclass(frozen=True, slots=True)
class Block:
    """Why an environment is not published. `version` and `epoch` are the highest that were found elsewhere."""

    reason: Reason
    version: int
    epoch: int
    since: datetime


async def block(tx: Connection, environment_id: UUID, reason: Reason, version: int, epoch: int) -> None:
    await tx.execute(_BLOCK, environment_id, reason, version, epoch, tx.now)
    await tx.execute(_FORGET, environment_id)


async def unblock(tx: Connection, environment_id: UUID) -> None:
    await tx.execute("DELETE FROM publication_blocks WHERE environment_id = $1", environment_id)


async def block_all(tx: Connection, epoch: int) -> None:
    """The stream's epoch is above the lease's."""
    await tx.execute(
        "UPDATE leases SET blocked_epoch = $1, blocked_since = COALESCE(blocked_since, $2) WHERE name = 'relay'",
        epoch,
        tx.now,
    )


async def unblock_all(tx: Connection) -> None:
    await tx.execute(
        "UPDATE leases SET blocked_epoch = NULL, blocked_since = NULL "
        "WHERE name = 'relay' AND blocked_epoch IS NOT NULL"
    )


async def block_of(tx: Connection, environment_id: UUID) -> Block | None:
    """What keeps this environment from being published."""
    row = await tx.fetchrow(
        "SELECT 'epoch_behind' AS reason, 0::bigint AS version, blocked_epoch AS epoch, blocked_since AS since "
        "FROM leases WHERE name = 'relay' AND blocked_epoch IS NOT NULL "
        "UNION ALL SELECT reason, version, epoch, since FROM publication_blocks WHERE environment_id = $1 LIMIT 1",
        environment_id,
    )
    return Block(**row) if row is not None else None


async def blocked_environments(tx: Connection) -> dict[UUID, Block]:
    """Blocks of single environments."""
    rows = await tx.fetch("SELECT environment_id, reason, version, epoch, since FROM publication_blocks")
    return {row["environment_id"]: Block(row["reason"], row["version"], row["epoch"], row["since"]) for row in rows}
