"""The settings of a remote config that is made as another one is: its value in each environment, and the overrides."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from control_plane.access import Right
from control_plane.configs.definition import checked_settings
from control_plane.configs.models import ConfigRow, ConfigSettingsRow, new_settings
from control_plane.configs.references import keep_references
from control_plane.configs.repository import save_settings, settings_of
from control_plane.configs.views import settings_view
from control_plane.entities.copies import environments_to_copy_to
from control_plane.entities.transactions import Consequence, WriteTransaction
from control_plane.environments.queries import EnvironmentRow


@dataclass(frozen=True, slots=True)
class CopiedSettings:
    """What was set of the original in one environment, and is now of the clone."""

    environment: EnvironmentRow
    settings: ConfigSettingsRow


async def copy_settings(
    write: WriteTransaction, source: ConfigRow, clone: ConfigRow, named: Sequence[str] | None
) -> list[CopiedSettings]:
    """Stores them, to be recorded with the write, which asks for what serving the clone takes.

    Raises `InvalidInput` for an environment that isn't there and for what can't be any more, and `MissingRight`."""
    copied: list[CopiedSettings] = []
    standing = await settings_of(write.tx, source)
    for environment in environments_to_copy_to(write, Right.CONFIG_UPDATE, named):
        if environment.key not in standing:
            continue
        given = replace(standing[environment.key], config_id=clone.id, version=2, updated_at=write.now)
        # In a thread: it may take a second, in which requests want to be served.
        checked = await asyncio.to_thread(checked_settings, clone, given)
        await keep_references(write, checked.config, environment.id)
        await save_settings(write.tx, checked.row)
        write.consequences.append(_consequence(clone, environment, checked.row))
        copied.append(CopiedSettings(environment, checked.row))
    return copied


def _consequence(clone: ConfigRow, environment: EnvironmentRow, settings: ConfigSettingsRow) -> Consequence:
    return Consequence(
        entity="config_settings",
        key=f"{clone.key}/{environment.key}",
        action="update",
        before=settings_view(clone, environment.key, new_settings(clone, environment.id)).audited(),
        after=settings_view(clone, environment.key, settings).audited(),
    )
