"""Parametrised cases have names: those of small tables by themselves, others by an id, or the collection fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.case_names import is_numbered, name_of


@pytest.mark.parametrize(
    ("value", "name"),
    [
        pytest.param({"a": 1, "b": ["x", None]}, "a=1, b=(x, None)", id="mapping"),
        pytest.param((), "()", id="empty tuple"),
        pytest.param([b"\xff", "", {}], "\\xff, '', {}", id="list"),
        pytest.param({"b", "a"}, "a, b", id="set"),
        pytest.param(Path("/a/b"), "/a/b", id="path"),
        pytest.param([object()], "<object object>", id="object without an address"),
        pytest.param({"a": "x" * 60}, None, id="long mapping"),
        pytest.param(["\n"], None, id="unprintable"),
        pytest.param("text", None, id="pytest's own"),
    ],
)
def test_what_a_small_entry_says_is_its_name(value: object, name: str | None) -> None:
    assert name_of(value) == name


@pytest.mark.parametrize(
    ("case", "argument", "value", "numbered"),
    [
        pytest.param("flag-body3-400", "body", {}, True, id="number for an object"),
        pytest.param("empty", "body", {}, False, id="id"),
        pytest.param("body3", "body", "body3", False, id="text that looks alike"),
        pytest.param("x" * 200, "body", "x" * 200, True, id="long text"),
        pytest.param("long", "body", "x" * 200, False, id="long text with an id"),
    ],
)
def test_a_numbered_case_is_seen(case: str, argument: str, value: object, numbered: bool) -> None:
    assert is_numbered(case, argument, value) is numbered
