"""Answers that many ask for: each is made once and held for some seconds."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

from service_kit.clock import Clock

NameT = TypeVar("NameT", bound=Hashable)
AnswerT = TypeVar("AnswerT")


class HeldAnswers(Generic[NameT, AnswerT]):
    """The last `count_max` of them; who asks while one is made waits for it."""

    def __init__(self, clock: Clock, *, seconds: float, count_max: int = 500) -> None:
        self._clock = clock
        self._seconds = seconds
        self._count_max = count_max
        self._held: OrderedDict[NameT, tuple[float, AnswerT]] = OrderedDict()
        self._locks: WeakValueDictionary[NameT, asyncio.Lock] = WeakValueDictionary()

    def forget(self, name: NameT) -> None:
        """It is made anew when somebody asks again."""
        self._held.pop(name, None)

    async def get(self, name: NameT, make: Callable[[], Awaitable[AnswerT]]) -> AnswerT:
        """Raises what `make` raises; nothing is held then."""
        lock = self._locks.setdefault(name, asyncio.Lock())
        async with lock:
            held = self._held.get(name)
            if held is not None and self._clock.monotonic() - held[0] < self._seconds:
                return held[1]
            answer = await make()
            self._held[name] = self._clock.monotonic(), answer
            self._held.move_to_end(name)
            while len(self._held) > self._count_max:
                self._held.popitem(last=False)
            return answer
