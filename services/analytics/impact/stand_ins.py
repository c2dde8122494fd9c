"""Listed keys as they are stored, where an environment stores stand-ins of user keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bucketing.flagset import FlagSet


def with_stand_ins(flagset: FlagSet, stand_in: Callable[[str], str]) -> FlagSet:
    """The set with the keys of targets and segments replaced. Buckets of stand-ins are others than those of the keys,
    as evenly spread."""
    flags = {
        key: replace(flag, targets=tuple(replace(each, key=stand_in(each.key)) for each in flag.targets))
        for key, flag in flagset.flags.items()
    }
    segments = {
        key: replace(
            segment,
            included=frozenset(map(stand_in, segment.included)),
            excluded=frozenset(map(stand_in, segment.excluded)),
        )
        for key, segment in flagset.segments.items()
    }
    return replace(flagset, flags=flags, segments=segments)
