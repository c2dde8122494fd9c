"""From rows to what is answered and kept by the audit log, and from there back to rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from control_plane.entities.models import Scope, columns_of, row_of
from control_plane.entities.moments import epoch_milliseconds, rfc3339
from control_plane.flags.models import FlagRow, SettingsRow, default_of, off_variation_of
from control_plane.flags.repository import Switch
from control_plane.flags.schemas import FlagView, SettingsView, SwitchView


def flag_view(row: FlagRow, switches: Sequence[Switch] = ()) -> FlagView:
    environments = {each.environment: SwitchView(enabled=each.enabled, version=each.version) for each in switches}
    return FlagView.model_validate({**columns_of(row), "environments": environments})


def settings_view(flag: FlagRow, environment: str, row: SettingsRow) -> SettingsView:
    inherited = [
        name for name, own in (("default", row.default_serve), ("off_variation", row.off_variation)) if own is None
    ]
    return SettingsView.model_validate(
        {
            **columns_of(row),
            "flag": flag.key,
            "environment": environment,
            "targets": [_target(each) for each in row.targets],
            "default": default_of(flag, row),
            "off_variation": off_variation_of(flag, row),
            "inherited": inherited,
        }
    )


def flag_row(scope: Scope, document: Mapping[str, Any]) -> FlagRow:
    """The inverse of what the audit log keeps of a flag."""
    later = {"metadata": document.get("metadata", {})}
    return row_of(FlagRow, scope, document, default_serve=document["default"], **later)


def settings_row(flag: FlagRow, environment_id: UUID, document: Mapping[str, Any]) -> SettingsRow:
    """The inverse of what the audit log keeps of a flag's settings."""
    inherited = document["inherited"]
    return SettingsRow(
        flag_id=flag.id,
        environment_id=environment_id,
        organization_id=flag.organization_id,
        enabled=document["enabled"],
        rules=document["rules"],
        targets=[_stored_target(each) for each in document["targets"]],
        prerequisites=document["prerequisites"],
        default_serve=None if "default" in inherited else document["default"],
        off_variation=None if "off_variation" in inherited else document["off_variation"],
        report_exposures=document["report_exposures"],
        exposure_attributes=document.get("exposure_attributes", []),
        version=document["version"],
        updated_at=datetime.fromisoformat(document["updated_at"]),
    )


def _stored_target(told: Mapping[str, Any]) -> dict[str, Any]:
    stored = {"key": told["key"], "variation": told["variation"]}
    if told.get("expires_at") is not None:
        stored["expires_at"] = epoch_milliseconds(told["expires_at"], "expires_at")
    return stored


def _target(stored: Mapping[str, Any]) -> dict[str, Any]:
    expires_at = stored.get("expires_at")
    if expires_at is None:
        return dict(stored)
    return {**stored, "expires_at": rfc3339(expires_at)}
