"""Whose answers may be others after a change: nobody whose answer is another one is missed, and notes move nobody."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from bucketing import CompiledFlagSet, compile_flagset
from bucketing.document import flagset_from_document

VARIATIONS = {"on": True, "off": False}
FLAGS: dict[str, dict[str, Any]] = {
    "alone": {},
    "first": {},
    "second": {"prerequisites": [{"flag": "first", "variation": "on"}]},
    "third": {"prerequisites": [{"flag": "second", "variation": "on"}]},
    "by-segment": {"rules": [{"if": {"segment": "outer"}, "then": {"variation": "on"}}]},
    "tested": {},
}
PLAIN = {"type": "boolean", "variations": VARIATIONS, "off_variation": "off", "default": {"variation": "off"}}
DOCUMENT: dict[str, Any] = {
    "salt": "salt",
    "version": 1,
    "flags": {key: {**PLAIN, **own} for key, own in FLAGS.items()},
    "segments": {
        "inner": {"included": ["anna"]},
        "outer": {"if": {"segment": "inner"}},
        "unused": {"included": ["bert"]},
    },
    "experiments": {
        "trial": {
            "flag": "tested",
            "mode": "assigns",
            "start_at": 0,
            "variations": [{"key": "on", "weight": 50}, {"key": "off", "weight": 50}],
        }
    },
    "remote_configs": {
        "page": {"value": {"columns": 2}, "overrides": [{"if": {"segment": "inner"}, "value": {"columns": 3}}]},
        "plain": {"value": {}},
    },
}


def compiled(document: dict[str, Any]) -> CompiledFlagSet:
    return compile_flagset(flagset_from_document(document))


def put(path: str, value: Any) -> dict[str, Any]:
    """The document with something else at a path; None takes away what is there."""
    document = deepcopy(DOCUMENT)
    *folders, last = path.split("/")
    part = document
    for folder in folders:
        part = part[folder]
    if value is None:
        del part[last]
    else:
        part[last] = value
    return document


CASES = [
    pytest.param("flags/alone/default", {"variation": "on"}, {"alone"}, id="a-flag"),
    pytest.param("flags/first/enabled", False, {"first", "second", "third"}, id="prerequisites-at-any-depth"),
    pytest.param("flags/alone", None, {"alone"}, id="a-flag-that-goes"),
    pytest.param("flags/new", DOCUMENT["flags"]["alone"], {"new"}, id="a-flag-that-comes"),
    pytest.param("segments/inner/included", ["bert"], {"by-segment", "page"}, id="a-segment-behind-a-segment"),
    pytest.param("segments/unused/included", ["anna"], set(), id="a-segment-that-nobody-asks"),
    pytest.param("experiments/trial/traffic", 5, {"tested"}, id="an-experiment"),
    pytest.param("experiments/trial", None, {"tested"}, id="an-experiment-that-goes"),
    pytest.param("experiments/trial/flag", "alone", {"alone", "tested"}, id="an-experiment-that-moves"),
    pytest.param("remote_configs/plain/value", {"a": 1}, {"plain"}, id="a-remote-config"),
    pytest.param("remote_configs/plain/metadata", {"owner": "shop"}, set(), id="notes-of-a-remote-config"),
    pytest.param("flags/alone/description", "The checkout", set(), id="a-description"),
    pytest.param("flags/alone/metadata", {"owner": "shop"}, set(), id="notes"),
    pytest.param("flags/alone/version", 9, set(), id="a-version"),
    pytest.param("salt", "another", {*DOCUMENT["flags"], *DOCUMENT["remote_configs"]}, id="the-salt"),
    pytest.param("version", 2, set(), id="the-environments-version"),
]


@pytest.mark.parametrize(("path", "value", "expected"), CASES)
def test_those_whose_answers_may_differ_are_named_and_no_others(path: str, value: Any, expected: set[str]) -> None:
    before, after = compiled(DOCUMENT), compiled(put(path, value))
    assert after.changed_since(before) == expected
    assert before.changed_since(after) == expected


@pytest.mark.parametrize(("path", "value", "expected"), CASES)
def test_nobody_whose_answer_is_another_one_is_missed(path: str, value: Any, expected: set[str]) -> None:
    before, after = compiled(DOCUMENT), compiled(put(path, value))
    contexts = [{"targetingKey": f"user-{number}"} for number in range(40)]
    contexts += [{"targetingKey": "anna"}, {"targetingKey": "bert"}]

    def answers(held: CompiledFlagSet, key: str) -> list[Any]:
        decided = [held.evaluate(key, context, 1) for context in contexts]
        return [(each.value, each.variation, each.reason, each.error_code) for each in decided]

    differing = {key for key in {*before.served, *after.served} if answers(before, key) != answers(after, key)}
    assert differing <= expected


def test_what_an_update_leaves_is_what_a_whole_document_leads_to() -> None:
    before, whole = compiled(DOCUMENT), compiled(put("segments/inner/included", ["bert"]))
    update = before.updated(
        version=2, segments={"inner": flagset_from_document(put("segments/inner/included", ["bert"])).segments["inner"]}
    )
    assert update.changed_since(before) == whole.changed_since(before) == {"by-segment", "page"}
    assert update.changed_since(whole) == set()
