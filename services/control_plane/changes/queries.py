"""Queries about recorded changes, for other features."""

from __future__ import annotations

from uuid import UUID

from control_plane.database import Connection


async def has_act(tx: Connection, organization_id: UUID, act_id: UUID) -> bool:
    """Whether an act of another service is in the log."""
    found: bool = await tx.fetchval(
        "SELECT EXISTS (SELECT FROM audit_entries WHERE organization_id = $1 AND act_id = $2)", organization_id, act_id
    )
    return found
