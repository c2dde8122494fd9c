"""From rows to what is answered."""

from __future__ import annotations

from typing import Any

from bucketing.document.serves import percent

from control_plane.verdicts.models import IncidentRow, VerdictRow
from control_plane.verdicts.schemas import FindingView, IncidentView, VerdictView


def verdict_view(row: VerdictRow, rollout: str) -> VerdictView:
    return VerdictView(
        rollout=rollout,
        revision=row.revision,
        epoch=row.epoch,
        monitor=row.monitor_id,
        looked_at=row.looked_at,
        received_at=row.received_at,
        action=row.action,
        outcome=row.outcome.value,
        findings=[FindingView(**each) for each in row.findings],
    )


def incident_view(row: IncidentRow, environment: str) -> IncidentView:
    return IncidentView(**_fields(row), environment=environment)


def incident_document(row: IncidentRow) -> dict[str, Any]:
    """As the audit log and webhooks tell of it."""
    return {
        name: each.isoformat() if hasattr(each, "isoformat") else each
        for name, each in _fields(row).items()
        if name != "recovered_at"
    }


def _fields(row: IncidentRow) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "rollout": row.rollout,
        "flag": row.flag,
        "variation": row.variation,
        "guard": row.guard,
        "action": row.action,
        "done": row.done.value,
        "share": percent(row.share),
        "revision": row.revision,
        "epoch": row.epoch,
        "monitor": row.monitor_id,
        "looked_at": row.looked_at,
        "opened_at": row.opened_at,
        "recovered_at": row.recovered_at,
        "finding": row.finding,
    }
