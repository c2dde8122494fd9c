"""One object for what many documents say in the same words: what is served, conditions, small tables of values.

Thousands of flags serve `on` by halves and ask for the same plan. What is read is never changed, so it may stand in
memory once. What is remembered is bounded; beyond it equal things are objects of their own again.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import TypeVar

from bucketing.flagset import Json

Thing = TypeVar("Thing")

_REMEMBERED_MAX = 4096
_TEXT_LENGTH_MAX = 40
_LENGTH_MAX = 8
_remembered: dict[Hashable, object] = {}


def shared(name: Hashable, thing: Thing) -> Thing:
    """`thing`, or an equal one from before; `name` is another for what isn't equal to the letter."""
    if len(_remembered) >= _REMEMBERED_MAX:
        _remembered.clear()
    found: Thing = _remembered.setdefault((thing.__class__, name), thing)  # type: ignore[assignment]
    return found


def literal(value: Json) -> str | None:
    """A text that only equal JSON has: 1, 1.0, true and "1" have each their own. None for what is long or nested."""
    if value.__class__ is list:
        return repr(value) if len(value) <= _LENGTH_MAX and all(map(_is_short, value)) else None
    return repr(value) if _is_short(value) else None


def _is_short(value: Json) -> bool:
    return value is None or (
        len(value) <= _TEXT_LENGTH_MAX if value.__class__ is str else value.__class__ in (bool, int, float)
    )


def shared_table(table: dict[str, Json]) -> dict[str, Json]:
    """A small JSON object."""
    if len(table) > _LENGTH_MAX or not all(map(_is_short, table.values())):
        return table
    return shared(repr(table), table)
