"""Two changes of one document: kept where they concern different parts, named where they concern the same one."""

from __future__ import annotations

from typing import Any

import pytest
from control_plane.entities.merge import Elements, Parts, Whole, changed_fields, merge
from hypothesis import given
from hypothesis import strategies as st

PARTS: Parts = {
    "metadata": Whole.MEMBERS,
    "tags": Whole.VALUES,
    "rules": Elements("id", ordered=True),
    "targets": Elements("key"),
}


def rules(*keys: str, **bodies: int) -> list[dict[str, Any]]:
    return [{"id": key, "serves": bodies.get(key, 0)} for key in keys]


def targets(*keys: str) -> list[dict[str, Any]]:
    return [{"key": key} for key in keys]


MERGED = {
    "different fields": ({"a": 1, "b": 1}, {"a": 2, "b": 1}, {"a": 1, "b": 2}, {"a": 2, "b": 2}),
    "the same change": ({"a": 1}, {"a": 2}, {"a": 2}, {"a": 2}),
    "a field that comes and one that goes": ({"a": 1}, {"a": 1, "b": 1}, {}, {"b": 1}),
    "members of an object": (
        {"metadata": {"owner": "a", "tier": 1}},
        {"metadata": {"owner": "b", "tier": 1}},
        {"metadata": {"owner": "a", "tier": 2, "new": True}},
        {"metadata": {"owner": "b", "tier": 2, "new": True}},
    ),
    "values of a list": (
        {"tags": ["a", "b"]},
        {"tags": ["b", "c"]},
        {"tags": ["a", "b", "d"]},
        {"tags": ["b", "c", "d"]},
    ),
    "different rules": (
        {"rules": rules("x", "y")},
        {"rules": rules("x", "y", x=1)},
        {"rules": rules("x", "y", y=1)},
        {"rules": rules("x", "y", x=1, y=1)},
    ),
    "a rule goes, another one changes": (
        {"rules": rules("x", "y")},
        {"rules": rules("y")},
        {"rules": rules("x", "y", y=1)},
        {"rules": rules("y", y=1)},
    ),
    "a rule goes, the next one comes in its place": (
        {"rules": rules("x", "y", "z")},
        {"rules": rules("x", "z")},
        {"rules": rules("x", "y", "new", "z")},
        {"rules": rules("x", "new", "z")},
    ),
    "rules come at different places": (
        {"rules": rules("x", "y")},
        {"rules": rules("first", "x", "y")},
        {"rules": rules("x", "y", "last")},
        {"rules": rules("first", "x", "y", "last")},
    ),
    "rules are moved, one is changed": (
        {"rules": rules("x", "y")},
        {"rules": rules("y", "x")},
        {"rules": rules("x", "y", x=1)},
        {"rules": rules("y", "x", x=1)},
    ),
    "targets, whose order means nothing": (
        {"targets": targets("anna")},
        {"targets": targets("anna", "bert")},
        {"targets": targets("anna", "carl")},
        {"targets": targets("anna", "carl", "bert")},
    ),
}
COLLIDING = {
    "one field": ({"a": 1}, {"a": 2}, {"a": 3}, ("a",)),
    "a field that is one part": ({"if": {"x": 1}}, {"if": {"x": 1, "y": 1}}, {"if": {"x": 1, "z": 1}}, ("if",)),
    "true isn't 1": ({"a": 0}, {"a": 1}, {"a": True}, ("a",)),
    "one member": ({"metadata": {"t": 1}}, {"metadata": {"t": 2}}, {"metadata": {"t": 3}}, ("metadata.t",)),
    "one rule": ({"rules": rules("x")}, {"rules": rules("x", x=1)}, {"rules": rules("x", x=2)}, ("rules[x]",)),
    "a rule that goes": ({"rules": rules("x")}, {"rules": []}, {"rules": rules("x", x=2)}, ("rules[x]",)),
    "two rules at one place": (
        {"rules": rules("x")},
        {"rules": rules("x", "a")},
        {"rules": rules("x", "b")},
        ("rules",),
    ),
    "moved in two ways": (
        {"rules": rules("x", "y", "z")},
        {"rules": rules("y", "x", "z")},
        {"rules": rules("x", "z", "y")},
        ("rules",),
    ),
    "moved, and one more": (
        {"rules": rules("x", "y")},
        {"rules": rules("y", "x")},
        {"rules": rules("x", "new", "y")},
        ("rules",),
    ),
    "elements without a key": ({"rules": [{}]}, {"rules": [{"a": 1}]}, {"rules": [{"b": 1}]}, ("rules",)),
    "a list and something else": ({"tags": []}, {"tags": ["a"]}, {"tags": None}, ("tags",)),
}


