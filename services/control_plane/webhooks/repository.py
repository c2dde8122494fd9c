"""Webhooks in the database."""

# ruff: noqa: S608 - nothing but column names of our own is put into the statements

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
from service_kit.problems import NotFound

from control_plane.access import OrganizationScope
from control_plane.database import Connection
from control_plane.webhooks.models import Filters, Pause, Webhook

_COLUMNS = """id, organization_id, url, description, events, projects, environments, tags, secret, previous_secret,
previous_secret_ends_at, paused_because, paused_at, failing_since, slow, version, created_at, updated_at"""
_FILTERS = ("events", "projects", "environments", "tags")
_PLAIN = tuple(name for name in Webhook.__slots__ if name not in ("filters", "paused_because"))


async def insert(tx: Connection, webhook: Webhook, position: int) -> None:
    """`position`: the last entry of the audit log that is not for it any more."""
    values = (*_values(webhook), position)
    names = f"{_COLUMNS}, position"
    marks = ", ".join(f"${index + 1}" for index in range(len(values)))
    await tx.execute(f"INSERT INTO webhooks ({names}) VALUES ({marks})", *values)


async def update(tx: Connection, webhook: Webhook, position: int | None = None) -> None:
    """Writes all of it; `position` None: it stays where it is."""
    names = [name.strip() for name in _COLUMNS.split(",")]
    changes = ", ".join(f"{name} = ${index + 1}" for index, name in enumerate(names))
    await tx.execute(
        f"UPDATE webhooks SET {changes}, position = COALESCE(${len(names) + 1}::bigint, position) "
        "WHERE id = $1 AND organization_id = $2",
        *_values(webhook),
        position,
    )


async def listing(
    tx: Connection, scope: OrganizationScope, after: tuple[datetime, UUID] | None, limit: int
) -> list[Webhook]:
    """Webhooks in the order in which they were made."""
    moment, identity = after or (None, None)
    rows = await tx.fetch(
        f"SELECT {_COLUMNS} FROM webhooks WHERE organization_id = $1 "
        "AND ($2::timestamptz IS NULL OR (created_at, id) > ($2, $3::uuid)) ORDER BY created_at, id LIMIT $4",
        scope.organization_id,
        moment,
        identity,
        limit,
    )
    return [webhook_of(row) for row in rows]


async def find(tx: Connection, scope: OrganizationScope, webhook_id: UUID, *, lock: bool = False) -> Webhook:
    """Raises `NotFound` when the organization has no such webhook."""
    row = await tx.fetchrow(
        f"SELECT {_COLUMNS} FROM webhooks WHERE organization_id = $1 AND id = $2{' FOR UPDATE' if lock else ''}",
        scope.organization_id,
        webhook_id,
    )
    if row is None:
        raise NotFound("there is nothing at this address")
    return webhook_of(row)


async def delete(tx: Connection, webhook: Webhook) -> None:
    await tx.execute("DELETE FROM webhooks WHERE organization_id = $1 AND id = $2", webhook.organization_id, webhook.id)


async def next_behind(tx: Connection, skipped: Sequence[UUID]) -> tuple[Webhook, int] | None:
    """A webhook that hasn't looked at the newest entries, locked, and its position; None: all have, or others look for
    them now."""
    row = await tx.fetchrow(
        f"SELECT {_COLUMNS}, position FROM webhooks WHERE enabled AND NOT id = ANY($1::uuid[]) AND position < "
        "(SELECT number FROM audit_heads WHERE audit_heads.organization_id = webhooks.organization_id) "
        "ORDER BY position LIMIT 1 FOR UPDATE SKIP LOCKED",
        list(skipped),
    )
    return None if row is None else (webhook_of(row), row["position"])


async def move(tx: Connection, webhook: Webhook, position: int) -> None:
    await tx.execute(
        "UPDATE webhooks SET position = $3 WHERE organization_id = $1 AND id = $2",
        webhook.organization_id,
        webhook.id,
        position,
    )


async def note_health(tx: Connection, webhook: Webhook, *, failing_since: datetime | None, slow: bool) -> None:
    """Changes no version: it is nothing that anybody edits."""
    await tx.execute(
        "UPDATE webhooks SET failing_since = $3, slow = $4 WHERE organization_id = $1 AND id = $2",
        webhook.organization_id,
        webhook.id,
        failing_since,
        slow,
    )


def webhook_of(row: asyncpg.Record) -> Webhook:
    return Webhook(
        **{name: row[name] for name in _PLAIN},
        filters=Filters(**{name: tuple(row[name]) for name in _FILTERS}),
        paused_because=Pause(row["paused_because"]) if row["paused_because"] else None,
    )


def _values(webhook: Webhook) -> list[object]:
    """In the order of the columns."""
    names = [name.strip() for name in _COLUMNS.split(",")]
    return [list(getattr(webhook.filters, name)) if name in _FILTERS else getattr(webhook, name) for name in names]
