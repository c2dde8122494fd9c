"""Branches: mappings that take their changes beside what they share with the one before, so that a change costs what it
changes and not what there is."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import Generic, TypeVar, cast

Key = TypeVar("Key")
Value = TypeVar("Value")

_GROWN = 256
"""So many changes, or a sixteenth of all, are put together with the rest: seldom enough to cost little."""
_GONE = object()


class Branch(MutableMapping[Key, Value], Generic[Key, Value]):
    """Changed only before it is branched off; then both stay as they are to each other."""

    __slots__ = ("_changes", "_length", "_trunk")

    def __init__(self) -> None:
        self._trunk: dict[Key, Value] = {}
        self._changes: dict[Key, object] = {}
        self._length = 0

    def branch(self) -> Branch[Key, Value]:
        """One that begins with the same content. This one must not be changed any more."""
        other: Branch[Key, Value] = Branch()
        other._length = self._length
        if len(self._changes) > max(_GROWN, len(self._trunk) // 16):
            other._trunk = dict(self.items())
        else:
            other._trunk, other._changes = self._trunk, dict(self._changes)
        return other

    def __getitem__(self, key: Key) -> Value:
        found = self._changes.get(key, self)
        if found is self:
            return self._trunk[key]
        if found is _GONE:
            raise KeyError(key)
        return cast("Value", found)

    def __setitem__(self, key: Key, value: Value) -> None:
        self._length += key not in self
        self._changes[key] = value

    def __delitem__(self, key: Key) -> None:
        if key not in self:
            raise KeyError(key)
        self._length -= 1
        self._changes[key] = _GONE

    def __contains__(self, key: object) -> bool:
        found = self._changes.get(cast("Key", key), self)
        return key in self._trunk if found is self else found is not _GONE

    def __iter__(self) -> Iterator[Key]:
        changes = self._changes
        yield from (key for key in self._trunk if key not in changes)
        yield from (key for key, value in changes.items() if value is not _GONE)

    def __len__(self) -> int:
        return self._length