@pytest.mark.parametrize(("base", "one", "other", "both"), MERGED.values(), ids=MERGED)
def test_changes_of_different_parts_are_both_kept(
    base: dict[str, Any], one: dict[str, Any], other: dict[str, Any], both: dict[str, Any]
) -> None:
    merged = merge(base, one, other, PARTS)
    assert merged.collisions == ()
    assert merged.document == both


@pytest.mark.parametrize(("base", "one", "other", "paths"), COLLIDING.values(), ids=COLLIDING)
def test_changes_of_the_same_part_are_named(
    base: dict[str, Any], one: dict[str, Any], other: dict[str, Any], paths: tuple[str, ...]
) -> None:
    merged = merge(base, one, other, PARTS)
    assert merged.collisions == paths
    assert merge(base, other, one, PARTS).collisions == paths
    assert merged.document == base


KEYS = st.lists(st.sampled_from("abcdef"), unique=True, max_size=6)
NUMBERS = st.integers(0, 2)


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "name": draw(NUMBERS),
        "metadata": draw(st.dictionaries(st.sampled_from("xyz"), NUMBERS)),
        "tags": draw(KEYS),
        "rules": [{"id": key, "serves": draw(NUMBERS)} for key in draw(KEYS)],
        "targets": [{"key": key, "serves": draw(NUMBERS)} for key in draw(KEYS)],
    }


def unordered(document: dict[str, Any]) -> dict[str, Any]:
    """Without the order of what has none."""
    return {
        **document,
        "tags": sorted(document["tags"]),
        "targets": sorted(document["targets"], key=lambda each: str(each["key"])),
    }


@given(documents(), documents())
def test_a_change_alone_is_taken_as_it_is(base: dict[str, Any], changed: dict[str, Any]) -> None:
    assert merge(base, base, changed, PARTS).document == changed
    assert merge(base, changed, base, PARTS).document == changed
    assert merge(base, changed, changed, PARTS) == merge(base, base, changed, PARTS)


@given(documents(), documents(), documents())
def test_who_changed_first_makes_no_difference(
    base: dict[str, Any], one: dict[str, Any], other: dict[str, Any]
) -> None:
    there, back = merge(base, one, other, PARTS), merge(base, other, one, PARTS)
    assert sorted(there.collisions) == sorted(back.collisions)
    assert unordered(there.document) == unordered(back.document)


@given(documents(), documents(), documents())
def test_nothing_that_somebody_did_is_lost(base: dict[str, Any], one: dict[str, Any], other: dict[str, Any]) -> None:
    merged = merge(base, one, other, PARTS)
    collided = {path.partition("[")[0].partition(".")[0] for path in merged.collisions}
    for changed in (one, other):
        for name in changed_fields(base, changed):
            if name in collided:
                continue
            kept, was, now = (_parts_of(each[name]) for each in (merged.document, base, changed))
            assert all(kept.get(key) == value for key, value in now.items() if was.get(key) != value)
            assert all(key not in kept for key in was if key not in now)


def _parts_of(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    if isinstance(value, list):
        return {each if isinstance(each, str) else each.get("id") or each["key"]: each for each in value}
    return {"": value}
