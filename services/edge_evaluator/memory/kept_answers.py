"""Bulk answers that were given, kept for contexts that come again.

An answer is kept under everything that it depends on: the view it comes from, how many starts, ends and expiries have
passed and how old the configuration was said to be (another one of these empties the view's shelf), what was asked for,
and the bytes of the body. Nothing that was kept outlives its view: a configuration that is replaced takes its answers
with it. What is asked for the first time is only noted, so that contexts that never come again take no room.

They are bounded in bytes, which are counted with what Python needs around them. When there is no room, the organization
that holds most gives way, and of it the view that holds most: whoever holds less than an equal share loses nothing to
others.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from itertools import islice
from typing import NamedTuple

from edge_evaluator.memory.views import View

Asked = tuple[Hashable, bytes]
"""What beside the view an answer depends on: what the request's head asks for, and its body."""

# Of a kept answer and its place in the table, measured, without the bytes that differ.
_ENTRY_BYTES = 690
_FLAG_BYTES = 8
_PART_MAX = 64
_NOTE_BYTES = 100
_NOTES_PART = 8
_FREED_PART = 16
_FREED_AT_ONCE = 64


class Row:
    """What an answer says of each flag, told from others by what it is: counting by it costs the same however long it
    is."""

    __slots__ = ("answers",)

    def __init__(self, answers: Sequence[bytes]) -> None:
        self.answers = answers


_NO_ROW = Row(())


class KeptAnswer(NamedTuple):
    """Its body is `start`, the flags with commas between them, and `end`. What is written of a flag is shared by all
    answers of a view; a packed body (`is_packed`) is all start. `head` goes as far as the request id. What was
    kept has a `row`."""

    etag: str
    head: bytes
    start: bytes
    flags: Sequence[bytes]
    end: bytes
    is_packed: bool = False
    row: Row = _NO_ROW

    @property
    def body(self) -> tuple[bytes, bytes, bytes]:
        if self.is_packed:
            return self.start, b"", b""
        return self.start, b",".join(self.flags), self.end


class Shelf(dict[Asked, tuple[KeptAnswer, int]]):
    """The answers of one view at one moment of it, the oldest first, each with its size. `notes`: hashes of what was
    asked once."""

    __slots__ = ("age_seconds", "held_bytes", "notes", "phase")

    def __init__(self) -> None:
        super().__init__()
        self.phase = -1
        self.age_seconds = -1
        self.held_bytes = 0
        self.notes: set[int] = set()

    def forget_notes(self) -> int:
        """How many bytes that frees."""
        freed = len(self.notes) * _NOTE_BYTES
        self.notes = set()
        self.held_bytes -= freed
        return freed


class KeptAnswers:
    """Those of all views. `bytes_max` 0 keeps none."""

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._notes_max = bytes_max // _NOTES_PART // _NOTE_BYTES
        self._tenants: dict[str, dict[View, Shelf]] = {}
        self._shelves: dict[View, Shelf] = {}
        self.held_bytes = 0

    def find(self, view: View, phase: int, asked: Asked) -> KeptAnswer | None:
        shelf = self._shelves.get(view)
        if shelf is None:
            return None
        if shelf.phase != phase or shelf.age_seconds != view.age_seconds:
            self._empty(shelf)
            return None
        found = shelf.get(asked)
        return None if found is None else found[0]

    def keep(self, view: View, phase: int, asked: Asked, answer: KeptAnswer, own_bytes: int) -> None:
        """Only when it was asked before, and does not take a large part of all. `own_bytes`: of the body, what no
        other answer shares."""
        size = _ENTRY_BYTES + len(asked[1]) + len(answer.head) + _FLAG_BYTES * len(answer.flags) + own_bytes
        if size * _PART_MAX > self._bytes_max:
            return
        shelf = self._shelf(view)
        if shelf.phase != phase or shelf.age_seconds != view.age_seconds:
            self._empty(shelf)
            shelf.phase, shelf.age_seconds = phase, view.age_seconds
        note = hash(asked)
        if note in shelf.notes:
            if asked in shelf:
                return
            flags = tuple(answer.flags)
            shelf[asked] = answer._replace(flags=flags, row=Row(flags)), size
        else:
            if len(shelf.notes) >= self._notes_max:
                self.held_bytes -= shelf.forget_notes()
            shelf.notes.add(note)
            size = _NOTE_BYTES
        shelf.held_bytes += size
        self.held_bytes += size
        if self.held_bytes > self._bytes_max:
            self._make_room()

    def forget(self, views: Iterable[View]) -> None:
        """Of views that are replaced."""
        for view in views:
            shelf = self._shelves.pop(view, None)
            if shelf is not None:
                self.held_bytes -= shelf.held_bytes
                tenant = _tenant_of(view)
                del self._tenants[tenant][view]
                if not self._tenants[tenant]:
                    del self._tenants[tenant]

    def _shelf(self, view: View) -> Shelf:
        shelf = self._shelves.get(view)
        if shelf is None:
            shelf = self._shelves[view] = Shelf()
            self._tenants.setdefault(_tenant_of(view), {})[view] = shelf
        return shelf

    def _empty(self, shelf: Shelf) -> None:
        self.held_bytes -= shelf.held_bytes
        shelf.held_bytes = 0
        shelf.notes = set()
        shelf.clear()

    def _make_room(self) -> None:
        """Frees a part of all, so that the largest need not be looked for with each answer that is kept."""
        enough = self._bytes_max - self._bytes_max // _FREED_PART
        while self.held_bytes > enough:
            tenant = max(self._tenants.values(), key=_bytes_of)
            shelf = max(tenant.values(), key=lambda each: each.held_bytes)
            equal_share = enough // len(self._tenants)
            self.held_bytes -= shelf.forget_notes()
            for asked in list(islice(shelf, _FREED_AT_ONCE)):
                _, size = shelf.pop(asked)
                shelf.held_bytes -= size
                self.held_bytes -= size
                if _bytes_of(tenant) <= equal_share:
                    break


def _tenant_of(view: View) -> str:
    return view.config.settings.organization_id or view.config.environment_id


def _bytes_of(shelves: dict[View, Shelf]) -> int:
    return sum(shelf.held_bytes for shelf in shelves.values())
