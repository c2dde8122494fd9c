"""Counts that workers have together: each writes its own part of a memory that all read, and nobody waits for anybody.

A part is a table of cells by the name's mark; a cell is the mark, and in one word the window and the count. Only its
own worker writes it, so there is no lock that a worker could take with it when it is killed or stopped. A name that
finds no free cell near its place is counted by this worker alone.
"""

from __future__ import annotations

import hashlib
import mmap
import secrets
from collections.abc import Hashable
from functools import lru_cache

_CELL = 2
_PROBES = 16
_WORD_BYTES = 8
_COUNT_BITS = 32
_COUNT_MAX = (1 << _COUNT_BITS) - 1
_MARKS_KEPT = 16_384


class SharedCounts:
    """The memory, with a part for each of `workers`. Made before they are forked."""

    def __init__(self, workers: int, cells: int) -> None:
        words = 1 + cells * _CELL
        self.part_bytes = -(-words * _WORD_BYTES // mmap.PAGESIZE) * mmap.PAGESIZE
        self._memory = mmap.mmap(-1, workers * self.part_bytes)
        self.words = memoryview(self._memory).cast("Q")
        self.cells = cells
        self.workers = workers
        self.secret = secrets.token_bytes(16)

    def part(self, number: int) -> WorkerCounts:
        return WorkerCounts(self, number)

    def clear(self, number: int) -> None:
        """What that worker counted was open in it, and ended with it."""
        begin = number * self.part_bytes
        self._memory.madvise(mmap.MADV_REMOVE, begin, self.part_bytes)
        # Not a number that somebody has seen there before: they would not look again.
        self.words[begin // _WORD_BYTES] = secrets.randbits(62)


class WorkerCounts:
    """The counts as one worker sees them: its own part, and those of the others."""

    def __init__(self, counts: SharedCounts, number: int) -> None:
        self._secret = counts.secret
        self._cells = counts.cells
        self.words = counts.words
        starts = [each * counts.part_bytes // _WORD_BYTES for each in range(counts.workers)]
        self._start = starts.pop(number)
        self.others = starts
        self._mark = lru_cache(_MARKS_KEPT)(self._marked)

    def share(self, kind: str, name: Hashable, window: int = 0, *, now: int | None = None) -> Share:
        """The count of one name. `window`: which one is counted, 0 for what is open now. It is over when `now`, in the
        same measure, is past it; by default they follow each other."""
        return Share(self, self._mark(kind, name), window, window if now is None else now)

    def _marked(self, kind: str, name: Hashable) -> int:
        told = name if isinstance(name, bytes) else str(name).encode()
        digest = hashlib.blake2b(kind.encode() + b"\0" + told, digest_size=8, key=self._secret).digest()
        return int.from_bytes(digest) or 1

    def find(self, start: int, mark: int) -> int | None:
        """Where the part that begins at `start` has the mark."""
        words = self.words
        for at in self._near(start, mark):
            if words[at] == mark:
                return at
        return None

    def claim(self, mark: int, window: int, now: int) -> int | None:
        """The own cell of the mark, with what it has counted of this window; None when all near its place are taken."""
        words = self.words
        free = None
        for at in self._near(self._start, mark):
            if words[at] == mark:
                free = at
                break
            if free is None and (words[at + 1] >> _COUNT_BITS < now or not words[at + 1]):
                free = at
        if free is None:
            return None
        if words[free] != mark or words[free + 1] >> _COUNT_BITS != window:
            words[free + 1] = window << _COUNT_BITS
            words[free] = mark
            words[self._start] += 1
        return free

    def _near(self, start: int, mark: int) -> range | list[int]:
        first = mark % self._cells
        if first + _PROBES <= self._cells:
            begin = start + 1 + first * _CELL
            return range(begin, begin + _PROBES * _CELL, _CELL)
        return [start + 1 + (first + step) % self._cells * _CELL for step in range(_PROBES)]


class Share:
    """One name's count: this worker's share of it, and that of the others."""

    __slots__ = ("_at", "_base", "_counts", "_found", "_mark", "_now", "_own", "_seen", "_words")

    def __init__(self, counts: WorkerCounts, mark: int, window: int, now: int) -> None:
        self._counts = counts
        self._words = counts.words
        self._mark = mark
        self._found = [0] * len(counts.others)
        self._seen = [-1] * len(counts.others)
        self._begin(window, now)

    def begin(self, window: int, now: int | None = None) -> None:
        """Counts another window from now on. `now`: as for `WorkerCounts.share`."""
        self._begin(window, window if now is None else now)

    def _begin(self, window: int, now: int) -> None:
        self._base, self._now = window << _COUNT_BITS, now
        self._at = self._counts.claim(self._mark, window, now)
        self._own = 0 if self._at is None else self._words[self._at + 1] & _COUNT_MAX

    @property
    def own(self) -> int:
        return self._own

    @own.setter
    def own(self, count: int) -> None:
        self._own = count
        at = self._at
        if at is not None:
            if self._words[at] != self._mark:
                self._at = at = self._counts.claim(self._mark, self._base >> _COUNT_BITS, self._now)
                if at is None:
                    return
            self._words[at + 1] = self._base + count

    @property
    def elsewhere(self) -> int:
        """What the other workers have counted in the same window."""
        return self.exchange(self._own)

    def exchange(self, own: int) -> int:
        """Shows the others so much as ours, for what it costs to look at a few numbers; what they show us."""
        words, base, at, total = self._words, self._base, self._at, 0
        if at is not None and words[at] == self._mark:
            words[at + 1] = base + own
        for index, start in enumerate(self._counts.others):
            # A part's first word changes whenever a name may have come into it or gone.
            if words[start] != self._seen[index]:
                self._seen[index] = words[start]
                self._found[index] = self._counts.find(start, self._mark) or 0
            found = self._found[index]
            if found and 0 <= (count := words[found + 1] - base) <= _COUNT_MAX:
                total += count
        return total
