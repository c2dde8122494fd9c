"""In which environments a flag's change is seen by whoever asks for it, and what it is there before and after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

import msgspec
from bucketing.errors import InvalidConfig
from bucketing.flagset import Flag

from control_plane.entities.integrity import FlagReplacement
from control_plane.flags.definition import flag_of, off_alone
from control_plane.flags.models import FlagRow, SettingsRow, default_of, off_variation_of

_ALIKE = msgspec.json.Encoder(order="deterministic")


def environments_served_otherwise(
    settings: Mapping[UUID, SettingsRow], before: FlagRow | None, after: FlagRow | None, environment_ids: list[UUID]
) -> frozenset[UUID]:
    """Those of `environment_ids` whose answers differ after a change of the flag itself. A new flag is off everywhere,
    and a restored one too: nobody is served otherwise. An environment in which nothing was ever set doesn't count: the
    flag is not in use there."""
    if before is None or before.archived:
        return frozenset()
    if after is None or after.archived:
        return frozenset(each for each in environment_ids if each in settings and settings[each].enabled)
    return frozenset(
        each
        for each in environment_ids
        if each in settings and _served(before, settings[each]) != _served(after, settings[each])
    )


def settings_serve_otherwise(flag: FlagRow, before: SettingsRow, after: SettingsRow) -> bool:
    """Whether the answers in the environment of these settings may differ."""
    return _served(flag, before) != _served(flag, after)


def replacement_of(
    before: FlagRow, after: FlagRow, settings: Mapping[UUID, tuple[SettingsRow, SettingsRow]]
) -> FlagReplacement:
    """The flag as environments serve it before a write and after it; `settings` are those of both, by environment."""
    return FlagReplacement(
        after.key,
        {each: (_engine_flag(before, was), _engine_flag(after, becomes)) for each, (was, becomes) in settings.items()},
        [each["key"] for each in after.variations],
    )


def _engine_flag(row: FlagRow, settings: SettingsRow) -> Flag:
    try:
        return flag_of(row, settings)
    except InvalidConfig:
        # What can't be read of it doesn't change what it is that it is off.
        return replace(off_alone(row, settings), enabled=settings.enabled)


def _served(flag: FlagRow, settings: SettingsRow) -> bytes:
    """All that answers are made of: of a flag that is off, what it serves then."""
    off = off_variation_of(flag, settings)
    values = {each["key"]: each["value"] for each in flag.variations}
    if not settings.enabled:
        return _ALIKE.encode([flag.client_visible, off, values.get(off)])
    content: list[Any] = [
        flag.client_visible,
        values,
        off,
        default_of(flag, settings),
        settings.rules,
        settings.targets,
        settings.prerequisites,
    ]
    return _ALIKE.encode(content)
