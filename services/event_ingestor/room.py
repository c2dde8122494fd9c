"""The room that bodies under way take together, and how much of it one address, key and organization may have.

A body's room is taken as it arrives and as it is unpacked, and given back when its request ends, however it ends.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from service_kit.problems import TooManyRequests

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
    """What one holder has under way."""

    __slots__ = ("allotment", "bodies", "bytes", "holder")

    def __init__(self, holder: Holder, allotment: Allotment) -> None:
        self.holder = holder
        self.allotment = allotment
        self.bodies = 0
        self.bytes = 0


class Room:
    """What is under way, in all and by holder. `taken` is in bytes."""

    def __init__(self, limits: RoomLimits) -> None:
        self._limits = limits
        self._held: dict[Holder, _Held] = {}
        self.taken = 0

    @contextmanager
    def share(self, *holders: Holder) -> Iterator[RoomShare]:
        """What one request takes. Raises TooManyRequests for a holder that has too many requests under way."""
        held = [self._of(holder) for holder in holders]
        for each in held:
            if each.bodies >= each.allotment.bodies:
                raise _full(f"bodies_per_{each.holder[0]}")
        share = RoomShare(self, held)
        for each in held:
            each.bodies += 1
            self._held[each.holder] = each
        try:
            yield share
        finally:
            self.taken -= share.taken
            for each in held:
                each.bodies -= 1
                each.bytes -= share.taken
                if not each.bodies:
                    del self._held[each.holder]

    def require(self, count: int) -> None:
        """Raises TooManyRequests when so much more would be over the limit of all."""
        if self.taken + count > self._limits.bytes:
            raise _full("bytes_in_flight")

    def _of(self, holder: Holder) -> _Held:
        return self._held.get(holder) or _Held(holder, self._limits.holders[holder[0]])


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
            if each.bytes + count > each.allotment.bytes:
                raise _full(f"bytes_in_flight_per_{each.holder[0]}")
        self._room.require(count)
        for each in self._held:
            each.bytes += count
        self._room.taken += count
        self.taken += count


def _full(limit: str) -> TooManyRequests:
    return TooManyRequests("too much is under way at the moment", code="too_much_in_flight", limit=limit)
