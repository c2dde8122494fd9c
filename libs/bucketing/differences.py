"""Differences: which answers may be others in one flag set than in the one before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from bucketing.flagset import Flag, FlagSet, RemoteConfig
from bucketing.references import References

_Entity = TypeVar("_Entity")


def keys_that_differ(
    before: FlagSet,
    after: FlagSet,
    references: Mapping[str, References],
    named_segments: Mapping[str, frozenset[str]],
) -> set[str]:
    """The flags and remote configs whose answers may be others for somebody.

    Their own documents differ, but for description, metadata and version, or those of a segment, an experiment or a
    prerequisite behind them. `references`: what each flag of `after` names; `named_segments`: the same of segments."""
    if before.salt != after.salt:
        return {*before.flags, *before.remote_configs, *after.flags, *after.remote_configs}
    changed = _different(before.flags, after.flags, _without_notes)
    changed |= _different(before.remote_configs, after.remote_configs, _config_without_notes)
    for key in _different(before.experiments, after.experiments):
        changed |= {each.experiments[key].flag for each in (before, after) if key in each.experiments}
    segments = _different(before.segments, after.segments)
    if segments:
        segments = _with_users(segments, named_segments)
        changed |= {key for key, named in references.items() if not segments.isdisjoint(named.segments)}
    if changed:
        changed = _with_users(changed, {key: named.flags for key, named in references.items() if named.flags})
    return changed


def _without_notes(flag: Flag) -> Flag:
    return replace(flag, description="", metadata={}, version=0)


def _config_without_notes(config: RemoteConfig) -> RemoteConfig:
    return replace(config, metadata={}, version=0)


def _different(
    before: Mapping[str, _Entity], after: Mapping[str, _Entity], plain: Callable[[_Entity], Any] = lambda one: one
) -> set[str]:
    """Keys under which something else stands; what didn't change is the same object in both, as a rule."""
    found = {key for key in before if key not in after}
    for key, entity in after.items():
        other = before.get(key)
        if entity is not other and (other is None or plain(entity) != plain(other)):
            found.add(key)
    return found


def _with_users(keys: set[str], named: Mapping[str, frozenset[str]]) -> set[str]:
    """The keys and all that name them, directly or through others."""
    users: defaultdict[str, list[str]] = defaultdict(list)
    for user, others in named.items():
        for other in others:
            users[other].append(user)
    found: set[str] = set()
    waiting = list(keys)
    while waiting:
        key = waiting.pop()
        if key not in found:
            found.add(key)
            waiting += users[key]
    return found
