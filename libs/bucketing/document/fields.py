"""Reading typed fields out of JSON objects, with the path of what is wrong."""

from __future__ import annotations

from collections.abc import Collection
from sys import intern
from typing import Any

from bucketing.errors import InvalidConfig
from bucketing.flagset import Json

_KINDS: dict[type, str] = {
    str: "a string",
    bool: "true or false",
    int: "an integer",
    list: "a list",
    dict: "an object",
}


def at(path: str, name: str) -> str:
    """The path of a field below `path`."""
    return f"{path}.{name}" if path else name


def expect(value: Json, kind: type, path: str) -> Any:
    """The value, if it is of that JSON type; InvalidConfig otherwise."""
    if value.__class__ is not kind:
        raise InvalidConfig(path, f"must be {_KINDS[kind]}", "type")
    return value


def required(document: dict[str, Json], name: str, kind: type, path: str) -> Any:
    """The field `name`; InvalidConfig if it is missing or of another type."""
    value = document.get(name)
    if value.__class__ is kind:
        return value
    if name not in document:
        raise InvalidConfig(at(path, name), "is missing", "missing")
    return expect(value, kind, at(path, name))


def required_name(document: dict[str, Json], name: str, path: str) -> str:
    """A required text that many places of a config repeat: it stands in memory once."""
    return intern(required(document, name, str, path))


def optional(document: dict[str, Json], name: str, kind: type, path: str, default: Any = None) -> Any:
    """The field `name`, or `default` if it is missing or null."""
    value = document.get(name)
    if value is None:
        return default
    return value if value.__class__ is kind else expect(value, kind, at(path, name))


def refuse_others(document: dict[str, Json], names: Collection[str], path: str) -> None:
    """InvalidConfig if the object has a field that is none of `names`: a typing error must not change a rule."""
    for name in document:
        if name not in names:
            raise InvalidConfig(at(path, name), f"is unknown here; known: {', '.join(names)}", "unknown_field")
