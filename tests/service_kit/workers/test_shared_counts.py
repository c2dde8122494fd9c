"""What one worker counts the others see at once, and nobody writes what is another's."""

from __future__ import annotations

import pytest
from service_kit.clock import ManualClock
from service_kit.rate_limits import RateLimit
from service_kit.workers.levels import Levels
from service_kit.workers.shared_counts import SharedCounts, WorkerCounts


@pytest.fixture
def counts() -> SharedCounts:
    return SharedCounts(3, 64)


def parts(counts: SharedCounts) -> list[WorkerCounts]:
    return [counts.part(number) for number in range(counts.workers)]


def test_each_sees_what_the_others_counted(counts: SharedCounts) -> None:
    shares = [each.share("key", b"a") for each in parts(counts)]
    for number, share in enumerate(shares):
        share.own += number + 1
    assert [(each.own, each.elsewhere) for each in shares] == [(1, 5), (2, 4), (3, 3)]


def test_a_name_that_comes_later_is_seen_by_who_looked_before(counts: SharedCounts) -> None:
    first, second, _ = parts(counts)
    early = first.share("key", "a")
    assert early.elsewhere == 0
    late = second.share("key", "a")
    late.own = 7
    assert early.elsewhere == 7


def test_kinds_and_names_are_apart(counts: SharedCounts) -> None:
    first, second, _ = parts(counts)
    second.share("key", "a").own = 1
    assert first.share("address", "a").elsewhere == first.share("key", "b").elsewhere == 0


def test_only_the_same_window_counts(counts: SharedCounts) -> None:
    first, second, _ = parts(counts)
    ours, theirs = first.share("key", "a", 7), second.share("key", "a", 7)
    theirs.own = 5
    theirs.begin(8)
    theirs.own = 1
    assert ours.elsewhere == 0
    ours.begin(8)
    assert (ours.own, ours.elsewhere) == (0, 1)


def test_who_takes_a_dead_workers_place_goes_on_where_it_was(counts: SharedCounts) -> None:
    counts.part(1).share("key", "a", 7).own = 5
    successor = counts.part(1).share("key", "a", 7)
    successor.own += 1
    assert counts.part(0).share("key", "a", 7).elsewhere == 6


def test_what_was_open_in_a_dead_worker_is_cleared(counts: SharedCounts) -> None:
    first, second, _ = parts(counts)
    ours = first.share("streams", "a")
    second.share("streams", "a").own = 5
    assert ours.elsewhere == 5
    counts.clear(1)
    assert ours.elsewhere == 0
    counts.part(1).share("streams", "a").own = 2
    assert ours.elsewhere == 2


def test_more_names_than_cells_are_counted_by_each_worker_alone(counts: SharedCounts) -> None:
    first, second, _ = parts(counts)
    for number in range(1000):
        share = second.share("key", str(number))
        share.own = 1
        assert share.own == 1
    seen = [first.share("key", str(number)).elsewhere for number in range(1000)]
    assert set(seen) == {0, 1}
    assert 32 <= sum(seen) <= 64


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_as_many_requests_are_let_in_as_by_one_worker(workers: int) -> None:
    clock = ManualClock(1_767_607_200_000)
    counts = SharedCounts(workers, 1024)
    limits = [RateLimit("key", 1, clock, each if workers > 1 else None) for each in parts(counts)]
    taken = [limits[turn % workers].allowance(b"k").take() for turn in range(25)]
    assert sum(taken) == 10
    assert all(each.allowance(b"k").exhausted for each in limits)
    clock.advance(10)
    for each in limits:
        each.roll()
    assert sum(limits[turn % workers].allowance(b"k").take() for turn in range(25)) == 10


def test_what_redis_says_and_what_workers_count_is_not_counted_twice() -> None:
    counts = SharedCounts(2, 64)
    ours, theirs = (RateLimit("key", 1, ManualClock(), counts.part(number)).allowance("a") for number in range(2))
    theirs.take(4)
    ours.elsewhere = 4
    assert [ours.take() for _ in range(7)] == [True] * 6 + [False]


def test_levels_rise_and_fall_together() -> None:
    counts = SharedCounts(2, 64)
    ours, theirs = (Levels("connections", counts.part(number)) for number in range(2))
    ours.add("a")
    theirs.add("a", 3)
    assert (ours["a"], theirs["a"], ours["b"], ours.total()) == (4, 4, 0, 1)
    theirs.take_off("a", 2)
    ours.take_off("a")
    assert (ours["a"], theirs["a"], ours.total()) == (1, 1, 0)
