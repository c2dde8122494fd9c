"""What an answer depends on: the flag or the remote config itself, prerequisites, and the segments, experiments and
holdouts of all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from bucketing.flagset import FlagSet
from bucketing.references import condition_segments, flag_references, remote_config_references, segment_references


def narrowed(flagset: FlagSet, keys: Iterable[str]) -> FlagSet:
    """As much of it as the answers under these keys depend on: what is compiled for a question is not all of an
    environment."""
    wanted = set(keys)
    flags = {each for key in wanted for each in flags_behind(flagset, key)}
    segments = segments_behind(flagset, flags)
    return replace(
        flagset,
        flags={key: flagset.flags[key] for key in flags & flagset.flags.keys()},
        remote_configs={key: flagset.remote_configs[key] for key in wanted & flagset.remote_configs.keys()},
        segments={key: flagset.segments[key] for key in segments & flagset.segments.keys()},
        experiments={key: each for key, each in flagset.experiments.items() if each.flag in flags},
    )


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
