"""The attributes that an exposure carries, so that results can be told apart by them: those that are named, as far as
they are texts, numbers, truth values, or lists of these."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from bucketing.attributes import lookup
from messages.events import INTEGER_MAX, INTEGER_MIN

TEXT_LENGTH_MAX = 256
LIST_LENGTH_MAX = 20


def exposed_attributes(context: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """As they stand in the context: what is found by a path stays inside its objects, so that what an environment
    hides of an object is hidden here, too. What is missing, an object, or longer than the limits is left out."""
    found: dict[str, Any] = {}
    for name in names:
        path = (name,) if name in context else tuple(name.split("."))
        value = lookup(context, name, path)
        if not _is_plain(value):
            continue
        inside = found
        for step in path[:-1]:
            inside = inside.setdefault(step, {})
        inside[path[-1]] = value
    return found


def _is_plain(value: Any) -> bool:
    if isinstance(value, list):
        return len(value) <= LIST_LENGTH_MAX and all(each is None or _is_scalar(each) for each in value)
    return _is_scalar(value)


def _is_scalar(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) <= TEXT_LENGTH_MAX
    if isinstance(value, bool):
        return True
    if isinstance(value, int):
        return INTEGER_MIN <= value <= INTEGER_MAX
    return isinstance(value, float) and math.isfinite(value)
