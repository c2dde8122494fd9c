"""Turns: in which order and how fast the clients of open streams are told of a change."""

from __future__ import annotations

from collections import deque
from random import random
from typing import Generic, TypeVar

T = TypeVar("T")


class Turns(Generic[T]):
    """Those who wait to be told, about `per_second` of them in a second, and none longer than `seconds_max`.

    Those who begin to wait together are told in an order of chance, after those who waited before them."""

    def __init__(self, per_second: int, seconds_max: float) -> None:
        self._per_second = per_second
        self._seconds_max = seconds_max
        self._waiting: deque[list[T]] = deque()
        self._count = 0
        self._rate = 0.0
        self._due = 0.0
        self._seen = 0.0

    def __len__(self) -> int:
        return self._count

    def add(self, together: list[T], now: float) -> None:
        """`together` is taken over; `now` in seconds."""
        if not together:
            return
        if not self._count:
            self._rate, self._due, self._seen = 0.0, 1.0, now
        self._waiting.append(together)
        self._count += len(together)
        self._rate = max(self._rate, self._per_second, self._count / self._seconds_max)

    def take(self, now: float, most: int) -> list[T]:
        """Those whose turn has come, up to so many; what is over is due at once."""
        self._due += (now - self._seen) * self._rate
        self._seen = now
        taken: list[T] = []
        for _ in range(min(int(self._due), most, self._count)):
            together = self._waiting[0]
            chosen = int(random() * len(together))
            together[chosen], together[-1] = together[-1], together[chosen]
            taken.append(together.pop())
            if not together:
                self._waiting.popleft()
        self._count -= len(taken)
        self._due -= len(taken)
        return taken

    @property
    def pressing(self) -> bool:
        """Whether somebody's turn had come already when the last were taken."""
        return self._count > 0 and self._due >= 1
