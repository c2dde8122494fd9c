"""Explanations as a service gives them away: of long values of the context the beginning.

A trace repeats a value at each condition that asks for it, so that a long one would make an answer of any size.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bucketing.flagset import Json

ROOM = 256
"""How much is shown: characters of texts and names, one for each other value."""
CUT = "…"
"""Where the rest was left out."""
_AS_IT_IS = frozenset({"value", "decision"})
"""What configs say and is served; names inside it are not ours."""


def abridged_explanation(told: Mapping[str, Json]) -> dict[str, Any]:
    """An explanation as `Explanation.to_dict` has it. The decision is whole."""
    segments = {key: abridged(each) for key, each in told["segments"].items()}
    return {**told, "steps": [abridged(each) for each in told["steps"]], "segments": segments}


def abridged(told: Mapping[str, Json]) -> dict[str, Any]:
    """A step, a membership or a part of one."""
    return {name: _abridged(name, each) for name, each in told.items()}


def _abridged(name: str, told: Json) -> Json:
    if name in ("actual", "unit"):
        return _cut(told, ROOM)[0]
    if name == "served":
        return {**told, "value": _cut(told["value"], ROOM)[0]}
    if name in _AS_IT_IS:
        return told
    if isinstance(told, dict):
        return abridged(told)
    return [_abridged("", each) for each in told] if isinstance(told, list) else told


def _cut(value: Json, room: int) -> tuple[Json, int]:
    """With the room that is left."""
    if isinstance(value, str):
        return (value, room - len(value)) if len(value) <= room else (value[:room] + CUT, 0)
    if isinstance(value, list):
        kept: list[Json] = []
        for each in value:
            if room <= 0:
                return [*kept, CUT], 0
            one, room = _cut(each, room - 1)
            kept.append(one)
        return kept, room
    if isinstance(value, dict):
        members: dict[str, Json] = {}
        for name, each in value.items():
            if room <= len(name):
                return {**members, CUT: CUT}, 0
            members[name], room = _cut(each, room - len(name) - 1)
        return members, room
    return value, room - 1
