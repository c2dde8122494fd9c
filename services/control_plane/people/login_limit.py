"""Slows down guessing, by account and by network. Other people's failures keep nobody out who has signed in from where
they are: what they are limited by is their own.

| counted | of whom | over it |
|---|---|---|
| attempts on an account from a network | everybody | refused until the window ends |
| attempts from a network | who is not known there | refused until the window ends |
| attempts on an account from everywhere | who is not known there | answered later, never refused |
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network

from service_kit.clock import Clock
from service_kit.deadlines import uncounted
from service_kit.problems import TooManyRequests
from service_kit.workers.shared_counts import Share, WorkerCounts

WINDOW_SECONDS = 300.0
FAILURES_PER_PAIR_MAX = 8
FAILURES_PER_NETWORK_MAX = 60
FAILURES_PER_ACCOUNT_BEFORE_DELAY = 20
DELAY_SECONDS_EACH = 0.1
DELAY_SECONDS_MAX = 4.0
_COUNTERS_MAX = 50_000
_EVERYWHERE = ""
_STEP_MS = 10_000
"""What the windows of rates are counted in, among which these stand."""


def network_of(address: str) -> str:
    """What one subscriber has: an IPv4 address, or the 64 bits of an IPv6 network."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return address
    mapped = parsed.ipv4_mapped
    return str(mapped) if mapped else str(ip_network((parsed.packed, 64), strict=False))


@dataclass(frozen=True, slots=True)
class Attempt:
    """Somebody who says to be `account`: a person's id, or the e-mail of nobody. `known`: they have signed in from this
    network before."""

    network: str
    account: str
    known: bool


class LoginLimit:
    """Counts in fixed windows, in all workers. Attempts count when they begin, so that parallel ones count too."""

    def __init__(
        self,
        clock: Clock,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        counts: WorkerCounts | None = None,
    ) -> None:
        """`counts`: of the worker, where there are several."""
        self._clock = clock
        self._counts = counts
        self._sleep = sleep
        self._counters: OrderedDict[tuple[str, str], tuple[float, int]] = OrderedDict()

    async def begin(self, attempt: Attempt) -> None:
        """Counts an attempt; returns when it may be looked at. Raises `TooManyRequests`."""
        pair, everywhere = (attempt.network, attempt.account), (_EVERYWHERE, attempt.account)
        self._require_room(pair, FAILURES_PER_PAIR_MAX)
        if not attempt.known:
            self.request(attempt.network)
            self._add(everywhere, 1)
        self._add(pair, 1)
        over = self._count(everywhere)[1] + self._elsewhere(everywhere) - FAILURES_PER_ACCOUNT_BEFORE_DELAY
        if over > 0 and not attempt.known:
            try:
                with uncounted():
                    await self._sleep(min(DELAY_SECONDS_MAX, over * DELAY_SECONDS_EACH))
            except asyncio.CancelledError:
                self.withdraw(attempt)
                raise

    def request(self, network: str) -> None:
        """Counts something else that a network asks for, without an account. Raises `TooManyRequests`."""
        key = (network, "")
        self._require_room(key, FAILURES_PER_NETWORK_MAX)
        self._add(key, 1)

    def withdraw(self, attempt: Attempt) -> None:
        """Of an attempt that was not looked at, because whoever made it left."""
        self._add((attempt.network, attempt.account), -1)
        if not attempt.known:
            self._add((attempt.network, ""), -1)
            self._add((_EVERYWHERE, attempt.account), -1)

    def succeeded(self, attempt: Attempt) -> None:
        """Forgets the failures on this account from this network."""
        self.withdraw(attempt)
        pair = (attempt.network, attempt.account)
        self._add(pair, -self._count(pair)[1])
        self._counters.pop(pair, None)

    def _require_room(self, key: tuple[str, str], most: int) -> None:
        began, count = self._count(key)
        if count + self._elsewhere(key) >= most:
            wait = max(1, round(WINDOW_SECONDS - (self._clock.monotonic() - began)))
            raise TooManyRequests("too many attempts to log in", retry_after_seconds=wait, code="too_many_logins")

    def _count(self, key: tuple[str, str]) -> tuple[float, int]:
        now = self._clock.monotonic()
        began, count = self._counters.get(key, (now, 0))
        return (began, count) if now - began < WINDOW_SECONDS else (now, 0)

    def _add(self, key: tuple[str, str], number: int) -> None:
        began, count = self._count(key)
        self._counters[key] = (began, max(0, count + number))
        self._counters.move_to_end(key)
        if (share := self._share(key)) is not None:
            share.own = self._counters[key][1]
        while len(self._counters) > _COUNTERS_MAX:
            self._counters.popitem(last=False)

    def _elsewhere(self, key: tuple[str, str]) -> int:
        share = self._share(key)
        return 0 if share is None else share.elsewhere

    def _share(self, key: tuple[str, str]) -> Share | None:
        if self._counts is None:
            return None
        now, window = self._clock.now(), round(WINDOW_SECONDS * 1000)
        ends = (now // window + 1) * window // _STEP_MS - 1
        return self._counts.share("logins", "\0".join(key), ends, now=now // _STEP_MS)
