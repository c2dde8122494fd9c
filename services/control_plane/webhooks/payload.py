"""What a webhook is sent: `{"type", "timestamp", "data"}`, with the audit entry in words, and the entity before and
after as the API shows it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from control_plane.changes.patches import in_words
from control_plane.changes.sentences import Deed, summary_of
from control_plane.webhooks.entries import Entry, Named
from control_plane.webhooks.events import TEST
from control_plane.webhooks.models import Webhook

PAYLOAD_BYTES_MAX = 256 * 1024
_CHANGES_MAX = 50


def payload_of(entry: Entry) -> bytes:
    """At most 256 KiB: of an entity that is larger neither side is told, and `truncated` says so."""
    data = _data(entry)
    body = _document(entry.event_type, entry.at, {**data, "before": entry.before, "after": entry.after})
    if len(body) <= PAYLOAD_BYTES_MAX:
        return body
    return _document(
        entry.event_type, entry.at, {**data, "changes": [], "before": None, "after": None, "truncated": True}
    )


def payload_of_test(webhook: Webhook, at: datetime) -> bytes:
    """What the test button sends."""
    data = {"summary": "this is a test of the webhook", "organization_id": webhook.organization_id}
    return _document(TEST, at, {**data, "webhook": webhook.id})


def _data(entry: Entry) -> Mapping[str, Any]:
    deed = Deed(
        actor_kind=entry.actor["kind"],
        actor_name=entry.actor["name"],
        behalf=entry.behalf,
        entity=entry.entity,
        entity_key=entry.entity_key,
        action=entry.action,
        before=entry.before,
        after=entry.after,
    )
    return {
        "summary": summary_of(deed),
        "changes": in_words(entry.before, entry.after)[:_CHANGES_MAX],
        "organization_id": entry.organization_id,
        "number": entry.number,
        "actor": entry.actor,
        "reason": entry.reason,
        "entity": entry.entity,
        "entity_key": entry.entity_key,
        "action": entry.action,
        "project": _named(entry.project) if entry.project else None,
        "environments": [_named(each) for each in entry.environments],
        "truncated": False,
    }


def _named(named: Named) -> Mapping[str, str]:
    return {"id": str(named.id), "key": named.key}


def _document(kind: str, at: datetime, data: Mapping[str, Any]) -> bytes:
    moment = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return msgspec.json.encode({"type": kind, "timestamp": moment, "data": data})
