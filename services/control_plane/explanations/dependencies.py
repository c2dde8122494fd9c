"""What an answer depends on: the flag or the remote config itself, prerequisites, and the segments, experiments and
holdouts of all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bucketing.flagset import FlagSet
from bucketing.references import condition_segments, flag_references, remote_config_references, segment_references


def flags_behind(flagset: FlagSet, flag: str) -> set[str]:
    """The flag and its prerequisites, theirs included."""
    found: set[str] = set()
    waiting = [flag]
    while waiting:
        key = waiting.pop()
        if key not in found:
            found.add(key)
            if key in flagset.flags:
                waiting.extend(flag_references(flagset.flags[key]).flags)
    return found


def segments_behind(flagset: FlagSet, flags: Iterable[str]) -> set[str]:
    """The segments that these flags or remote configs and their experiments name, and the segments that those name."""
    found: set[str] = set()
    waiting = list(_named(flagset, set(flags)))
    while waiting:
        key = waiting.pop()
        if key not in found:
            found.add(key)
            if key in flagset.segments:
                waiting.extend(segment_references(flagset.segments[key]).segments)
    return found


def holdouts_behind(flagset: FlagSet, flags: Iterable[str]) -> set[str]:
    """The holdouts of these flags' experiments."""
    on = set(flags)
    return {each.key for running in flagset.experiments.values() if running.flag in on for each in running.holdouts}


def _named(flagset: FlagSet, flags: set[str]) -> Iterator[str]:
    for key in flags & flagset.flags.keys():
        yield from flag_references(flagset.flags[key]).segments
    for key in flags & flagset.remote_configs.keys():
        yield from remote_config_references(flagset.remote_configs[key]).segments
    for experiment in flagset.experiments.values():
        if experiment.flag in flags and experiment.audience is not None:
            yield from condition_segments(experiment.audience)
