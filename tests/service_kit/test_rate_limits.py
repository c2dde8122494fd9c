"""What callers ask in a time is counted by name, and begins anew."""

from __future__ import annotations

from service_kit.clock import ManualClock
from service_kit.rate_limits import RateLimit


def test_a_window_counts_and_then_begins_anew() -> None:
    clock = ManualClock(1_767_607_200_000)
    limit = RateLimit("key", 1, clock)
    allowance = limit.allowance("a")
    assert [allowance.take() for _ in range(12)] == [True] * 10 + [False] * 2
    clock.advance(4)
    limit.roll()
    assert (allowance.exhausted, int(limit.refusal("").headers["Retry-After"])) == (True, 6)
    clock.advance(6)
    limit.roll()
    assert not limit.allowance("a").exhausted


def test_whoever_asks_first_in_a_window_begins_it() -> None:
    """Nobody is counted in a window that is over, however late whoever tidies up comes."""
    clock = ManualClock(1_767_607_200_000)
    limit = RateLimit("key", 1, clock)
    limit.allowance("a").take(10)
    clock.advance(10)
    assert limit.allowance("a").take(10)
    assert limit.window == clock.now() // 10_000


def test_what_others_have_counted_counts() -> None:
    limit = RateLimit("key", 1, ManualClock())
    allowance = limit.allowance("a")
    allowance.elsewhere = 9
    assert [allowance.take(), allowance.take()] == [True, False]


def test_names_without_end_share_one_allowance() -> None:
    limit = RateLimit("address", 1, ManualClock())
    for number in range(100_001):
        limit.allowance(str(number)).take()
    assert limit.allowance("another") is limit.allowance("yet another")
    assert limit.allowance("5") is not limit.allowance("6")
