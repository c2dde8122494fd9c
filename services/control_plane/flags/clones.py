"""The settings of a flag that is made as another one is: rules, targets, prerequisites, and where it is on."""

from __future__ import annotations

from dataclasses import dataclass, replace

from control_plane.access import Right
from control_plane.entities.copies import environments_to_copy_to
from control_plane.entities.transactions import Consequence, WriteTransaction
from control_plane.environments.queries import EnvironmentRow
from control_plane.flags.definition import checked_settings
from control_plane.flags.models import FlagRow, SettingsRow, new_settings
from control_plane.flags.references import keep_references
from control_plane.flags.repository import save_settings, settings_of
from control_plane.flags.schemas import FlagClone
from control_plane.flags.serving import settings_serve_otherwise
from control_plane.flags.views import settings_view


@dataclass(frozen=True, slots=True)
class CopiedSettings:
    """What was set of the original in one environment, and is now of the clone."""

    environment: EnvironmentRow
    settings: SettingsRow


async def copy_settings(
    write: WriteTransaction, source: FlagRow, clone: FlagRow, wanted: FlagClone
) -> list[CopiedSettings]:
    """Stores them, to be recorded with the write. Where no environments are named, those in which the actor may not
    change flags are left out, and a warning says so.

    Raises `InvalidInput` for an environment that isn't there and for what can't be any more, `MissingRight`, and what
    the agreement raises.
    """
    copied: list[CopiedSettings] = []
    standing = await settings_of(write.tx, source)
    for environment in environments_to_copy_to(write, Right.FLAG_UPDATE, wanted.environments):
        if environment.id in standing:
            settings = _settings_of(write, clone, standing[environment.id], off=wanted.off)
            checked = checked_settings(clone, settings)
            before = new_settings(clone, environment.id)
            if settings_serve_otherwise(clone, before, settings):
                await write.serve(Right.FLAG_UPDATE, [environment])
            await keep_references(write, checked, environment.id)
            await save_settings(write.tx, settings)
            write.consequences.append(_consequence(clone, environment, before, settings))
            copied.append(CopiedSettings(environment, settings))
    return copied


def _settings_of(write: WriteTransaction, clone: FlagRow, standing: SettingsRow, *, off: bool) -> SettingsRow:
    enabled = standing.enabled and not off
    return replace(standing, flag_id=clone.id, enabled=enabled, version=2, updated_at=write.now)


def _consequence(clone: FlagRow, environment: EnvironmentRow, before: SettingsRow, after: SettingsRow) -> Consequence:
    return Consequence(
        entity="flag_settings",
        key=f"{clone.key}/{environment.key}",
        action="update",
        before=settings_view(clone, environment.key, before).audited(),
        after=settings_view(clone, environment.key, after).audited(),
    )
