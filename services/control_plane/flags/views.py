"""From rows to what is answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from control_plane.flags.models import FlagRow, SettingsRow
from control_plane.flags.repository import Switch
from control_plane.flags.schemas import FlagView, SettingsView, SwitchView


def flag_view(row: FlagRow, switches: Sequence[Switch] = ()) -> FlagView:
    environments = {each.environment: SwitchView(enabled=each.enabled, version=each.version) for each in switches}
    return FlagView.model_validate({**asdict(row), "environments": environments})


def settings_view(flag: FlagRow, environment: str, row: SettingsRow, versions: Mapping[str, int]) -> SettingsView:
    return SettingsView.model_validate({**_settings(flag, environment, row), "environment_versions": dict(versions)})


def audited_settings(flag: FlagRow, environment: str, row: SettingsRow) -> dict[str, Any]:
    """The settings as the audit log keeps them."""
    return SettingsView.model_validate(_settings(flag, environment, row)).model_dump(
        mode="json", exclude={"environment_versions"}
    )


def _settings(flag: FlagRow, environment: str, row: SettingsRow) -> dict[str, Any]:
    inherited = [
        name for name, own in (("default", row.default_serve), ("off_variation", row.off_variation)) if own is None
    ]
    return {
        "flag": flag.key,
        "environment": environment,
        "enabled": row.enabled,
        "rules": row.rules,
        "targets": [_target(each) for each in row.targets],
        "prerequisites": row.prerequisites,
        "default": flag.default_serve if row.default_serve is None else row.default_serve,
        "off_variation": flag.off_variation if row.off_variation is None else row.off_variation,
        "inherited": inherited,
        "report_exposures": row.report_exposures,
        "version": row.version,
        "updated_at": row.updated_at,
    }


def _target(stored: Mapping[str, Any]) -> dict[str, Any]:
    expires_at = stored.get("expires_at")
    if expires_at is None:
        return dict(stored)
    return {**stored, "expires_at": rfc3339(expires_at)}


def rfc3339(milliseconds: int) -> str:
    """Epoch milliseconds as a date and time in UTC, with milliseconds."""
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}Z"
