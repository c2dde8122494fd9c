"""Units and buckets: uniform, independent, and stable while a share grows."""

from typing import Any

import pytest
from bucketing import CompiledFlagSet, bucket, compile_flagset
from bucketing.document import flagset_from_document
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

UNITS = [f"user-{number}" for number in range(20_000)]
WEIGHTS = [{"key": "on", "weight": 50}, {"key": "off", "weight": 50}]
FLAG = {"type": "boolean", "variations": {"on": True, "off": False}, "off_variation": "off"}


@given(st.text(), st.text(), st.text())
def test_every_three_texts_have_a_bucket(salt: str, key: str, unit: str) -> None:
    assert 0 <= bucket(salt, key, unit) < 10_000


@given(st.text(alphabet=st.characters(categories=["Cs", "Lu"])))
def test_a_unit_with_surrogates_has_a_bucket(unit: str) -> None:
    assert 0 <= bucket("", "f", unit) < 10_000


def test_a_million_units_fall_evenly_into_the_buckets() -> None:
    counts = [0] * 10_000
    for number in range(1_000_000):
        counts[bucket("salt", "flag", str(number))] += 1
    assert stats.chisquare(counts).pvalue > 0.001


def rollout(hundredths: int) -> CompiledFlagSet:
    """A flag that is on for that many hundredths of a percent."""
    weights = [{"key": "on", "weight": hundredths / 100}, {"key": "off", "weight": (10_000 - hundredths) / 100}]
    flag = FLAG | {"default": {"rollout": {"variations": weights}}}
    return compile_flagset(flagset_from_document({"salt": "s", "flags": {"f": flag}}))


@given(st.integers(0, 10_000), st.integers(0, 10_000), st.text(min_size=1))
def test_growing_a_share_only_adds_units(one: Any, other: Any, unit: str) -> None:
    smaller, larger = sorted((one, other))
    before, after = (rollout(share).evaluate("f", {"targetingKey": unit}, 0).value for share in (smaller, larger))
    assert after or not before


@pytest.mark.parametrize("share", [1, 100, 1234, 5000, 9999])
def test_a_share_gets_its_part(share: int) -> None:
    compiled = rollout(share)
    served = sum(compiled.evaluate("f", {"targetingKey": unit}, 0).value for unit in UNITS)
    assert stats.binomtest(served, len(UNITS), share / 10_000).pvalue > 0.001


QUESTIONS = {
    "a flag": "flag-a",
    "another flag": "flag-b",
    "an assignment": "test",
    "another assignment": "test-b",
    "traffic": "traffic:test",
    "other traffic": "traffic:test-b",
    "a layer": "layer:main",
    "another layer": "layer:side",
    "a holdout": "holdout:main",
}
PAIRS = [(one, other) for one in QUESTIONS for other in QUESTIONS if one < other]


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_questions_are_independent_of_each_other(one: Any, other: Any) -> None:
    table = [[0] * 4 for _ in range(4)]
    for unit in UNITS:
        table[bucket("s", QUESTIONS[one], unit) // 2500][bucket("s", QUESTIONS[other], unit) // 2500] += 1
    assert stats.chi2_contingency(table).pvalue > 0.0005


def test_inclusion_does_not_tilt_the_assignment() -> None:
    """Through the engine: among the units in a fifth of the traffic of half a layer, both arms are as large."""
    experiment = {
        "flag": "f",
        "mode": "assigns",
        "variations": WEIGHTS,
        "start_at": 0,
        "traffic": 20,
        "layer": {"key": "main", "start": 0, "end": 5000},
        "holdouts": [{"key": "all", "share": 10}],
    }
    document = {
        "salt": "s",
        "flags": {"f": FLAG | {"default": {"rollout": {"variations": WEIGHTS}}}},
        "experiments": {"e": experiment},
    }
    compiled = compile_flagset(flagset_from_document(document))
    decisions = [compiled.evaluate("f", {"targetingKey": unit}, 0) for unit in UNITS]
    inside = [decision.value for decision in decisions if decision.experiment == "e"]
    outside = [decision.value for decision in decisions if decision.experiment is None]
    assert stats.binomtest(len(inside), len(UNITS), 0.2 * 0.5 * 0.9).pvalue > 0.001
    assert stats.binomtest(sum(inside), len(inside), 0.5).pvalue > 0.001
    assert stats.binomtest(sum(outside), len(outside), 0.5).pvalue > 0.001


def test_two_experiments_of_one_layer_never_share_a_unit() -> None:
    def experiment(flag: str, start: int, end: int) -> dict[str, Any]:
        layer = {"key": "main", "start": start, "end": end}
        return {"flag": flag, "mode": "assigns", "variations": WEIGHTS, "start_at": 0, "layer": layer}

    flag = FLAG | {"default": {"variation": "off"}}
    document = {
        "salt": "s",
        "flags": {"f": flag, "g": flag},
        "experiments": {"e": experiment("f", 0, 5000), "h": experiment("g", 5000, 10_000)},
    }
    compiled = compile_flagset(flagset_from_document(document))
    for unit in UNITS:
        taking_part = [compiled.evaluate(key, {"targetingKey": unit}, 0).experiment for key in ("f", "g")]
        assert taking_part.count(None) == 1
