"""Limits on what callers ask in a time (requests, events), by key, organization, address: counted by all workers of a
service together, joined over all its processes where Redis is.

Counting is a matter of integers and never waits; `shared_limits` adds what other processes have counted.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from service_kit.clock import Clock
from service_kit.problems import TooManyRequests
from service_kit.workers.shared_counts import Share, WorkerCounts

WINDOW_SECONDS = 10
_WINDOWS_PER_DAY = 86_400 // WINDOW_SECONDS
_COUNTERS_MAX = 100_000
_UNSEEN_MAX = 64
_UNSEEN_SHIFT = 10


class Allowance:
    """What one name has taken in the present window. `elsewhere`: what other processes have counted."""

    __slots__ = ("elsewhere", "limit", "shared", "taken")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.taken = 0
        self.elsewhere = 0
        self.shared = 0

    def begin(self, window: int, now: int) -> None:  # noqa: ARG002 - of interest to one that is shared
        """Nothing is taken of the new window. `now`: the shortest window that there is."""
        self.taken = self.elsewhere = self.shared = 0

    @property
    def exhausted(self) -> bool:
        return self.taken + self.elsewhere >= self.limit

    def take(self, count: int = 1) -> bool:
        """Counts, and whether it is within the limit."""
        self.taken += count
        return self.taken + self.elsewhere <= self.limit


class WorkerAllowance(Allowance):
    """One that is taken of in several workers. What all processes have counted, as Redis told it, holds what the other
    workers had counted then: the larger of the two is what was taken elsewhere.

    While much is left it is not looked each time what others have taken, but after a thousandth of that, 64 at most: so
    little may be let in too much, and nothing of a limit below 103 a second."""

    __slots__ = ("_share", "_sure_until")

    def __init__(self, limit: int, share: Share) -> None:
        super().__init__(limit)
        self._share = share
        self.taken = share.own
        self._sure_until = 0

    @property
    def exhausted(self) -> bool:
        """The others count what whoever asks is about to take."""
        taken = self.taken
        if taken < self._sure_until:
            return False
        left = self.limit - taken - max(self.elsewhere, self._share.exchange(taken + 1))
        self._sure_until = taken + min(_UNSEEN_MAX, left >> _UNSEEN_SHIFT)
        return left <= 0

    def take(self, count: int = 1) -> bool:
        self.taken += count
        return self.taken + max(self.elsewhere, self._share.exchange(self.taken)) <= self.limit

    def begin(self, window: int, now: int) -> None:
        self._share.begin(window, now)
        self.taken = self._share.own
        self._sure_until = 0
        self.elsewhere = self.shared = 0


class RateLimit:
    """Allowances by name. `kind` is the limit's name; `most` holds a second, on average over a window of ten seconds,
    or for `a_day` of UTC. `counts`: of the worker, where there are several. `window`: the number of its last ten
    seconds, so that the counts of long ones stand beside those of short ones."""

    def __init__(
        self, kind: str, most: int, clock: Clock, counts: WorkerCounts | None = None, *, a_day: bool = False
    ) -> None:
        windows = _WINDOWS_PER_DAY if a_day else 1
        self.kind = kind
        self.window_seconds = windows * WINDOW_SECONDS
        self._limit = most if a_day else most * WINDOW_SECONDS
        self._windows = windows
        self._clock = clock
        self._counts = counts
        self._allowances: dict[str | bytes, Allowance] = {}
        self.window = self._last_of(self._now())
        self._overflow = self._allowance(b"")

    def _now(self) -> int:
        return self._clock.now() // (WINDOW_SECONDS * 1000)

    def _last_of(self, now: int) -> int:
        return now - now % self._windows + self._windows - 1

    def allowance(self, name: str | bytes) -> Allowance:
        """The one object that counts for `name` in the window that is now; beyond 100,000 names they share one."""
        self.roll()
        found = self._allowances.get(name)
        if found is None:
            if len(self._allowances) >= _COUNTERS_MAX:
                return self._overflow
            found = self._allowances[name] = self._allowance(name)
        return found

    def _allowance(self, name: str | bytes) -> Allowance:
        if self._counts is None:
            return Allowance(self._limit)
        return WorkerAllowance(self._limit, self._counts.share(self.kind, name, self.window, now=self._now()))

    def roll(self) -> None:
        """Begins a new window when it is time: every allowance is full again, idle ones are forgotten."""
        now = self._now()
        if self.window - self._windows < now <= self.window:
            return
        self.window = window = self._last_of(now)
        self._overflow.begin(window, now)
        idle = [name for name, each in self._allowances.items() if not each.taken]
        for name in idle:
            del self._allowances[name]
        for each in self._allowances.values():
            each.begin(window, now)

    def counted(self) -> Iterator[tuple[str | bytes, Allowance]]:
        """Those that have counted something that other processes have not been told."""
        return ((name, each) for name, each in self._allowances.items() if each.taken > each.shared)

    def refusal(self, detail: str) -> TooManyRequests:
        """To who is over it: when the window ends, at least a second from now."""
        left = (self.window + 1) * WINDOW_SECONDS - self._clock.now() / 1000
        return TooManyRequests(detail, limit=self.kind, retry_after_seconds=max(1, math.ceil(left)))
