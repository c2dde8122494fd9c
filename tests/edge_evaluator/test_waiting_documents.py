"""What can be read and can't be evaluated yet waits, and is served as soon as what it waits for has come."""

from __future__ import annotations

import json

from bucketing.flagset import Comparison, Experiment, ExperimentMode, Fixed, InSegment, Rule, Segment, Share

from tests.edge_evaluator.running_edge import SERVER_KEY, RunningEdge
from tests.edge_evaluator.sample_flags import boolean
from tests.edge_evaluator.test_assembly import STRANGE, Feeding, named
from tests.edge_evaluator.test_event_streams import following, stream

HALVES = (Share("on", 5000), Share("off", 5000))
RENAMED = boolean("a", variations={"on": True, "no": False}, off_variation="no", default=Fixed("no"))
USER = {"targetingKey": "u"}


def _with_experiment() -> Feeding:
    feeding = Feeding()
    feeding.write(
        flags=[boolean("a"), boolean("b")],
        experiments=[Experiment("e", "a", ExperimentMode.ASSIGNS, HALVES, start_at=1)],
    )
    feeding.write(flags=[RENAMED])
    assert feeding.serves("a", USER) in ("on", "off")
    assert named(feeding.problems) == {("flag", "a", True)}
    return feeding


def test_a_newer_flag_is_served_once_its_experiment_has_gone() -> None:
    feeding = _with_experiment()
    feeding.write(removed=[("experiment", "e")])
    assert feeding.serves("a", USER) == "no"
    assert feeding.config is not None
    assert (feeding.config.waiting, feeding.config.kept, feeding.problems) == ({}, frozenset(), [])


def test_a_newer_flag_is_served_with_the_experiment_that_fits_it() -> None:
    feeding = _with_experiment()
    shares = (Share("no", 10_000),)
    feeding.write(experiments=[Experiment("e", "a", ExperimentMode.ASSIGNS, shares, start_at=1)])
    assert feeding.serves("a", USER) == "no"


def test_a_newer_flag_is_served_once_its_segment_can_be_read() -> None:
    feeding = Feeding()
    feeding.write(flags=[boolean("a")])
    asks = boolean("a", default=Fixed("off"), rules=(Rule("r", InSegment(("odd",)), Fixed("on")),))
    feeding.write(flags=[asks], segments=[Segment("odd", condition=STRANGE)])
    assert feeding.serves("a", {"x": 2}) == "on"
    feeding.write(segments=[Segment("odd", condition=Comparison("x", "eq", 1))])
    assert (feeding.serves("a", {"x": 1}), feeding.serves("a", {"x": 2})) == ("on", "off")


def test_what_waits_costs_nobody_else_anything_and_is_told_once() -> None:
    feeding = _with_experiment()
    feeding.write(flags=[boolean("b", default=Fixed("off"))])
    assert (feeding.serves("b"), feeding.problems) == ("off", [])
    assert feeding.config is not None
    assert feeding.config.kept == {("flag", "a")}
    feeding.write(flags=[RENAMED])
    assert named(feeding.problems) == {("flag", "a", True)}


def test_a_newest_that_is_sound_again_ends_the_waiting() -> None:
    feeding = _with_experiment()
    feeding.write(flags=[boolean("a", default=Fixed("off"))])
    feeding.write(removed=[("experiment", "e")])
    assert feeding.serves("a", USER) == "off"


def test_what_was_deleted_does_not_come_back() -> None:
    feeding = _with_experiment()
    feeding.write(removed=[("flag", "a")])
    feeding.write(removed=[("experiment", "e")])
    assert feeding.serves("a", USER) is None


def test_bytes_that_cannot_be_read_leave_what_waits() -> None:
    feeding = _with_experiment()
    writer = feeding.writer
    writer.hold("config.env-1.flag.a", b"\xff\xff")
    writer.version += 1
    feeding.feed([("config.env-1.flag.a", b"\xff\xff"), writer.manifest()])
    assert feeding.serves("a", USER) in ("on", "off")
    feeding.write(removed=[("experiment", "e")])
    assert feeding.serves("a", USER) == "no"


async def test_who_listens_is_told_of_what_has_waited(edge: RunningEdge) -> None:
    await edge.write(
        flags=[boolean("a")], experiments=[Experiment("e", "a", ExperimentMode.ASSIGNS, HALVES, start_at=1)]
    )
    await edge.write(flags=[RENAMED])
    async with stream(edge, "/v1/stream", authorization=f"Bearer {SERVER_KEY}") as source:
        assert (await following(source))["event"] == "snapshot"
        await edge.write(removed=[("experiment", "e")])
        told = await following(source)
        assert told["event"] == "change"
        assert json.loads(told["data"])["flags"]["a"]["variations"] == {"no": False, "on": True}
