"""Queries about webhooks, for other features."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from control_plane.database import Connection


class Sent(NamedTuple):
    """An entry of the audit log on its way to a webhook; `at`: when its state was known."""

    webhook_id: UUID
    url: str
    state: str
    at: datetime | None


async def deliveries_of(tx: Connection, organization_id: UUID, number: int) -> list[Sent]:
    """Of one entry, by its number."""
    records = await tx.fetch(
        "SELECT w.id AS webhook_id, w.url, d.state, d.finished_at AS at FROM webhook_deliveries d "
        "JOIN webhooks w ON w.id = d.webhook_id AND w.organization_id = d.organization_id "
        "WHERE d.organization_id = $1 AND d.audit_number = $2 ORDER BY d.created_at, d.id",
        organization_id,
        number,
    )
    return [Sent(**each) for each in records]
