"""The room that bodies under way take together, and how much of it one holder (an address, a key) may have.

A body's room is taken as it arrives and as it is unpacked, and given back when its request ends, however it ends.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from service_kit.problems import TooManyRequests
from service_kit.workers.shared_counts import WorkerCounts

Holder = tuple[str, Hashable]
"""What kind of holder, and which: a request has one of each kind."""


@dataclass(frozen=True, slots=True)
class Allotment:
    """How much one holder may have under way: requests, and bytes of their bodies."""

    bodies: int
    bytes: int


@dataclass(frozen=True, slots=True)
class RoomLimits:
    """`bytes`: of all bodies; `holders`: an allotment per kind of holder."""

    bytes: int
    holders: Mapping[str, Allotment]


class _Held:
    """What one holder has under way, here and in other workers: bodies, and their size in bytes."""

    __slots__ = ("allotment", "bodies", "holder", "size")

    def __init__(self, holder: Holder, allotment: Allotment) -> None:
        self.holder = holder
        self.allotment = allotment
        self.bodies = 0
        self.size = 0

    @property
    def bodies_elsewhere(self) -> int:
        return 0

    @property
    def size_elsewhere(self) -> int:
        return 0


class _SharedHeld(_Held):
    """What it has under way here is seen by the other workers."""

    __slots__ = ("_bodies", "_size")

    def __init__(self, holder: Holder, allotment: Allotment, counts: WorkerCounts) -> None:
        self.holder = holder
        self.allotment = allotment
        kind, name = holder
        self._bodies = counts.share(f"bodies_per_{kind}", name)
        self._size = counts.share(f"bytes_per_{kind}", name)

    @property
    def bodies(self) -> int:
        return self._bodies.own

    @bodies.setter
    def bodies(self, count: int) -> None:
        self._bodies.own = count

    @property
    def size(self) -> int:
        return self._size.own

    @size.setter
    def size(self, count: int) -> None:
        self._size.own = count

    @property
    def bodies_elsewhere(self) -> int:
        return self._bodies.elsewhere

    @property
    def size_elsewhere(self) -> int:
        return self._size.elsewhere


_ALL: Holder = ("all", "")


class Room:
    """What is under way, in all and by holder."""

    def __init__(self, limits: RoomLimits, counts: WorkerCounts | None = None) -> None:
        """`counts`: of the worker, where there are several."""
        self._limits = limits
        self._counts = counts
        self._held: dict[Holder, _Held] = {}
        self._all = self._new(_ALL, Allotment(0, limits.bytes))

    @property
    def taken(self) -> int:
        """In bytes, in this process."""
        return self._all.size

    @contextmanager
    def share(self, *holders: Holder) -> Iterator[RoomShare]:
        """What one request takes. Raises TooManyRequests for a holder that has too many requests under way."""
        held = [self._of(holder) for holder in holders]
        for each in held:
            if each.bodies + each.bodies_elsewhere >= each.allotment.bodies:
                raise _full(f"bodies_per_{each.holder[0]}")
        share = RoomShare(self, held)
        for each in held:
            each.bodies += 1
            self._held[each.holder] = each
        try:
            yield share
        finally:
            self._all.size -= share.taken
            for each in held:
                each.bodies -= 1
                each.size -= share.taken
                if not each.bodies:
                    del self._held[each.holder]

    def take(self, count: int) -> None:
        """Raises TooManyRequests when so much more would be over the limit of all."""
        if self._all.size + self._all.size_elsewhere + count > self._limits.bytes:
            raise _full("bytes_in_flight")
        self._all.size += count

    def _of(self, holder: Holder) -> _Held:
        return self._held.get(holder) or self._new(holder, self._limits.holders[holder[0]])

    def _new(self, holder: Holder, allotment: Allotment) -> _Held:
        return _Held(holder, allotment) if self._counts is None else _SharedHeld(holder, allotment, self._counts)


class RoomShare:
    """What one request takes of the room."""

    __slots__ = ("_held", "_room", "taken")

    def __init__(self, room: Room, held: list[_Held]) -> None:
        self._room = room
        self._held = held
        self.taken = 0

    def take(self, count: int) -> None:
        """Raises TooManyRequests when so much more would be over a limit."""
        for each in self._held:
            if each.size + each.size_elsewhere + count > each.allotment.bytes:
                raise _full(f"bytes_in_flight_per_{each.holder[0]}")
        self._room.take(count)
        for each in self._held:
            each.size += count
        self.taken += count


def _full(limit: str) -> TooManyRequests:
    return TooManyRequests("too much is under way at the moment", code="too_much_in_flight", limit=limit)
