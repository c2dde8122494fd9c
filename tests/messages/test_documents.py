"""What the engine holds comes back from its document as it was."""

from __future__ import annotations

import pytest
from bucketing.errors import InvalidConfig
from bucketing.flagset import (
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    Experiment,
    ExperimentMode,
    Fixed,
    Flag,
    FlagType,
    Holdout,
    InSegment,
    LayerSlot,
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
from messages.documents import (
    canonical,
    experiment_document,
    experiment_of,
    flag_document,
    flag_of,
    is_in_force,
    segment_document,
    segment_of,
)
from messages.generated import config_pb2 as pb

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
JSON = st.recursive(
    st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
# An operator that no engine knows stays what it is.
OPERATORS = st.sampled_from(["eq", "in", "matches", "is_telepathic"])
COMPARISONS = st.builds(Comparison, TEXT, OPERATORS, JSON) | st.builds(Comparison, TEXT, st.just("exists"))
CONDITIONS: st.SearchStrategy[Condition] = st.recursive(
    COMPARISONS | st.builds(InSegment, st.tuples(TEXT)),
    lambda inner: (
        st.builds(AllOf, st.lists(inner, min_size=1, max_size=3).map(tuple))
        | st.builds(AnyOf, st.lists(inner, min_size=1, max_size=3).map(tuple))
        | st.builds(Not, inner)
    ),
    max_leaves=6,
)


def same(one: object, other: object) -> bool:
    """Equal, and integers and floats stay apart."""
    return one == other and repr(one) == repr(other)


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
    message = pb.ConfigMessage(version=7, flag=flag_document(flag)).SerializeToString()
    assert same(flag_of(pb.ConfigMessage.FromString(message)), flag)


@given(st.frozensets(TEXT), st.frozensets(TEXT), st.none() | CONDITIONS)
def test_segments(included: frozenset[str], excluded: frozenset[str], condition: Condition | None) -> None:
    segment = Segment("s", included, excluded, condition)
    read = segment_of(pb.ConfigMessage(segment=segment_document(segment)))
    assert read == segment
    assert same(read.condition, condition)


@given(st.none() | CONDITIONS, st.integers(0, 10_000), st.sampled_from(ExperimentMode))
def test_experiments(audience: Condition | None, traffic: int, mode: ExperimentMode) -> None:
    experiment = Experiment(
        key="e",
        flag="f",
        mode=mode,
        shares=(Share("on", traffic), Share("off", 10_000 - traffic)),
        start_at=5,
        stop_at=6,
        traffic=traffic,
        audience=audience,
        bucket_by="company",
        slot=LayerSlot("layer", 0, traffic),
        holdouts=(Holdout("h", traffic),),
    )
    assert same(experiment_of(pb.Experiment(document=experiment_document(experiment))), experiment)


@pytest.mark.parametrize(
    ("message", "in_force"),
    [
        (pb.Experiment(status=pb.EXPERIMENT_STATUS_DRAFT), False),
        (pb.Experiment(status=pb.EXPERIMENT_STATUS_RUNNING), True),
        (pb.Experiment(status=pb.EXPERIMENT_STATUS_STOPPED), True),
        (pb.Experiment(status=pb.EXPERIMENT_STATUS_STOPPED, archived=True), False),
    ],
    ids=["draft", "running", "stopped", "archived"],
)
def test_an_experiment_is_in_force_from_its_start_until_it_is_archived(message: pb.Experiment, in_force: bool) -> None:
    assert is_in_force(message) is in_force


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"[]",
        b"null",
        b'{"key": "a"}',
        b"{",
        b"\xff",
        b'{"key": NaN}',
        b"[" * 100_000,
        b'{"key":"a","type":"boolean","variations":{},"off_variation":"off","default":{}}',
    ],
    ids=lambda each: each[:12].decode(errors="replace"),
)
def test_what_is_no_document_of_the_grammar_is_refused(document: bytes) -> None:
    with pytest.raises(InvalidConfig):
        flag_of(pb.ConfigMessage(flag=document))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800"], ids=["nan", "infinity", "lone surrogate"])
def test_what_no_json_reader_would_give_back_is_not_written(value: object) -> None:
    with pytest.raises(ValueError, match=r"JSON compliant|surrogates"):
        canonical({"value": value})


def test_what_says_the_same_is_the_same_bytes() -> None:
    assert canonical({"b": [1, 1.0, True], "a": "ä☃"}) == '{"b":[1,1.0,true],"a":"ä☃"}'.encode()
