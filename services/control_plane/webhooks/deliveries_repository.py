"""Deliveries and their attempts in the database."""

# ruff: noqa: S608 - nothing but column names of our own is put into the statements

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
from service_kit.problems import NotFound

from control_plane.database import Connection
from control_plane.webhooks.models import Attempt, Delivery, DeliveryState, Webhook

_NAMES = tuple(Delivery.__slots__)
_COLUMNS = ", ".join(f"webhook_deliveries.{name}" for name in _NAMES)
_LAST = """
LEFT JOIN webhook_attempts AS last ON last.delivery_id = webhook_deliveries.id
    AND last.number = webhook_deliveries.attempts
"""
# Of one lane: of each webhook as many of the oldest as it has room for; then of each organization; then in all. What is
# about to be sent has been claimed: who claims at the same moment passes over it.
_CLAIM = f"""
WITH busy AS (
    SELECT webhook_id, webhooks.organization_id, count(*) AS sent
    FROM webhook_deliveries JOIN webhooks ON webhooks.id = webhook_id
    WHERE claim IS NOT NULL AND claimed_until > $1 AND webhooks.slow = $3
    GROUP BY webhook_id, webhooks.organization_id
), ready AS (
    SELECT waiting.id, waiting.next_at, webhooks.organization_id,
        row_number() OVER (PARTITION BY webhooks.organization_id ORDER BY waiting.next_at)
            + COALESCE((SELECT sum(sent) FROM busy WHERE busy.organization_id = webhooks.organization_id), 0) AS share
    FROM webhooks, LATERAL (
        SELECT id, next_at FROM webhook_deliveries
        WHERE webhook_id = webhooks.id AND state = 'waiting' AND next_at <= $1
            AND (claimed_until IS NULL OR claimed_until <= $1) AND (webhooks.enabled OR audit_number IS NULL)
        ORDER BY next_at
        LIMIT GREATEST(0, $4 - COALESCE((SELECT sent FROM busy WHERE busy.webhook_id = webhooks.id), 0))
    ) AS waiting
    WHERE webhooks.slow = $3
), chosen AS (
    SELECT id FROM webhook_deliveries
    WHERE id IN (SELECT id FROM ready WHERE share <= $5 ORDER BY next_at LIMIT $6)
        AND state = 'waiting' AND (claimed_until IS NULL OR claimed_until <= $1)
    FOR UPDATE SKIP LOCKED
)
UPDATE webhook_deliveries SET claim = $2, claimed_until = $7 FROM chosen WHERE webhook_deliveries.id = chosen.id
RETURNING {_COLUMNS}
"""


async def insert(tx: Connection, deliveries: Sequence[Delivery]) -> None:
    """One that is there already stays as it is."""
    marks = ", ".join(f"${index + 1}" for index in range(len(_NAMES)))
    await tx.executemany(
        f"INSERT INTO webhook_deliveries ({', '.join(_NAMES)}) VALUES ({marks}) ON CONFLICT (id) DO NOTHING",
        [tuple(getattr(each, name) for name in _NAMES) for each in deliveries],
    )


async def listing(
    tx: Connection, webhook: Webhook, state: DeliveryState | None, before: tuple[datetime, UUID] | None, limit: int
) -> list[asyncpg.Record]:
    """The newest first, with the status and the error of the last attempt."""
    moment, identity = before or (None, None)
    return await tx.fetch(
        f"SELECT {_COLUMNS}, last.status AS last_status, last.error AS last_error FROM webhook_deliveries {_LAST} "
        "WHERE webhook_deliveries.organization_id = $1 AND webhook_id = $2 AND ($3::text IS NULL OR state = $3) "
        "AND ($4::timestamptz IS NULL OR (created_at, webhook_deliveries.id) < ($4, $5::uuid)) "
        "ORDER BY created_at DESC, webhook_deliveries.id DESC LIMIT $6",
        webhook.organization_id,
        webhook.id,
        state,
        moment,
        identity,
        limit,
    )


async def find(tx: Connection, webhook: Webhook, delivery_id: UUID, *, lock: bool = False) -> Delivery:
    """Raises `NotFound` when the webhook has no such delivery."""
    row = await tx.fetchrow(
        f"SELECT {_COLUMNS} FROM webhook_deliveries WHERE organization_id = $1 AND webhook_id = $2 AND id = $3"
        f"{' FOR UPDATE' if lock else ''}",
        webhook.organization_id,
        webhook.id,
        delivery_id,
    )
    if row is None:
        raise NotFound("there is nothing at this address")
    return delivery_of(row)


