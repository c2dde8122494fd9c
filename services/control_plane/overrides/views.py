"""From rows to what is answered."""

from __future__ import annotations

from datetime import UTC, datetime

from control_plane.flags.queries import UnitTarget
from control_plane.overrides.models import OverrideRow
from control_plane.overrides.schemas import OverrideView, UnitTargetView


def override_view(row: OverrideRow, environment: str, now: datetime) -> OverrideView:
    return OverrideView(
        unit=row.unit,
        environment=environment,
        flag=row.flag,
        experiment=row.experiment,
        variation=row.variation,
        reason=row.reason,
        set_by=row.set_by,
        created_at=row.created_at,
        expires_at=row.expires_at,
        state="expired" if row.expired(now) else "active",
    )


def target_view(target: UnitTarget, now: datetime) -> UnitTargetView:
    expires_at = None if target.expires_at is None else datetime.fromtimestamp(target.expires_at / 1000, UTC)
    return UnitTargetView(
        flag=target.flag,
        variation=target.variation,
        expires_at=expires_at,
        state="expired" if expires_at is not None and expires_at <= now else "active",
    )
