"""Long values of a context are shown by their beginning."""

from __future__ import annotations

from typing import Any

import pytest
from bucketing.explanation.abridged import CUT, ROOM, abridged, abridged_explanation

WHOLE = [
    pytest.param(value, id=name)
    for name, value in {
        "nothing": None,
        "a truth": True,
        "a number": 1.5,
        "a text": "é" * ROOM,
        "a list": ["a", 1, None, ["b"]],
        "an object": {"plan": "pro", "seats": [1, 2]},
        "empty": [{}, [], ""],
    }.items()
]
LONG = [
    pytest.param(value, shortened, id=name)
    for name, (value, shortened) in {
        "a text": ("x" * (ROOM + 1), "x" * ROOM + CUT),
        "a list": ([1] * 10_000, [1] * (ROOM // 2) + [CUT]),
        "texts in a list": (["y" * 1_000, "z"], ["y" * (ROOM - 1) + CUT, CUT]),
        "an object": ({"a": "x" * 1_000, "b": 1}, {"a": "x" * (ROOM - 2) + CUT, CUT: CUT}),
        "a name": ({"n" * 1_000: 1}, {CUT: CUT}),
    }.items()
]


@pytest.mark.parametrize("value", WHOLE)
def test_short_values_are_shown_as_they_are(value: Any) -> None:
    assert abridged({"actual": value}) == {"actual": value}


@pytest.mark.parametrize(("value", "shortened"), LONG)
def test_long_ones_by_their_beginning(value: Any, shortened: Any) -> None:
    assert abridged({"actual": value}) == {"actual": shortened}


def test_what_is_served_and_what_a_config_says_stays_whole() -> None:
    long = "x" * (ROOM + 1)
    told = {
        "decision": {"flag": "f", "value": {"unit": long}},
        "steps": [
            {"step": "override", "value": {"actual": long}, "result": "matched"},
            {"step": "prerequisite", "served": {"flag": "g", "value": long}, "result": "met"},
            {"step": "rule", "if": {"and": [{"value": [long], "actual": long}, {"not": {"actual": long}}]}},
            {"step": "targets", "unit": long, "result": "no target"},
        ],
        "segments": {"actual": {"member": True, "unit": long}},
    }
    cut = long[:ROOM] + CUT
    assert abridged_explanation(told) == {
        "decision": told["decision"],
        "steps": [
            {"step": "override", "value": {"actual": long}, "result": "matched"},
            {"step": "prerequisite", "served": {"flag": "g", "value": cut}, "result": "met"},
            {"step": "rule", "if": {"and": [{"value": [long], "actual": cut}, {"not": {"actual": cut}}]}},
            {"step": "targets", "unit": cut, "result": "no target"},
        ],
        "segments": {"actual": {"member": True, "unit": cut}},
    }
