"""In which environments a remote config's change is seen by whoever asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from control_plane.configs.models import ConfigRow, ConfigSettingsRow, value_of

_ALIKE = msgspec.json.Encoder(order="deterministic")


@dataclass(frozen=True, slots=True)
class Served:
    """A config with what is set of it, by environment key."""

    config: ConfigRow
    settings: Mapping[str, ConfigSettingsRow]


def served_otherwise(environment: str, before: Served | None, after: Served | None) -> bool:
    """Whether the environment's answers differ after a change of the config itself. Unlike a flag, a new config is
    served at once; one that is archived is served no otherwise by being deleted."""
    if before is None or after is None:
        there = before or after
        return there is not None and not there.config.archived
    was, is_now = (_served(each.config, each.settings.get(environment)) for each in (before, after))
    return was != is_now


def settings_serve_otherwise(config: ConfigRow, before: ConfigSettingsRow, after: ConfigSettingsRow) -> bool:
    """Whether the answers in the environment of these settings may differ."""
    return _served(config, before) != _served(config, after)


def _served(config: ConfigRow, settings: ConfigSettingsRow | None) -> bytes:
    """All that answers are made of."""
    content = [config.archived, config.client_visible, value_of(config, settings)]
    if settings is not None and not config.archived and settings.overrides:
        content += [settings.resolve, settings.overrides, settings.invalid]
    return _ALIKE.encode(content)
