"""Turns at something that all share: who waits gets one by name, one name after another, and no name has them all."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict, deque
from dataclasses import dataclass
from typing import TypeVar

NameT = TypeVar("NameT")


class Crowded(Exception):
    """As many of this name wait as may."""


@dataclass(slots=True, eq=False)
class _Waiter:
    part: str
    turn: asyncio.Future[None]


class SharedTurns:
    """`at_once` in all, `per_name` and `per_part` of those of one name and of one part of it. The turns of one name are
    had in the order in which they were asked for, and `waiting_max` of one name may be waited for."""

    def __init__(
        self, at_once: int, *, per_name: int, per_part: int | None = None, waiting_max: int | None = None
    ) -> None:
        self._at_once = at_once
        self._per_name = per_name
        self._per_part = per_part or per_name
        self._waiting_max = waiting_max
        self._running = 0
        self._names: Counter[str] = Counter()
        self._parts: Counter[tuple[str, str]] = Counter()
        self._waiting: OrderedDict[str, deque[_Waiter]] = OrderedDict()

    async def begin(self, name: str, part: str = "", *, seconds: float | None) -> None:
        """Returns when it has a turn, which `end` gives back. Raises `Crowded`, and TimeoutError where none becomes
        free within so many seconds; None: however long that takes."""
        waiting = self._waiting.get(name)
        if not waiting and self._may(name, part):
            self._take(name, part)
            return
        if self._waiting_max is not None and len(waiting or ()) >= self._waiting_max:
            raise Crowded
        waiter = _Waiter(part, asyncio.get_running_loop().create_future())
        self._waiting.setdefault(name, deque()).append(waiter)
        self._next()
        try:
            async with asyncio.timeout(seconds):
                await waiter.turn
        except BaseException:
            if waiter.turn.done() and not waiter.turn.cancelled():
                self.end(name, part)
            else:
                self._forget(name, waiter)
            raise

    def _may(self, name: str, part: str) -> bool:
        return (
            self._running < self._at_once
            and self._names[name] < self._per_name
            and self._parts[name, part] < self._per_part
        )

    def _take(self, name: str, part: str) -> None:
        self._running += 1
        self._names[name] += 1
        self._parts[name, part] += 1

    def end(self, name: str, part: str = "") -> None:
        self._running -= 1
        _leave(self._names, name)
        _leave(self._parts, (name, part))
        self._next()

    def _next(self) -> None:
        """Gives turns as long as somebody may: a name that got one goes to the end of the row."""
        given = True
        while given and self._running < self._at_once:
            given = False
            for name, waiting in list(self._waiting.items()):
                # Who has just been told to wait no longer is still among them.
                found = next((each for each in waiting if not each.turn.done() and self._may(name, each.part)), None)
                if found is None:
                    continue
                self._take(name, found.part)
                self._forget(name, found)
                if name in self._waiting:
                    self._waiting.move_to_end(name)
                found.turn.set_result(None)
                given = True

    def _forget(self, name: str, waiter: _Waiter) -> None:
        waiting = self._waiting[name]
        waiting.remove(waiter)
        if not waiting:
            del self._waiting[name]


def _leave(counter: Counter[NameT], name: NameT) -> None:
    counter[name] -= 1
    if not counter[name]:
        del counter[name]
