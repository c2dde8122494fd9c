"""What callers ask in a time is counted by name, and begins anew."""

from __future__ import annotations

from service_kit.clock import ManualClock
from service_kit.rate_limits import RateLimit
from service_kit.workers.shared_counts import SharedCounts


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


def test_a_day_ends_at_midnight_of_utc() -> None:
    clock = ManualClock(1_767_571_200_000 - 7_000)
    limit = RateLimit("events", 3, clock, a_day=True)
    assert [limit.allowance("a").take() for _ in range(4)] == [True] * 3 + [False]
    clock.advance(5)
    assert (limit.allowance("a").exhausted, int(limit.refusal("").headers["Retry-After"])) == (True, 2)
    clock.advance(2)
    assert not limit.allowance("a").exhausted
    clock.advance(86_399)
    assert limit.allowance("a").take(3)
    assert not limit.allowance("a").take()


def test_workers_count_a_day_together_and_short_windows_take_none_of_its_cells() -> None:
    clock = ManualClock(1_767_571_200_000)
    counts = SharedCounts(2, 16)
    mine, other = (RateLimit("day", 10, clock, counts.part(each), a_day=True) for each in (0, 1))
    seconds = RateLimit("second", 1000, clock, counts.part(0))
    mine.allowance("a").take(6)
    for _ in range(3):
        clock.advance(10)
        for name in range(40):
            seconds.allowance(str(name)).take()
    assert not other.allowance("a").take(5)
    clock.advance(86_400)
    assert other.allowance("a").take(10)
    assert mine.allowance("a").exhausted


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
