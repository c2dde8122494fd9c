"""The free places of a layer."""

from __future__ import annotations

from control_plane.experiments.slots import free_slot
from hypothesis import given
from hypothesis import strategies as st


def test_the_first_gap_that_is_large_enough_is_taken() -> None:
    assert free_slot([], 10_000) == (0, 10_000)
    assert free_slot([(0, 4000)], 6000) == (4000, 10_000)
    assert free_slot([(0, 4000)], 6001) is None
    assert free_slot([(7000, 8000), (0, 2000)], 5000) == (2000, 7000)
    assert free_slot([(2000, 4000), (6000, 8000)], 2001) is None


@given(st.lists(st.integers(1, 4000), max_size=20))
def test_places_never_overlap_and_never_leave_the_layer(sizes: list[int]) -> None:
    taken: list[tuple[int, int]] = []
    for size in sizes:
        place = free_slot(taken, size)
        if place is None:
            assert sum(end - start for start, end in taken) + size > 10_000
            continue
        assert 0 <= place[0] < place[1] <= 10_000
        assert place[1] - place[0] == size
        assert all(place[1] <= start or end <= place[0] for start, end in taken)
        taken.append(place)
