"""Slows down guessing: failed logins are counted per address and e-mail, and per address."""

from __future__ import annotations

from collections import OrderedDict

from service_kit.clock import Clock
from service_kit.problems import TooManyRequests

WINDOW_SECONDS = 300.0
FAILURES_PER_PAIR_MAX = 8
FAILURES_PER_ADDRESS_MAX = 60
_COUNTERS_MAX = 20_000


class LoginLimit:
    """Counts in fixed windows, in this process. Attempts count when they begin, so that parallel ones count too."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._counters: OrderedDict[tuple[str, str], tuple[float, int]] = OrderedDict()

    def begin(self, address: str, email: str) -> None:
        """Counts an attempt; raises `TooManyRequests` when there were too many."""
        self._count((address, ""), FAILURES_PER_ADDRESS_MAX)
        self._count((address, email.lower()), FAILURES_PER_PAIR_MAX)

    def succeeded(self, address: str, email: str) -> None:
        """Forgets the failures of this pair."""
        self._counters.pop((address, email.lower()), None)
        started, count = self._counters.get((address, ""), (0.0, 0))
        if count:
            self._counters[(address, "")] = (started, count - 1)

    def _count(self, key: tuple[str, str], most: int) -> None:
        now = self._clock.monotonic()
        started, count = self._counters.get(key, (now, 0))
        if now - started >= WINDOW_SECONDS:
            started, count = now, 0
        if count >= most:
            wait = max(1, round(WINDOW_SECONDS - (now - started)))
            raise TooManyRequests("too many attempts to log in", retry_after_seconds=wait, code="too_many_logins")
        self._counters[key] = (started, count + 1)
        self._counters.move_to_end(key)
        while len(self._counters) > _COUNTERS_MAX:
            self._counters.popitem(last=False)
