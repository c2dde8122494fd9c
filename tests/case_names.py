"""Names of parametrised cases: what a small table entry says, so that a failing case is named and not numbered."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Set
from pathlib import PurePath
from typing import Any

import pytest

LETTERS_MAX = 60
TEXT_LETTERS_MAX = 120


def name_of(value: object) -> str | None:
    """What a mapping, a list or a path says, if that is short; None leaves the name to pytest."""
    if not isinstance(value, Mapping | list | tuple | Set | PurePath):
        return None
    name = _words(value)
    return name if len(name) <= LETTERS_MAX and name.isprintable() else None


def _words(value: object) -> str:
    match value:
        case Mapping():
            return ", ".join(f"{key}={_inner(each)}" for key, each in value.items()) or "{}"
        case list() | tuple():
            return ", ".join(map(_inner, value)) or "()"
        case Set():
            return ", ".join(sorted(map(_inner, value))) or "()"
        case PurePath():
            return str(value)
        case str():
            return value or "''"
        case bytes():
            return value.decode("ascii", "backslashreplace")
        case _:
            # An address would be another one in each process that collects the tests.
            return re.sub(r" at 0x[0-9a-f]+", "", repr(value))


def _inner(value: object) -> str:
    return f"({_words(value)})" if isinstance(value, Mapping | list | tuple | Set) and value else _words(value)


def numbered(items: Iterable[pytest.Item]) -> list[str]:
    """Tests with a case that has no name of its own: pytest has numbered it, or repeats a long text."""
    return sorted(
        {item.nodeid.partition("[")[0] for item in items if isinstance(item, pytest.Function) and _numbered(item)}
    )


def _numbered(item: pytest.Function) -> bool:
    call: Any = getattr(item, "callspec", None)
    if call is None:
        return False
    return any(is_numbered(call.id, name, value) for name, value in call.params.items())


def is_numbered(case: str, name: str, value: object) -> bool:
    """True for an id that pytest made of the argument and a number, or of a long text."""
    if isinstance(value, str | bytes):
        return len(value) > TEXT_LETTERS_MAX and len(case) > TEXT_LETTERS_MAX
    if isinstance(value, bool | int | float | None):
        return False
    return re.search(rf"(^|-){name}\d+(-|$)", case) is not None
