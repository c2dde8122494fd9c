"""What is kept of edges: who is silent is lost, then forgotten; nothing that is said makes it grow without end."""

from __future__ import annotations

import pytest
from control_plane.fleet.heartbeats import BYTES_MAX, NoHeartbeat, read_heartbeat
from control_plane.fleet.memory import FleetLimits
from service_kit.clock import ManualClock

from tests.control_plane.fleet.edges import DIGEST, HeardFleet, word


@pytest.fixture
def heard() -> HeardFleet:
    return HeardFleet(ManualClock())


def test_an_edge_is_what_it_said_last(heard: HeardFleet) -> None:
    heard.hear("a", 1, region="eu")
    heard.hear("a", 2, region="eu")
    heard.hear("a", 7, "e2")
    (edge,) = heard.fleet.edges
    assert (edge.version("e1"), edge.version("e2"), edge.version("e3"), edge.region) == (2, 7, -1, "eu")
    assert edge.serves["e1"].digest == DIGEST.hex()


def test_who_is_silent_is_lost_then_forgotten_and_comes_back(heard: HeardFleet) -> None:
    heard.hear("a", 1)
    heard.pass_seconds(9.5)
    assert heard.states() == {"a": "live"}
    heard.pass_seconds(0.5)
    assert heard.states() == {"a": "lost"}
    heard.hear("a", 1)
    assert heard.states() == {"a": "live"}
    heard.pass_seconds(69.5)
    assert heard.states() == {"a": "lost"}
    heard.pass_seconds(0.5)
    assert heard.states() == {}


def test_any_word_of_an_edge_keeps_it_alive(heard: HeardFleet) -> None:
    heard.hear("a", 1, "e1")
    for _ in range(10):
        heard.pass_seconds(5)
        heard.hear("a", 1, "e2")
    assert heard.states() == {"a": "live"}


def test_nobody_is_silent_while_nobody_can_be_heard(heard: HeardFleet) -> None:
    heard.hear("a", 1)
    heard.pass_seconds(5)
    heard.connected = False
    heard.pass_seconds(600)
    assert (heard.states(), heard.fleet.hearing.since) == ({"a": "live"}, None)
    heard.connected = True
    heard.pass_seconds(0.5)
    assert heard.fleet.hearing.since == heard.clock.now()
    heard.pass_seconds(4.5)
    assert heard.states() == {"a": "live"}
    heard.pass_seconds(0.5)
    assert heard.states() == {"a": "lost"}


def test_a_process_that_stood_still_has_heard_nothing(heard: HeardFleet) -> None:
    heard.hear("a", 1)
    heard.clock.advance(3600)
    heard.fleet.step(connected=True)
    assert heard.states() == {"a": "live"}


def test_an_edge_that_leaves_is_gone_at_once(heard: HeardFleet) -> None:
    heard.hear("a", 1)
    heard.hear("b", 1)
    heard.hear("a", 1, leaving=True)
    heard.hear("stranger", 1, leaving=True)
    assert heard.states() == {"b": "live"}


def test_it_is_known_who_is_there_after_a_beat(heard: HeardFleet) -> None:
    heard.pass_seconds(2)
    assert not heard.fleet.is_known
    heard.pass_seconds(0.5)
    assert heard.fleet.is_known


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(b"\xff\xff", id="no protobuf"),
        pytest.param(b"", id="empty"),
        pytest.param(word("", 1), id="no id"),
        pytest.param(word("a" * 129, 1), id="long id"),
        pytest.param(word("a\nb", 1), id="id with a line break"),
        pytest.param(word("a", 1, "e" * 65), id="long environment"),
        pytest.param(word("a", 1, "e 1"), id="environment that is none"),
        pytest.param(word("a", 1, ""), id="no environment"),
        pytest.param(word("a", 2**63), id="version of 64 bits"),
        pytest.param(word("a", 1, digest=b"x"), id="short digest"),
        pytest.param(word("a", 1, taken_at=-1), id="before the epoch"),
        pytest.param(word("a", 1, taken_at=2**62), id="year beyond all years"),
        pytest.param(word("a", 1, region="x" * 65), id="long region"),
        pytest.param(word("a", 1, region="<b>"), id="region that is none"),
        pytest.param(word("a", 1) + word("a" * BYTES_MAX, 1), id="long message"),
    ],
)
def test_what_is_no_heartbeat_is_counted_and_kept_nowhere(heard: HeardFleet, payload: bytes) -> None:
    with pytest.raises(NoHeartbeat):
        read_heartbeat(payload)
    heard.fleet.take(payload)
    assert heard.states() == {}
    assert heard.told("verdict_fleet_heartbeats_total", outcome="invalid") == 1