async def attempts_of(tx: Connection, delivery: Delivery) -> list[asyncpg.Record]:
    """In their order."""
    return await tx.fetch(
        "SELECT number, at, milliseconds, status, answer, error FROM webhook_attempts "
        "WHERE organization_id = $1 AND delivery_id = $2 ORDER BY number",
        delivery.organization_id,
        delivery.id,
    )


async def queue_again(tx: Connection, delivery: Delivery) -> None:
    """As if it were new: the next attempt is due now."""
    await tx.execute(
        "UPDATE webhook_deliveries SET state = 'waiting', tries = 0, next_at = $3, finished_at = NULL, claim = NULL, "
        "claimed_until = NULL WHERE organization_id = $1 AND id = $2",
        delivery.organization_id,
        delivery.id,
        tx.now,
    )


async def claim(
    tx: Connection, mark: UUID, *, slow: bool, shares: tuple[int, int, int], seconds: float
) -> list[Delivery]:
    """Deliveries that are due, for whoever marks them, for so long. `shares`: how many at once of a webhook, of an
    organization, and how many more are wanted."""
    of_webhook, of_organization, wanted = shares
    until = tx.now + timedelta(seconds=seconds)
    rows = await tx.fetch(_CLAIM, tx.now, mark, slow, of_webhook, of_organization, wanted, until)
    return [delivery_of(row) for row in rows]


async def still_claimed(tx: Connection, delivery: Delivery, mark: UUID) -> Delivery | None:
    """The delivery as it is now, locked; None when somebody else has taken it over, or it is gone."""
    row = await tx.fetchrow(
        f"SELECT {_COLUMNS} FROM webhook_deliveries WHERE organization_id = $1 AND id = $2 AND claim = $3 FOR UPDATE",
        delivery.organization_id,
        delivery.id,
        mark,
    )
    return None if row is None else delivery_of(row)


async def note(tx: Connection, delivery: Delivery, attempt: Attempt, next_at: datetime | None) -> None:
    """Ends an attempt. `next_at` None: it was the last one."""
    number = delivery.attempts + 1
    await tx.execute(
        "INSERT INTO webhook_attempts (organization_id, delivery_id, number, at, milliseconds, status, answer, error) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        delivery.organization_id,
        delivery.id,
        number,
        attempt.at,
        attempt.milliseconds,
        attempt.status,
        attempt.answer,
        attempt.error,
    )
    ended = DeliveryState.DELIVERED if attempt.error is None else DeliveryState.FAILED
    await tx.execute(
        "UPDATE webhook_deliveries SET attempts = $3, tries = tries + 1, state = $4, next_at = $5, finished_at = $6, "
        "claim = NULL, claimed_until = NULL WHERE organization_id = $1 AND id = $2",
        delivery.organization_id,
        delivery.id,
        number,
        DeliveryState.WAITING if next_at else ended,
        next_at,
        None if next_at else tx.now,
    )


async def waiting(tx: Connection) -> tuple[int, float]:
    """How many deliveries of webhooks that aren't paused wait, and how long the longest has been due, in seconds."""
    row = await tx.fetchrow(
        "SELECT count(*) AS number, min(next_at) AS first FROM webhook_deliveries JOIN webhooks "
        "ON webhooks.id = webhook_id WHERE state = 'waiting' AND enabled"
    )
    assert row is not None  # noqa: S101 - an aggregate has one row
    late = (tx.now - row["first"]).total_seconds() if row["first"] else 0.0
    return row["number"], max(0.0, late)


async def remove_old(tx: Connection, before: datetime, limit: int) -> int:
    """Deliveries from before, with their attempts; answers how many."""
    status = await tx.execute(
        "DELETE FROM webhook_deliveries WHERE id IN (SELECT id FROM webhook_deliveries WHERE created_at < $1 "
        "ORDER BY created_at LIMIT $2)",
        before,
        limit,
    )
    return int(status.rpartition(" ")[2])


async def remove_surplus(tx: Connection, kept: int) -> int:
    """Of each webhook what is over and older than the newest so many; what waits stays. Answers how many."""
    status = await tx.execute(
        "DELETE FROM webhook_deliveries AS old USING webhooks, LATERAL (SELECT created_at, id FROM webhook_deliveries "
        "WHERE webhook_id = webhooks.id ORDER BY created_at DESC, id DESC OFFSET $1 LIMIT 1) AS first "
        "WHERE old.webhook_id = webhooks.id AND (old.created_at, old.id) <= (first.created_at, first.id) "
        "AND old.state <> 'waiting'",
        kept,
    )
    return int(status.rpartition(" ")[2])


def delivery_of(row: asyncpg.Record) -> Delivery:
    return Delivery(**{name: row[name] for name in _NAMES if name != "state"}, state=DeliveryState(row["state"]))
