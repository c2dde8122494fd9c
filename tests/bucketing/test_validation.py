"""What is refused is refused with every field named; the golden cases hold the rest."""

from typing import Any

import pytest
from bucketing import InvalidConfig, patterns
from bucketing.document import condition_from_document, flag_from_document, segment_from_document
from bucketing.flagset import Comparison, Fixed, Flag, FlagType, Rollout, Share
from bucketing.references import flag_references, segment_references
from bucketing.validation import (
    FieldError,
    flag_errors,
    segment_errors,
    validate_condition,
    validate_experiment,
    validate_flag,
    validate_segment,
)

FLAG = {
    "key": "f",
    "type": "boolean",
    "variations": {"on": True},
    "off_variation": "on",
    "default": {"variation": "on"},
}


def test_several_errors_are_told_at_once() -> None:
    shares = (Share("on", 5000), Share("gone", 4000))
    flag = Flag("F", FlagType.BOOLEAN, {"on": 1}, "off", Rollout(shares))
    with pytest.raises(InvalidConfig) as raised:
        validate_flag(flag)
    assert [(error.field, error.code) for error in raised.value.errors] == [
        ("key", "key"),
        ("variations.on", "type"),
        ("off_variation", "unknown_variation"),
        ("default.rollout.variations[1].key", "unknown_variation"),
        ("default.rollout.variations", "weights"),
    ]
    assert (raised.value.field, raised.value.code) == ("key", "key")
    assert "they add up to 90" in raised.value.errors[-1].reason


def test_at_most_a_hundred_errors_are_told() -> None:
    values = {f"v{number}": number for number in range(300)}
    assert len(flag_errors(Flag("f", FlagType.BOOLEAN, values, "v0", Fixed("v0")))) == 100


def test_an_error_names_its_path_in_the_authoring_form() -> None:
    document = {"or": [{"not": {"attribute": "a", "operator": "gt", "value": "x"}}]}
    condition = condition_from_document(document, "rules[2].if")
    with pytest.raises(InvalidConfig) as raised:
        validate_condition(condition, "rules[2].if")
    assert raised.value.errors == (FieldError("rules[2].if.or[0].not.value", "type", "must be a number"),)


def test_without_re2_only_patterns_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "_library", lambda: None)
    validate_condition(Comparison("a", "eq", "x"))
    with pytest.raises(InvalidConfig, match="google-re2"):
        validate_condition(Comparison("a", "matches", "x"))


@pytest.mark.parametrize("pattern", ["(?i)^a+$", "x" * 1024, "\\pL{3}"])
def test_patterns_that_re2_takes(pattern: str) -> None:
    validate_condition(Comparison("a", "matches", pattern))


@pytest.mark.parametrize("pattern", ["(?<=a)b", "a{1001}", "((a{100}){100}){100}", "(?P<n", "x" * 1025, "ü" * 513])
def test_patterns_that_are_refused(pattern: str) -> None:
    with pytest.raises(InvalidConfig):
        validate_condition(Comparison("a", "matches", pattern))


def test_what_can_be_saved_raises_nothing() -> None:
    validate_flag(flag_from_document(FLAG))
    validate_segment(segment_from_document({"key": "s"}))


def test_an_experiment_may_name_only_its_flags_variations() -> None:
    from bucketing.document import experiment_from_document

    weights = [{"key": "on", "weight": 50}, {"key": "off", "weight": 50}]
    experiment = experiment_from_document(
        {"key": "e", "flag": "f", "mode": "assigns", "variations": weights, "start_at": 0}
    )
    validate_experiment(experiment, {"on", "off"})
    with pytest.raises(InvalidConfig) as raised:
        validate_experiment(experiment, {"on"})
    assert raised.value.field == "variations[1].key"


def test_references_are_found_wherever_they_stand() -> None:
    condition = {"and": [{"segment": "a"}, {"or": [{"not": {"segment": "b"}}, {"in_segment": ["c", "d"]}]}]}
    rules = [{"if": condition, "then": {"variation": "on"}}]
    prerequisites = [{"flag": "g", "variation": "on"}]
    found = flag_references(flag_from_document(FLAG | {"rules": rules, "prerequisites": prerequisites}))
    assert found.flags == {"g"}
    assert found.segments == {"a", "b", "c", "d"}
    assert segment_references(segment_from_document({"key": "s", "if": condition})).segments == {"a", "b", "c", "d"}
    assert not segment_references(segment_from_document({"key": "s"})).segments


def test_a_segment_of_too_many_keys_is_refused() -> None:
    segment = segment_from_document({"key": "s", "included": [str(number) for number in range(20_001)]})
    assert [(error.field, error.code) for error in segment_errors(segment)] == [("included", "too_many")]


@pytest.mark.parametrize("weight", [1e-5, 33.333, float("nan"), float("inf"), 10**400, -(10**400)])
def test_odd_weights_are_refused_by_name(weight: Any) -> None:
    rollout = {"rollout": {"variations": [{"key": "on", "weight": weight}]}}
    with pytest.raises(InvalidConfig) as raised:
        flag_from_document(FLAG | {"default": rollout})
    assert raised.value.field == "default.rollout.variations[0].weight"


@pytest.mark.parametrize("value", [10**400, float("nan"), float("-inf")])
def test_numbers_that_no_reader_keeps_are_refused(value: Any) -> None:
    flag = Flag("f", FlagType.NUMBER, {"a": value}, "a", Fixed("a"))
    assert [error.field for error in flag_errors(flag)] == ["variations.a"]
