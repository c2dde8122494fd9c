"""What is recorded of looks and readings reads back as it was, of the same question alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from analytics.catalog.entries import Metric, Plan
from analytics.results.definitions import metric_digest, plan_digest
from analytics.results.measurements import Measurement
from analytics.results.memories import adds, read_memories, written_memories
from analytics.results.recorded_looks import OfficialLook, read_looks, written_look
from messages.aggregations import AGGREGATIONS
from stats import (
    BinarySummary,
    CappedArms,
    ClusterSums,
    CupedSummary,
    MeanSummary,
    Memory,
    QuantileSummary,
    RatioSummary,
    Summary,
    Winsorising,
)

from tests.analytics.result_cases import EXPERIMENT, START

SUMMARIES: list[Summary] = [
    BinarySummary(100, 7),
    MeanSummary(100, 3.5, 250.0, 12.25),
    RatioSummary(10, 6.0, 12.0, 30.0, 130.0, 20.0),
    CupedSummary(10, 1.0, 90.0, (4.0, 6.0), ((30.0, 4.0), (4.0, 6.0)), (2.0, 1.0), ("before", "has history"), 6, 0.5),
    QuantileSummary(100, 0.9, 4.0, 3.5, 4.5, 0.05, ClusterSums(50, 90.0, 200.0, 100.0, 220.0, 190.0)),
]
METRIC = Metric("m1", "purchase", "Purchase", AGGREGATIONS["conversion"], True, "purchase")


@pytest.mark.parametrize("summary", SUMMARIES, ids=lambda each: type(each).__name__)
def test_a_look_reads_back_to_the_last_digit(summary: Summary) -> None:
    arms = {"off": summary, "on": summary}
    capped = CappedArms(Winsorising(0.99, 12.5, 3), {"off": MeanSummary(9, 1.0, 2.0), "on": MeanSummary(9, 1.0, 2.0)})
    measured = {
        "a": Measurement({"": arms}),
        "b": Measurement({"": arms}, capped),
        "c": Measurement({}, problem="late"),
    }
    look = OfficialLook(2, START, {"off": 100, "on": 99}, measured)
    _, document = written_look(look, "digest", START + 5)

    assert read_looks([document], "digest") == {2: look}
    assert read_looks([document], "of another plan") == {}


def test_of_two_records_of_a_look_the_first_stands() -> None:
    def record(conversions: int, at: int, metric: str = "a") -> bytes:
        arms: dict[str, Summary] = {"off": BinarySummary(100, 7), "on": BinarySummary(100, conversions)}
        look = OfficialLook(1, START, {"off": 100, "on": 100}, {metric: Measurement({"": arms})})
        return written_look(look, "digest", at)[1]

    looks = read_looks([record(9, START + 2), record(8, START + 1), record(3, START + 3, "b")], "digest")
    assert looks[1].measured["a"].summaries[""]["on"] == BinarySummary(100, 8)
    assert looks[1].measured["b"].summaries[""]["on"] == BinarySummary(100, 3)


def test_memories_of_two_readers_hold_what_both_have_seen() -> None:
    first = {"a": {"on": Memory(0.04, -1.0, 2.0, lift_lower=-0.1, harm_p=0.5)}}
    second = {"a": {"on": Memory(0.2, -0.5, 3.0, lift_upper=0.4, harm_p=0.1)}, "b": {"on": Memory(0.9)}}
    documents = [written_memories(each, "digest")[1] for each in (first, second)]
    found = read_memories([*documents, written_memories(first, "another")[1]], "digest")

    assert found["a"]["on"] == Memory(0.04, -0.5, 2.0, -0.1, 0.4, 0.1)
    assert found["b"]["on"] == Memory(0.9)


@pytest.mark.parametrize(
    ("fresh", "worth"),
    [
        (Memory(0.05, -1.0, 1.0), False),
        (Memory(0.0499, -1.0, 1.0), True),
        (Memory(0.05, -0.999, 1.0), False),
        (Memory(0.05, -0.9, 1.0), True),
        (Memory(0.05, 0.001, 1.0), True),
        (Memory(0.05, -1.0, 1.0, harm_p=0.9), True),
        (Memory(0.05, -1.0, 1.0, lift_gap_lower=-0.5, lift_gap_upper=0.5), True),
    ],
    ids=["nothing new", "a lower p", "hardly narrower", "narrower", "beyond 0", "harm", "a gap"],
)
def test_a_reading_is_recorded_when_it_shows_more(fresh: Memory, worth: bool) -> None:
    assert adds({"a": {"on": fresh}}, {"a": {"on": Memory(0.05, -1.0, 1.0)}}) is worth


def test_gaps_of_two_readers_are_joined() -> None:
    readers = [Memory(lift_gap_lower=low, lift_gap_upper=high) for low, high in ((-0.5, 0.5), (-0.1, 0.9))]
    documents = [written_memories({"a": {"on": each}}, "digest")[1] for each in readers]
    assert read_memories(documents, "digest")["a"]["on"].lift_gap == (-0.5, 0.9)


def test_another_question_has_another_digest() -> None:
    named = replace(
        EXPERIMENT, name="Another name", status="stopped", stop_at=START + 1, shares={"off": 1, "on": 2, "other": 3}
    )
    assert plan_digest(named) == plan_digest(EXPERIMENT)
    for other in (Plan(alpha=0.1), Plan(planned_units=5), Plan(cuped=True)):
        assert plan_digest(replace(EXPERIMENT, plan=other)) != plan_digest(EXPERIMENT)
    assert plan_digest(replace(EXPERIMENT, start_at=START + 1)) != plan_digest(EXPERIMENT)
    assert plan_digest(replace(EXPERIMENT, plan=replace(EXPERIMENT.plan, minimum_days=1))) == plan_digest(EXPERIMENT)

    assert metric_digest(replace(METRIC, name="Bought")) == metric_digest(METRIC)
    assert metric_digest(replace(METRIC, window_end=60)) != metric_digest(METRIC)
    assert metric_digest(replace(METRIC, aggregation=AGGREGATIONS["count"])) != metric_digest(METRIC)
