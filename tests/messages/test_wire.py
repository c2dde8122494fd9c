"""What the engine holds comes back from the wire as it was."""

from __future__ import annotations

import pytest
from bucketing.flagset import (
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    Fixed,
    Flag,
    FlagType,
    InSegment,
    Not,
    Prerequisite,
    Rollout,
    Rule,
    Segment,
    Share,
    Target,
)
from hypothesis import given
from hypothesis import strategies as st
from messages.generated import config_pb2 as pb
from messages.wire import (
    WireError,
    condition_from_wire,
    condition_to_wire,
    experiment_from_wire,
    flag_from_wire,
    flag_to_wire,
    segment_from_wire,
    segment_to_wire,
    serve_from_wire,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
JSON = st.recursive(
    st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
CONDITIONS: st.SearchStrategy[Condition] = st.recursive(
    st.builds(Comparison, TEXT, TEXT, st.none() | JSON) | st.builds(InSegment, st.tuples(TEXT)),
    lambda inner: (
        st.builds(AllOf, st.lists(inner, max_size=3).map(tuple))
        | st.builds(AnyOf, st.lists(inner, max_size=3).map(tuple))
        | st.builds(Not, inner)
    ),
    max_leaves=6,
)


def same(one: object, other: object) -> bool:
    """Equal, and integers and floats stay apart."""
    return one == other and repr(one) == repr(other)


@given(CONDITIONS)
def test_conditions(condition: Condition) -> None:
    wire = condition_to_wire(condition).SerializeToString()
    assert same(condition_from_wire(pb.Condition.FromString(wire)), condition)


@given(st.dictionaries(TEXT, JSON, min_size=1, max_size=4), CONDITIONS, st.sampled_from(FlagType))
def test_flags(variations: dict[str, object], condition: Condition, kind: FlagType) -> None:
    first = next(iter(variations))
    rollout = Rollout((Share(first, 3333), Share(first, 6667)), "company")
    flag = Flag(
        key="a.b",
        type=kind,
        variations=variations,
        off_variation=first,
        default=rollout,
        enabled=False,
        archived=True,
        client_visible=True,
        report_exposures=True,
        prerequisites=(Prerequisite("p", "on"),),
        targets=(Target("u1", first), Target("u2", first, 5)),
        rules=(Rule("r1", condition, Fixed(first), "why"), Rule("r2", condition, rollout)),
        version=7,
    )
    wire = flag_to_wire(flag).SerializeToString()
    assert same(flag_from_wire(pb.Flag.FromString(wire), 7), flag)


@given(st.frozensets(TEXT), st.frozensets(TEXT), st.none() | CONDITIONS)
def test_segments(included: frozenset[str], excluded: frozenset[str], condition: Condition | None) -> None:
    segment = Segment("s", included, excluded, condition)
    assert segment_from_wire(pb.Segment.FromString(segment_to_wire(segment).SerializeToString())) == segment


def test_an_experiment_that_has_not_started_is_nothing_to_the_engine() -> None:
    assert experiment_from_wire(pb.Experiment(key="e", mode=pb.EXPERIMENT_MODE_ASSIGNS)) is None


@pytest.mark.parametrize(
    ("read", "message"),
    [
        (condition_from_wire, pb.Condition()),
        (condition_from_wire, pb.Condition(comparison=pb.Comparison(attribute="a", operator="eq", value_json="{"))),
        (condition_from_wire, pb.Condition(comparison=pb.Comparison(attribute="a", operator="eq", value_json="NaN"))),
        (serve_from_wire, pb.Serve()),
        (lambda wire: flag_from_wire(wire, 1), pb.Flag(key="a")),
        (experiment_from_wire, pb.Experiment(key="e", start_at=1)),
    ],
)
def test_what_makes_no_sense_is_a_wire_error(read: object, message: object) -> None:
    with pytest.raises(WireError):
        read(message)  # type: ignore[operator]


def test_depth_is_bounded() -> None:
    wire = pb.Condition(in_segment=pb.SegmentReference(keys=["s"]))
    for _ in range(80):
        wire = pb.Condition(negated=wire)
    with pytest.raises(WireError, match="deeper"):
        condition_from_wire(wire)
