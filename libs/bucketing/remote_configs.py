"""What a remote config is once some of its overrides are applied."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bucketing.flagset import Json, RemoteConfig
from bucketing.merge_patch import patched

BASE = "base"
"""The variation of a value to which no override is applied."""


def combination(config: RemoteConfig, positions: Iterable[int]) -> Mapping[str, Json]:
    """The value with the overrides at `positions` applied, in the order in which they are given."""
    value = config.value
    for position in positions:
        value = patched(value, config.overrides[position].value)
    return value
