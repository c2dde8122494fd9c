"""All flags of a set for one context, by functions that decide several flags at a time.

A chunk's function costs milliseconds to write, so at most one is written in each evaluation (or all of them
beforehand, by `prepare`); until then its flags are decided one by one. A change of a flag costs its chunk.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Set
from typing import Any

from bucketing.decision import Decision
from bucketing.generation.chunks import write_chunk
from bucketing.generation.evaluables import Item
from bucketing.generation.source import Source
from bucketing.programs import CIRCLE, UNWRITABLE, Context, Memo, Programs
from bucketing.splits import chosen

CHUNK_FLAGS_MAX = 25
CHUNK_CONDITIONS_MAX = 125

Items = Mapping[str, Item]
ChunkProgram = Callable[[Context, int, Programs, Memo], tuple[tuple[Any, ...], str | None]]
Alone = Callable[[str, Context, int], Decision]
"""Decides one flag, and never raises."""


class Chunk:
    """Some flags and, once it is written, their function. Without items they are decided one by one."""

    __slots__ = ("_items", "keys", "program")

    def __init__(self, keys: tuple[str, ...], items: tuple[Item, ...] = ()) -> None:
        self.keys = keys
        self.program: ChunkProgram | None = None
        self._items = items

    @property
    def writable(self) -> bool:
        """Is there a function that could still be written?"""
        return self.program is None and bool(self._items)

    def write(self) -> None:
        """Write the function; flags for which that fails stay alone."""
        source = Source()
        try:
            write_chunk(source, self._items)
            self.program = source.function()
        except UNWRITABLE:
            self._items = ()
        except (RecursionError, MemoryError):
            self.program = None


def _chunks(keys: Iterable[str], items: Items) -> Iterator[Chunk]:
    """Chunks of limited size; a flag that can't be evaluated (it has no item) or is large stays alone."""
    gathered: list[Item] = []
    total = 0
    for key in keys:
        item = items.get(key)
        if item is None or item.size > CHUNK_CONDITIONS_MAX:
            yield Chunk((key,))
            continue
        if len(gathered) == CHUNK_FLAGS_MAX or total + item.size > CHUNK_CONDITIONS_MAX:
            yield _chunk(gathered)
            gathered, total = [], 0
        gathered.append(item)
        total += item.size
    if gathered:
        yield _chunk(gathered)


def _chunk(items: list[Item]) -> Chunk:
    return Chunk(tuple(item.flag.key for item in items), tuple(items))


class Bulk:
    """A division of flags into chunks."""

    __slots__ = ("_chunks",)

    def __init__(self, chunks: tuple[Chunk, ...]) -> None:
        self._chunks = chunks

    @classmethod
    def of(cls, keys: Iterable[str], items: Items) -> Bulk:
        """Divide flags; their functions are written later."""
        return cls(tuple(_chunks(keys, items)))

    def joined(self, other: Bulk) -> Bulk:
        """The flags of both, in the same chunks."""
        return Bulk((*self._chunks, *other._chunks))

    def updated(self, changed: Set[str], keys: Container[str], items: Items) -> Bulk:
        """The division after a change: `changed` flags lose their chunk, and those that are still among `keys`
        get a new one, with their former neighbours."""
        touched = [chunk for chunk in self._chunks if not changed.isdisjoint(chunk.keys)]
        former = [key for chunk in touched for key in chunk.keys if key in keys]
        added = sorted(key for key in changed if key in keys and key not in former)
        kept = tuple(chunk for chunk in self._chunks if chunk not in touched)
        return Bulk((*kept, *_chunks([*former, *added], items)))

    def prepare(self) -> Iterator[None]:
        """Write all functions, one a step."""
        for chunk in self._chunks:
            if chunk.writable:
                chunk.write()
                yield

    def evaluate(
        self,
        context: Context,
        now: int,
        programs: Programs,
        alone: Alone,
        answers: Mapping[Decision, Any] | None = None,
    ) -> list[Any]:
        """One decision a flag, or what `answers` has for it. Raises only what `answers` raises."""
        memo: Memo = {}
        decided: list[Any] = []
        may_write = True
        for chunk in self._chunks:
            if may_write and chunk.writable:
                chunk.write()
                may_write = False
            program = chunk.program
            if program is not None:
                try:
                    results, unit = program(context, now, programs, memo)
                except Exception:
                    memo = {}
                else:
                    if CIRCLE not in memo:
                        decided += chosen(results, unit, answers)
                        continue
                    memo = {}
            decided += chosen(tuple(alone(key, context, now) for key in chunk.keys), None, answers)
        return decided
