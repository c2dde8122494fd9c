"""Limits on what callers ask in a time (requests, events), by key, organization, address: counted in this process,
joined over all processes where Redis is.

Counting is a matter of integers and never waits; `shared_limits` adds what other processes have counted.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from service_kit.clock import Clock
from service_kit.problems import TooManyRequests

WINDOW_SECONDS = 10
_COUNTERS_MAX = 100_000


class Allowance:
    """What one name has taken in the present window. `elsewhere`: what other processes have counted."""

    __slots__ = ("elsewhere", "limit", "shared", "taken")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.taken = 0
        self.elsewhere = 0
        self.shared = 0

    @property
    def exhausted(self) -> bool:
        return self.taken + self.elsewhere >= self.limit

    def take(self, count: int = 1) -> bool:
        """Counts, and whether it is within the limit."""
        self.taken += count
        return self.taken + self.elsewhere <= self.limit


class RateLimit:
    """Allowances by name. `kind` is the limit's name; `per_second` holds on average over a window of ten seconds."""

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

    def refusal(self, detail: str) -> TooManyRequests:
        """To who is over it: when the window ends, at least a second from now."""
        left = (self.window + 1) * WINDOW_SECONDS - self._clock.now() / 1000
        return TooManyRequests(detail, limit=self.kind, retry_after_seconds=max(1, math.ceil(left)))
