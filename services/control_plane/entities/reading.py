"""Rows become entities one by one: a row that can't be read costs no other its place in what is published."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

Row = TypeVar("Row")
Entity = TypeVar("Entity")


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A row that is not what the code expects, as after a mistaken repair by hand."""

    key: str
    reason: str


def read_each(
    rows: Iterable[Row], key: Callable[[Row], str], read: Callable[[Row], Entity]
) -> list[Entity | Unreadable]:
    """What `read` makes of each row, in order; an `Unreadable` where it raises."""
    found: list[Entity | Unreadable] = []
    for row in rows:
        try:
            found.append(read(row))
        except Exception as error:
            found.append(Unreadable(key(row), f"{type(error).__name__}: {error}"))
    return found
