"""Trees of version 0.1 become documents; those that make no sense are refused like bytes that are no message."""

from __future__ import annotations

import pytest
from bucketing.flagset import AllOf, AnyOf, Comparison, Condition, InSegment, Not
from google.protobuf.message import DecodeError
from messages.config_tree import config_message
from messages.documents import segment_of
from messages.generated import config_pb2 as pb
from messages.generated import config_tree_pb2 as tree

ONE = tree.Condition(comparison=tree.Comparison(attribute="a", operator="eq", value_json="1.0"))


def read(**content: object) -> pb.ConfigMessage:
    return config_message(tree.ConfigTree(environment_id="e", version=3, epoch=2, **content).SerializeToString())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (ONE, Comparison("a", "eq", 1.0)),
        (tree.Condition(comparison=tree.Comparison(attribute="a", operator="exists")), Comparison("a", "exists")),
        (tree.Condition(all_of=tree.Conditions(conditions=[ONE])), AllOf((Comparison("a", "eq", 1.0),))),
        (tree.Condition(any_of=tree.Conditions(conditions=[ONE])), AnyOf((Comparison("a", "eq", 1.0),))),
        (tree.Condition(negated=ONE), Not(Comparison("a", "eq", 1.0))),
        (tree.Condition(in_segment=tree.SegmentReference(keys=["s"])), InSegment(("s",))),
        (
            tree.Condition(in_segment=tree.SegmentReference(keys=["s", "t"])),
            AnyOf((InSegment(("s",)), InSegment(("t",)))),
        ),
    ],
    ids=["comparison", "presence", "and", "or", "not", "segment", "segments"],
)
def test_conditions(condition: tree.Condition, expected: Condition) -> None:
    message = read(segment=tree.Segment(key="s", condition=condition))
    assert (message.environment_id, message.version, message.epoch) == ("e", 3, 2)
    assert repr(segment_of(message).condition) == repr(expected)


def nested(depth: int) -> tree.Condition:
    condition = ONE
    for _ in range(depth):
        condition = tree.Condition(negated=condition)
    return condition


@pytest.mark.parametrize(
    "content",
    [
        {"segment": tree.Segment(condition=tree.Condition())},
        {"segment": tree.Segment(condition=nested(80))},
        {"segment": tree.Segment(condition=tree.Condition(comparison=tree.Comparison(operator="eq", value_json="{")))},
        {"flag": tree.Flag(key="f", type=tree.FLAG_TYPE_BOOLEAN)},
        {"flag": tree.Flag(key="f", variations=[tree.Variation(key="on", value_json="NaN")])},
    ],
    ids=["no kind", "too deep", "broken JSON", "serves nothing", "NaN"],
)
def test_what_makes_no_sense_is_refused(content: dict[str, object]) -> None:
    with pytest.raises(DecodeError):
        read(**content)


def test_a_message_of_today_is_read_as_it_is() -> None:
    message = pb.ConfigMessage(environment_id="e", version=1, flag=b"{}")
    assert config_message(message.SerializeToString()) == message


@pytest.mark.parametrize(
    "message",
    [
        pb.ConfigMessage(environment_id="e", version=1, flag=b"{}"),
        pb.ConfigMessage(environment_id="e", version=1, segment=b"{}"),
        pb.ConfigMessage(environment_id="e", version=1, experiment=pb.Experiment(id="i", document=b"{}")),
    ],
    ids=["flag", "segment", "experiment"],
)
def test_version_0_1_takes_a_document_for_nothing_that_it_knows(message: pb.ConfigMessage) -> None:
    """It reads a message by the numbers of the tree, and keeps what it holds where it finds none of them."""
    assert tree.ConfigTree.FromString(message.SerializeToString()).WhichOneof("content") is None


def test_a_message_of_another_kind_holds_nothing() -> None:
    assert config_message(b"\xf2\x06\x00").WhichOneof("content") is None
