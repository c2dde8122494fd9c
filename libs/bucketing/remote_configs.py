"""What a remote config is once some of its overrides are applied, and the flag that it is served as."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bucketing.flagset import Fixed, Flag, FlagSet, FlagType, Json, RemoteConfig
from bucketing.merge_patch import patched

BASE = "base"
"""The variation of a value to which no override is applied."""


def combination(config: RemoteConfig, positions: Iterable[int]) -> Mapping[str, Json]:
    """The value with the overrides at `positions` applied, in the order in which they are given."""
    value = config.value
    for position in positions:
        value = patched(value, config.overrides[position].value)
    return value


def as_flag(config: RemoteConfig) -> Flag:
    """The object flag that a remote config is to those who ask for flags: without its overrides, which no flag has."""
    return Flag(
        config.key,
        FlagType.OBJECT,
        {BASE: config.value},
        BASE,
        Fixed(BASE),
        archived=config.archived,
        client_visible=config.client_visible,
        version=config.version,
        metadata=config.metadata,
    )


def served(flagset: FlagSet) -> Mapping[str, Flag]:
    """All that answers under a key. Of a flag and a remote config of one key, which nobody can save, it is the flag."""
    if not flagset.remote_configs:
        return flagset.flags
    return {**{key: as_flag(config) for key, config in flagset.remote_configs.items()}, **flagset.flags}
