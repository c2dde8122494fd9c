"""Reading an attribute of the evaluation context."""

from __future__ import annotations

from collections.abc import Mapping

from bucketing.flagset import Json

TARGETING_KEY = "targetingKey"


def lookup(context: Mapping[str, Json], name: str, path: tuple[str, ...]) -> Json:
    """The attribute `name`, or None if it is missing or null.

    It is looked up as written; only if there is no such attribute, `path` (the name split at its dots) is
    followed through objects. A step into anything but an object is missing.
    """
    if name in context:
        return context[name]
    value: Json = context
    for step in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(step)
    return value


def read(context: Mapping[str, Json], name: str) -> Json:
    """`lookup` for a name that has not been split beforehand."""
    return lookup(context, name, tuple(name.split(".")))
