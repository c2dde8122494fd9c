"""Rows of the networks that people have signed in from."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from control_plane.database import Connection

_RECORDED_EVERY = timedelta(minutes=1)
_KEPT = timedelta(days=90)
_NOTE = """
INSERT INTO sign_in_networks AS known (user_id, network, last_at, recorded_at, unrecorded) VALUES ($1, $2, $3, $3, 0)
ON CONFLICT (user_id, network) DO UPDATE SET last_at = $3,
    recorded_at = CASE WHEN known.recorded_at <= $4 THEN $3 ELSE known.recorded_at END,
    unrecorded = CASE WHEN known.recorded_at <= $4 THEN 0 ELSE known.unrecorded + 1 END
RETURNING recorded_at = $3 AND unrecorded = 0 AS is_recorded
"""


async def note(tx: Connection, user_id: UUID, network: str) -> int:
    """Notes a sign-in. Answers how many an audit entry is due for, at most once a minute for a network; 0: none now."""
    waiting = await tx.fetchval(
        "SELECT unrecorded FROM sign_in_networks WHERE user_id = $1 AND network = $2 FOR UPDATE", user_id, network
    )
    due = await tx.fetchval(_NOTE, user_id, network, tx.now, tx.now - _RECORDED_EVERY)
    await tx.execute("DELETE FROM sign_in_networks WHERE user_id = $1 AND last_at < $2", user_id, tx.now - _KEPT)
    return (waiting or 0) + 1 if due else 0
