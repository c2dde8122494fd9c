"""A claimed delivery, from its claim to the note of what came of it.

What is noted is noted after the attempt: a process that dies in between leaves a claim that ends, and the delivery is
attempted again under the id that it has.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from uuid import UUID

from service_kit.sealing import CannotOpen

from control_plane.access import Actor, OrganizationScope
from control_plane.database import Connection, Database, of_tenants
from control_plane.webhooks import deliveries_repository, entries, repository
from control_plane.webhooks.models import Attempt, Delivery, Pause, Webhook
from control_plane.webhooks.pauses import DAY_SECONDS, pause_seconds
from control_plane.webhooks.payload import payload_of, payload_of_test
from control_plane.webhooks.receiver import GONE, Receivers
from control_plane.webhooks.service import Webhooks, pause
from control_plane.webhooks.telemetry import WebhookTelemetry

AUTHOR = Actor(kind="system", id=UUID(int=0), name="webhooks")
_SLOW_MILLISECONDS = 2000
_NO_ENTRY = "the entry of the audit log can't be read any more"
_NO_SECRET = "the webhook's secret can't be opened with this server's FF_SEALING_KEYS: rotate it"  # noqa: S105 - a sentence


async def body_of(tx: Connection, webhook: Webhook, delivery: Delivery) -> bytes | None:
    """What the delivery sends; None when its entry isn't there."""
    if delivery.audit_number is None:
        return payload_of_test(webhook, delivery.created_at)
    entry = await entries.read(tx, delivery.organization_id, delivery.audit_number)
    return None if entry is None else payload_of(entry)


class Deliverer:
    """Makes attempts and notes them."""

    def __init__(
        self, *, database: Database, webhooks: Webhooks, receivers: Receivers, telemetry: WebhookTelemetry
    ) -> None:
        self._database = database
        self._webhooks = webhooks
        self._receivers = receivers
        self._telemetry = telemetry

    async def deliver(self, delivery: Delivery, mark: UUID) -> None:
        """Raises `Unavailable` when the database is away; the claim ends by itself then."""
        scope = OrganizationScope(delivery.organization_id)
        tenancy = of_tenants([delivery.organization_id])
        async with self._database.transaction(tenancy=tenancy) as tx:
            webhook = await repository.find(tx, scope, delivery.webhook_id)
            body = await body_of(tx, webhook, delivery)
            try:
                secrets = self._webhooks.secrets_of(webhook, tx)
            except CannotOpen:
                secrets = ()
            now = tx.now
        if body is None or not secrets:
            attempt = Attempt(at=now, milliseconds=0, error=_NO_ENTRY if body is None else _NO_SECRET)
        else:
            attempt = await self._receivers.send(webhook.url, delivery.message_id, body, secrets)
        self._telemetry.attempts.labels("failed" if attempt.error else "delivered").inc()
        self._telemetry.seconds.observe(attempt.milliseconds / 1000)
        async with self._database.transaction(tenancy=tenancy) as tx:
            await self._note(tx, scope, delivery, attempt, mark)

    async def _note(
        self, tx: Connection, scope: OrganizationScope, delivery: Delivery, attempt: Attempt, mark: UUID
    ) -> None:
        webhook = await repository.find(tx, scope, delivery.webhook_id, lock=True)
        now = await deliveries_repository.still_claimed(tx, delivery, mark)
        if now is None:
            return
        await deliveries_repository.note(tx, now, attempt, _next_at(tx, now, attempt))
        if delivery.audit_number is None:
            return
        since = None if attempt.error is None else webhook.failing_since or attempt.at
        slow = attempt.error is not None or attempt.milliseconds > _SLOW_MILLISECONDS
        if (since, slow) != (webhook.failing_since, webhook.slow):
            await repository.note_health(tx, webhook, failing_since=since, slow=slow)
        reason = _reason_to_pause(attempt, since)
        if reason is not None and webhook.enabled:
            current = await repository.find(tx, scope, delivery.webhook_id)
            await pause(tx, AUTHOR, current, reason)
            self._telemetry.pauses.labels(reason).inc()


def _next_at(tx: Connection, delivery: Delivery, attempt: Attempt) -> datetime | None:
    """When a delivery that failed is attempted again; a test is attempted once."""
    if attempt.error is None or attempt.status == GONE or delivery.audit_number is None:
        return None
    seconds = pause_seconds(delivery.tries + 1, random.random(), attempt.asked_seconds)
    return None if seconds is None else tx.now + timedelta(seconds=seconds)


def _reason_to_pause(attempt: Attempt, failing_since: datetime | None) -> Pause | None:
    if attempt.status == GONE:
        return Pause.GONE
    if failing_since is not None and (attempt.at - failing_since).total_seconds() >= DAY_SECONDS:
        return Pause.FAILING
    return None
