"""From rows to what is answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from control_plane.entities.models import columns_of
from control_plane.entities.moments import rfc3339
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


def _target(stored: Mapping[str, Any]) -> dict[str, Any]:
    expires_at = stored.get("expires_at")
    if expires_at is None:
        return dict(stored)
    return {**stored, "expires_at": rfc3339(expires_at)}
