"""Rows become entities one by one: a row that can't be read costs no other its place in what is published, and a
row that stays as it is isn't read again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

Row = TypeVar("Row")
Entity = TypeVar("Entity")


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A row that is not what the code expects, as after a mistaken repair by hand."""

    key: str
    reason: str


class RowCache(Generic[Entity]):
    """What the rows of one environment were read as, for as long as a row keeps its stamp.

    A stamp is text that changes with every write of the row, such as PostgreSQL's `xmin`. An entity that is
    remembered is the same object each time.
    """

    def __init__(self) -> None:
        self._held: dict[str, tuple[str, Entity | Unreadable]] = {}

    def changed(self, stamps: Mapping[str, str]) -> list[str]:
        """Keys of rows that must be read, given the stamp of every row there is."""
        return [key for key, stamp in stamps.items() if key not in self._held or self._held[key][0] != stamp]

    def updated(self, stamps: Mapping[str, str], fresh: Mapping[str, Entity | Unreadable]) -> list[Entity | Unreadable]:
        """All entities in the order of `stamps`; `fresh` holds those of the changed keys."""
        held = self._held
        self._held = {key: (stamp, fresh[key] if key in fresh else held[key][1]) for key, stamp in stamps.items()}
        return [entity for _, entity in self._held.values()]


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