def test_too_many_edges_are_not_kept_and_those_that_live_stay() -> None:
    heard = HeardFleet(ManualClock(), FleetLimits(edges=3))
    for number in range(10):
        heard.hear(f"a{number}", 1)
    assert sorted(heard.states()) == ["a0", "a1", "a2"]
    assert heard.told("verdict_fleet_heartbeats_total", outcome="over_limit") == 7
    heard.pass_seconds(5)
    heard.hear("a0", 1)
    heard.pass_seconds(5)
    heard.hear("new", 1)
    assert heard.states() == {"a0": "live", "a2": "lost", "new": "live"}


def test_environments_that_nobody_has_displace_nobody_elses() -> None:
    heard = HeardFleet(ManualClock(), FleetLimits(environments=50, served=60))
    for edge in ("a", "b"):
        heard.hear(edge, 3)
    for number in range(500):
        heard.hear("flood", 1, f"unknown-{number}")
    edges = {each.id: each for each in heard.fleet.edges}
    assert (edges["a"].version("e1"), edges["b"].version("e1")) == (3, 3)
    assert len(edges["flood"].serves) == 50
    for number in range(500):
        heard.hear(f"flood-{number % 5}", 1, f"unknown-{number}")
    edges = {each.id: each for each in heard.fleet.edges}
    assert (edges["a"].version("e1"), edges["b"].version("e1")) == (3, 3)
    assert sum(len(each.serves) for each in edges.values()) == 60


def test_telemetry_tells_who_is_live_behind_and_lost(heard: HeardFleet) -> None:
    for edge in ("a", "b", "c"):
        heard.hear(edge, 1)
    heard.pass_seconds(5)
    for edge, version in (("a", 2), ("b", 1)):
        heard.hear(edge, version)
    heard.pass_seconds(5)
    told = {state: heard.told("verdict_fleet_edges", state=state) for state in ("live", "behind", "lost")}
    assert told == {"live": 2, "behind": 1, "lost": 1}


def test_an_edge_serves_what_its_slowest_worker_does(heard: HeardFleet) -> None:
    def version() -> int:
        (edge,) = heard.fleet.edges
        return edge.version("e1")

    heard.hear("a", 3, worker=0, workers=2)
    assert version() == -1
    heard.hear("a", 2, worker=1, workers=2)
    assert version() == 2
    heard.hear("a", 4, worker=0, workers=2)
    assert version() == 2
    heard.hear("a", 4, worker=1, workers=2)
    assert version() == 4
    arrival = heard.fleet.arrivals.of("e1", 4)
    assert arrival is not None
    assert arrival.last_at == heard.clock.now()


def test_an_edge_has_left_when_its_last_worker_has(heard: HeardFleet) -> None:
    heard.hear("a", 1, worker=0, workers=2)
    heard.hear("a", 2, worker=1, workers=2)
    heard.hear("a", 1, worker=0, workers=2, leaving=True)
    heard.hear("a", 2, worker=1, workers=2)
    (edge,) = heard.fleet.edges
    assert edge.version("e1") == 2
    heard.hear("a", 2, worker=1, workers=2, leaving=True)
    assert heard.states() == {}


@pytest.mark.parametrize(("worker", "workers"), [(2, 2), (1, 0), (0, 65)])
def test_a_worker_that_cant_be_is_no_heartbeat(worker: int, workers: int) -> None:
    with pytest.raises(NoHeartbeat, match="no such worker"):
        read_heartbeat(word("a", 1, worker=worker, workers=workers))
