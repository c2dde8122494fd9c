"""Webhooks and deliveries as the API answers them: never a secret."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import asyncpg
import msgspec

from control_plane.webhooks.deliveries_repository import delivery_of
from control_plane.webhooks.models import Delivery, Webhook
from control_plane.webhooks.schemas import AttemptView, DeliveryDetailView, DeliveryView, NewWebhookView, WebhookView


def webhook_view(webhook: Webhook) -> WebhookView:
    return WebhookView(**_fields(webhook))


def new_webhook_view(webhook: Webhook, secret: str) -> NewWebhookView:
    """With the secret, this once."""
    return NewWebhookView(**_fields(webhook), secret=secret)


def delivery_view(row: asyncpg.Record) -> DeliveryView:
    """Of a row with how the last attempt went."""
    return DeliveryView(**_delivery_fields(delivery_of(row), row["last_status"], row["last_error"]))


def delivery_detail_view(
    delivery: Delivery, webhook: Webhook, payload: bytes | None, attempts: Sequence[asyncpg.Record]
) -> DeliveryDetailView:
    log = [AttemptView(**each) for each in attempts]
    return DeliveryDetailView(
        **_delivery_fields(delivery, log[-1].status if log else None, log[-1].error if log else None),
        url=webhook.url,
        payload=None if payload is None else msgspec.json.decode(payload),
        log=log,
    )


def _fields(webhook: Webhook) -> dict[str, Any]:
    filters = {name: list(getattr(webhook.filters, name)) for name in ("events", "projects", "environments", "tags")}
    names = WebhookView.model_fields.keys() - filters.keys()
    return {**{name: getattr(webhook, name) for name in names}, **filters}


def _delivery_fields(delivery: Delivery, status: int | None, error: str | None) -> dict[str, Any]:
    own = DeliveryView.model_fields.keys() - {"last_status", "last_error"}
    return {**{name: getattr(delivery, name) for name in own}, "last_status": status, "last_error": error}
