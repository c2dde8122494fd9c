"""Follows the audit log: each entry that a webhook wants becomes a delivery of it.

A webhook's position and its deliveries are written in one transaction, and entries are committed in the order of their
numbers: whatever dies in between, nothing is passed over and nothing is queued twice.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid5

from control_plane.database import Connection, Database
from control_plane.webhooks import deliveries_repository, entries, repository
from control_plane.webhooks.entries import Entry
from control_plane.webhooks.filters import wants
from control_plane.webhooks.models import Webhook
from control_plane.webhooks.service import new_delivery

_ENTRIES_MAX = 50


class AuditFollower:
    """Runs in any number of processes at once: each takes a webhook that no other one looks at."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def turn(self) -> int:
        """Looks at all that is new; answers how many deliveries that made."""
        queued, looked_at = 0, set[UUID]()
        while True:
            async with self._database.transaction() as tx:
                found = await repository.next_behind(tx, list(looked_at))
                if found is None:
                    return queued
                webhook, position = found
                # Whatever comes of this one, the others have their turn.
                looked_at.add(webhook.id)
                new = await entries.read_after(tx, webhook.organization_id, position, _ENTRIES_MAX)
                if new:
                    queued += await _queue(tx, webhook, new)
                    await repository.move(tx, webhook, new[-1].number)
            if len(new) == _ENTRIES_MAX:
                looked_at.discard(webhook.id)


async def _queue(tx: Connection, webhook: Webhook, new: list[Entry]) -> int:
    # By the entry's hash, not its number: in a database that was restored a number may stand for something else.
    deliveries = [
        new_delivery(tx, webhook, uuid5(webhook.id, entry.hash.hex()), entry.event_type, entry.number)
        for entry in new
        if wants(webhook.filters, entry)
    ]
    # So that a list has them in the order of the log, although they are queued at one moment.
    deliveries = [
        replace(each, created_at=each.created_at + timedelta(microseconds=index))
        for index, each in enumerate(deliveries)
    ]
    if deliveries:
        await deliveries_repository.insert(tx, deliveries)
    return len(deliveries)
