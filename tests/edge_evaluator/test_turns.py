"""In which order and how fast the clients of streams are told."""

from __future__ import annotations

import pytest
from edge_evaluator.fast_path.turns import Turns


def all_of(turns: Turns[int], step: float, most: int = 64) -> list[tuple[float, int]]:
    """Who is taken when, looking every `step` seconds."""
    found: list[tuple[float, int]] = []
    now = 0.0
    while turns:
        found += [(now, each) for each in turns.take(now, most)]
        if not turns.pressing:
            now += step
    return found


def test_the_first_is_told_at_once_and_the_rest_by_the_rate() -> None:
    turns: Turns[int] = Turns(per_second=100, seconds_max=10)
    turns.add(list(range(300)), 0.0)
    found = all_of(turns, 0.01)
    assert found[0][0] == 0
    assert found[-1][0] == pytest.approx(2.99, abs=0.05)
    assert sorted(each for _, each in found) == list(range(300))
    assert [each for _, each in found] != list(range(300))


def test_nobody_waits_longer_than_the_most_whatever_comes_after() -> None:
    turns: Turns[int] = Turns(per_second=10, seconds_max=10)
    turns.add(list(range(1000)), 0.0)
    waited: dict[int, float] = {}
    now, added = 0.0, 1000
    while turns:
        for each in turns.take(now, 64):
            waited[each] = now - max(0, each - 999) * 0.1
        if not turns.pressing:
            now += 0.1
            if added < 1100:
                turns.add([added], now)
                added += 1
    assert len(waited) == 1100
    assert max(waited.values()) <= 10.2


def test_many_who_are_due_are_taken_in_slices() -> None:
    turns: Turns[int] = Turns(per_second=1_000_000, seconds_max=10)
    turns.add(list(range(200)), 0.0)
    assert [len(turns.take(1.0, 64)) for _ in range(4)] == [64, 64, 64, 8]
    assert not turns.pressing


def test_those_who_waited_before_are_told_before() -> None:
    turns: Turns[int] = Turns(per_second=100, seconds_max=10)
    turns.add(list(range(50)), 0.0)
    turns.add(list(range(50, 100)), 0.0)
    order = [each for _, each in all_of(turns, 0.01)]
    assert set(order[:50]) == set(range(50))


def test_a_pause_between_changes_saves_no_turns() -> None:
    turns: Turns[int] = Turns(per_second=10, seconds_max=10)
    turns.add([1], 0.0)
    assert turns.take(0.0, 64) == [1]
    turns.add(list(range(20)), 100.0)
    assert len(turns.take(100.0, 64)) == 1
