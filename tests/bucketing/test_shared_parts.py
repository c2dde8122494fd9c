"""What many documents say in the same words is one object, and nothing else is."""

from __future__ import annotations

from typing import Any

import pytest
from bucketing.document import flag_from_document, flag_to_document
from bucketing.document.shared_parts import _REMEMBERED_MAX, shared

HALVES = {"rollout": {"variations": [{"key": "on", "weight": 50}, {"key": "off", "weight": 50}]}}


def flag(value: Any = "pro", **changed: Any) -> dict[str, Any]:
    condition = {"and": [{"attribute": "plan", "operator": "eq", "value": value}, {"segment": "engaged"}]}
    return {
        "key": "f",
        "type": "boolean",
        "variations": {"on": True, "off": False},
        "off_variation": "off",
        "default": HALVES,
        "rules": [{"if": condition, "then": {"variation": "on"}}],
        **changed,
    }


def test_equal_parts_are_one_object() -> None:
    one, other = flag_from_document(flag()), flag_from_document(flag(key="g"))
    assert one.variations is other.variations
    assert one.default is other.default
    assert one.rules[0].condition is other.rules[0].condition
    assert one.rules[0].serve is other.rules[0].serve


@pytest.mark.parametrize(
    ("left", "right"),
    [(1, True), (1, 1.0), (0, -0.0), (0.0, -0.0), ("1", 1), ([1], [True]), (["a"], "['a']"), (None, "None"), ([], {})],
)
def test_what_is_alike_and_not_equal_stays_apart(left: Any, right: Any) -> None:
    for value in (left, right):
        read = flag_from_document(flag(value, type="object", variations={"on": value, "off": 0}))
        written = flag_to_document(read)
        comparison = written["rules"][0]["if"]["and"][0]
        assert repr((comparison["value"], written["variations"]["on"])) == repr((value, value))


def test_long_and_nested_values_are_read_as_well() -> None:
    for value in (["x" * 100], [[1]], list(range(100)), {"a": {"b": 1}}, "y" * 1000):
        read = flag_from_document(flag(value, type="object", variations={"on": value, "off": 0}))
        assert flag_to_document(read)["variations"]["on"] == value


def test_what_is_remembered_is_bounded() -> None:
    for number in range(2 * _REMEMBERED_MAX):
        assert shared(number, (number,)) == (number,)
    assert flag_from_document(flag()) == flag_from_document(flag())
