"""How two environments of a project differ: the flags and remote configs whose settings are others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from bucketing.flagset import Flag, RemoteConfig

from control_plane.changes.patches import alike, in_words, json_patch
from control_plane.configs import queries as configs
from control_plane.database import Connection
from control_plane.entities.rows import RowCache, Unreadable
from control_plane.environments.queries import EnvironmentRow
from control_plane.flags import queries as flags

Entity = TypeVar("Entity", Flag, RemoteConfig)
Name = tuple[str, str]
"""A key, and an entity that edits are about."""
_WORDS_MAX = 200
_UNTOLD = frozenset({"id", "flag", "config", "environment", "version", "created_at", "updated_at", "definition"})


@dataclass(frozen=True, slots=True)
class Difference:
    """In words, and as a JSON Patch from the target's document to the source's."""

    words: Sequence[str]
    patch: Sequence[Mapping[str, Any]]


async def differing(
    tx: Connection, source: EnvironmentRow, target: EnvironmentRow, *, with_configs: bool
) -> list[Name]:
    """What answers otherwise in the two, by key, or would if it were on. Overrides are of one environment, and left
    out; so is what is archived."""
    found = [
        (key, "flag_settings")
        for key in _others(
            await flags.compiled(tx, source.id, RowCache()), await flags.compiled(tx, target.id, RowCache())
        )
    ]
    if with_configs:
        found += [
            (key, "config_settings")
            for key in _others(
                await configs.compiled(tx, source.id, RowCache()), await configs.compiled(tx, target.id, RowCache())
            )
        ]
    return sorted(found)


def difference(target: Mapping[str, Any], source: Mapping[str, Any]) -> Difference:
    """Of two documents of the audit log."""
    before, after = _told(target), _told(source)
    return Difference(in_words(before, after)[:_WORDS_MAX], json_patch(before, after))


def newly_named_segments(target: Mapping[str, Any], source: Mapping[str, Any]) -> list[str]:
    return sorted(set(_segments(source)) - set(_segments(target)))


def changing(fields: Mapping[str, Any], target: Mapping[str, Any], leave: Iterable[str]) -> dict[str, Any]:
    """The fields of an update that say something else than those of the target, but for those that are left."""
    left = frozenset(leave)
    return {
        name: value
        for name, value in fields.items()
        if name not in left and not (name in target and alike(value, target[name]))
    }


def _others(source: Iterable[Entity | Unreadable], target: Iterable[Entity | Unreadable]) -> Iterator[str]:
    there = {each.key: each for each in target if not isinstance(each, Unreadable)}
    for each in source:
        other = there.get(each.key)
        if isinstance(each, Unreadable) or other is None or each.archived:
            continue
        if replace(each, version=0) != replace(other, version=0):
            yield each.key


def _told(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name not in _UNTOLD}


def _segments(document: Any) -> Iterator[str]:
    """The keys in conditions, wherever these stand."""
    if isinstance(document, Mapping):
        for name, value in document.items():
            if name == "segment" and isinstance(value, str):
                yield value
            else:
                yield from _segments(value)
    elif isinstance(document, list):
        for each in document:
            yield from _segments(each)
