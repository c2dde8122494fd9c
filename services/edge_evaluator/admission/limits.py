"""Limits on the requests of a key and of an address: counted in this process, joined over all where Redis is.

Counting is a matter of integers and never waits; `shared_limits` adds what other processes have counted.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from service_kit.clock import Clock

WINDOW_SECONDS = 10
_COUNTERS_MAX = 100_000


class Allowance:
    """The requests of one key or address in the present window. `elsewhere`: those other edges have counted."""

    __slots__ = ("elsewhere", "limit", "shared", "taken")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.taken = 0
        self.elsewhere = 0
        self.shared = 0

    @property
    def exhausted(self) -> bool:
        return self.taken + self.elsewhere >= self.limit

    def take(self) -> bool:
        """Counts one request, and whether it is within the limit."""
        self.taken += 1
        return self.taken + self.elsewhere <= self.limit


class RequestLimit:
    """Allowances by name. `per_second` holds on average over a window of ten seconds."""

    def __init__(self, kind: str, per_second: int, clock: Clock) -> None:
        self.kind = kind
        self._limit = per_second * WINDOW_SECONDS
        self._clock = clock
        self._allowances: dict[str | bytes, Allowance] = {}
        self._overflow = Allowance(self._limit)
        self.window = clock.now() // (WINDOW_SECONDS * 1000)

    def allowance(self, name: str | bytes) -> Allowance:
        """The one object that counts for `name`; beyond 100,000 names in a window they share one."""
        found = self._allowances.get(name)
        if found is None:
            if len(self._allowances) >= _COUNTERS_MAX:
                return self._overflow
            found = self._allowances[name] = Allowance(self._limit)
        return found

    def roll(self) -> None:
        """Begins a new window when it is time: every allowance is full again, idle ones are forgotten."""
        window = self._clock.now() // (WINDOW_SECONDS * 1000)
        if window == self.window:
            return
        self.window = window
        self._overflow = Allowance(self._limit)
        idle = [name for name, each in self._allowances.items() if not each.taken]
        for name in idle:
            del self._allowances[name]
        for each in self._allowances.values():
            each.taken = each.elsewhere = each.shared = 0

    def counted(self) -> Iterator[tuple[str | bytes, Allowance]]:
        """Those that have counted something that other processes have not been told."""
        return ((name, each) for name, each in self._allowances.items() if each.taken > each.shared)

    def retry_after_seconds(self) -> int:
        """Until the window ends, at least 1."""
        left = (self.window + 1) * WINDOW_SECONDS - self._clock.now() / 1000
        return max(1, math.ceil(left))
