"""When a version came to the last edge: of the newest versions, by what edges themselves said."""

from __future__ import annotations

from control_plane.fleet import arrivals as kept
from control_plane.fleet.arrivals import Arrivals

from tests.control_plane.fleet.edges import heartbeat


def test_the_last_edge_and_its_time_are_those_of_the_last_that_came() -> None:
    arrivals = Arrivals()
    arrivals.note(heartbeat("a", 2, published_at=1000), 1010, before=1)
    arrivals.note(heartbeat("b", 2, published_at=1000), 1025, before=1)
    arrivals.note(heartbeat("a", 2, published_at=1000), 3000, before=2)
    found = arrivals.of("e1", 2)
    assert found is not None
    assert (found.last_edge, found.milliseconds, found.first_at) == ("b", 25, 1010)


def test_a_version_that_was_passed_over_came_with_the_next() -> None:
    arrivals = Arrivals()
    arrivals.note(heartbeat("a", 2, published_at=1000), 1010, before=1)
    arrivals.note(heartbeat("a", 5, published_at=2000), 2010, before=2)
    arrivals.note(heartbeat("b", 5, published_at=2000), 2040, before=1)
    found = [arrivals.of("e1", version) for version in (2, 3, 4, 5, 6)]
    assert [each and (each.version, each.last_edge, each.last_at) for each in found] == [
        (2, "b", 2040),
        *[(5, "b", 2040)] * 3,
        None,
    ]


def test_an_edge_that_was_not_known_before_brings_no_news() -> None:
    arrivals = Arrivals()
    arrivals.note(heartbeat("a", 7), 1010, before=None)
    assert [arrivals.of("e1", version) for version in (6, 7, 8)] == [None, None, None]
    arrivals.note(heartbeat("a", 8), 2000, before=7)
    arrivals.note(heartbeat("new", 8), 9000, before=None)
    found = arrivals.of("e1", 8)
    assert found is not None
    assert (found.last_edge, found.last_at) == ("a", 2000)


def test_what_is_long_ago_is_not_known_any_more() -> None:
    arrivals = Arrivals()
    for version in range(2, 2 + kept.VERSIONS_MAX + 1):
        arrivals.note(heartbeat("a", version), 1000 + version, before=version - 1)
    assert arrivals.of("e1", 2) is None
    third = arrivals.of("e1", 3)
    assert third is not None
    assert third.version == 3


def test_environments_that_were_not_heard_of_for_longest_go() -> None:
    arrivals = Arrivals()
    for number in range(kept.ENVIRONMENTS_MAX + 1):
        arrivals.note(heartbeat("a", 2, f"e{number}"), 1, before=1)
    assert arrivals.newest("e0") is None
    assert arrivals.newest("e1") is not None
