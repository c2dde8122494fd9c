"""A JSON patch makes the one document of the other, and words name what is otherwise."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from control_plane.changes.patches import in_words, json_patch
from hypothesis import given
from hypothesis import strategies as st

SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.floats(-2, 2) | st.text("a~/é", max_size=3)
DOCUMENTS = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("a~/", max_size=2), inner, max_size=4)
)

OFF = {"variation": "off"}
QUARTER = {"rollout": {"variations": [{"key": "on", "weight": 25}, {"key": "off", "weight": 75}]}}


def patched(document: Any, operations: list[dict[str, Any]]) -> Any:
    """RFC 6902, as far as add, remove and replace."""
    root = {"": copy.deepcopy(document)}
    for each in operations:
        parts = [part.replace("~1", "/").replace("~0", "~") for part in each["path"].split("/")]
        target: Any = root
        for part in parts[:-1]:
            target = target[int(part) if isinstance(target, list) else part]
        last: Any = int(parts[-1]) if isinstance(target, list) else parts[-1]
        if each["op"] == "remove":
            del target[last]
        elif each["op"] == "add" and isinstance(target, list):
            target.insert(last, each["value"])
        else:
            assert each["op"] == "add" or last in target or isinstance(target, list)
            target[last] = each["value"]
    return root[""]


# The examples of RFC 6902's appendix A that a comparison can give.
RFC: dict[str, tuple[Any, Any, Any]] = {
    "A.1 an object member is added": (
        {"foo": "bar"},
        {"baz": "qux", "foo": "bar"},
        [{"op": "add", "path": "/baz", "value": "qux"}],
    ),
    "A.2 an array element is added": (
        {"foo": ["bar", "baz"]},
        {"foo": ["bar", "qux", "baz"]},
        [{"op": "add", "path": "/foo/1", "value": "qux"}],
    ),
    "A.3 an object member is removed": (
        {"baz": "qux", "foo": "bar"},
        {"foo": "bar"},
        [{"op": "remove", "path": "/baz"}],
    ),
    "A.4 an array element is removed": (
        {"foo": ["bar", "qux", "baz"]},
        {"foo": ["bar", "baz"]},
        [{"op": "remove", "path": "/foo/1"}],
    ),
    "A.5 a value is replaced": (
        {"baz": "qux", "foo": "bar"},
        {"baz": "boo", "foo": "bar"},
        [{"op": "replace", "path": "/baz", "value": "boo"}],
    ),
    "A.10 a nested member is added": (
        {"foo": "bar"},
        {"foo": "bar", "child": {"grandchild": {}}},
        [{"op": "add", "path": "/child", "value": {"grandchild": {}}}],
    ),
    "A.14 names with ~ and / are escaped": (
        {"/": 9, "~1": 10},
        {"/": 9, "~1": 11},
        [{"op": "replace", "path": "/~01", "value": 11}],
    ),
    "A.16 an array is added to an array": (
        {"foo": ["bar"]},
        {"foo": ["bar", ["abc", "def"]]},
        [{"op": "add", "path": "/foo/1", "value": ["abc", "def"]}],
    ),
    "an element is changed where it stands when others have gone": (
        {"targets": [{"key": "gone", "v": 1}, {"key": "kept", "v": 1}]},
        {"targets": [{"key": "kept", "v": 2}]},
        [{"op": "remove", "path": "/targets/0"}, {"op": "replace", "path": "/targets/0/v", "value": 2}],
    ),
}


@pytest.mark.parametrize(("before", "after", "patch"), [pytest.param(*each, id=name) for name, each in RFC.items()])
def test_the_examples_of_the_rfc(before: Any, after: Any, patch: Any) -> None:
    assert json_patch(before, after) == patch
    assert patched(before, patch) == after


def test_a_long_list_with_little_changed_is_compared_once_and_shortly() -> None:
    before = [f"user-{number}" for number in range(100_000)]
    after = [*before[1:50_000], *before[50_001:], "new"]
    patch = json_patch({"included": before}, {"included": after})
    assert [step["op"] for step in patch] == ["remove", "remove", "add"]
    assert patched({"included": before}, patch) == {"included": after}
    assert in_words({"included": before}, {"included": after}) == [
        'included added: "new"',
        'included removed: "user-0", "user-50000"',
    ]


@given(DOCUMENTS, DOCUMENTS)
def test_the_patch_makes_the_one_of_the_other(before: Any, after: Any) -> None:
    made = patched(before, json_patch(before, after))
    assert json.dumps(made, sort_keys=True) == json.dumps(after, sort_keys=True)


def test_one_and_true_differ_and_the_same_needs_nothing() -> None:
    assert json_patch({"a": 1}, {"a": True}) == [{"op": "replace", "path": "/a", "value": True}]
    assert json_patch({"a": [1.5, {"b": None}]}, {"a": [1.5, {"b": None}]}) == []


def test_what_a_list_begins_and_ends_with_stays() -> None:
    before, after = [{"id": "a"}, {"id": "b"}, {"id": "c"}], [{"id": "a"}, {"id": "c"}]
    assert json_patch(before, after) == [{"op": "remove", "path": "/1"}]


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        pytest.param({"name": "A"}, {"name": "B"}, ['name: "A" → "B"'], id="a-value"),
        pytest.param({"tags": ["a", "b"]}, {"tags": ["b", "c"]}, ['tags added: "c"', 'tags removed: "a"'], id="texts"),
        pytest.param({"tags": ["a", "b"]}, {"tags": ["b", "a"]}, ["tags: another order"], id="an-order"),
        pytest.param(
            {"rules": [{"id": "vip", "then": {"weight": 20}}]},
            {"rules": [{"id": "new", "then": 1}, {"id": "vip", "then": {"weight": 50}}]},
            ["rules[vip].then.weight: 20 → 50", 'rules[new] added: {"id":"new","then":1}'],
            id="elements-by-name",
        ),
        pytest.param({"a": [1, 2]}, {"a": [1, 3, 4]}, ["a[1]: 2 → 3", "a[2] added: 4"], id="elements-by-place"),
        pytest.param({"a": {}}, {"a": {"b": 1}}, ["a.b added: 1"], id="a-part"),
        pytest.param({"a": "x" * 500}, {"a": ""}, [f'a: "{"x" * 118}… → ""'], id="a-long-text-is-cut"),
        pytest.param(
            {"default": OFF}, {"default": {"variation": "on"}}, ['default.variation: "off" → "on"'], id="a-serve"
        ),
        pytest.param({"default": OFF}, {"default": QUARTER}, ["default: off → on to 25%, off to 75%"], id="a-rollout"),
        pytest.param({}, {"default": QUARTER}, ["default added: on to 25%, off to 75%"], id="a-new-rollout"),
        pytest.param(None, {"a": 1}, ["created"], id="a-creation"),
        pytest.param({"a": 1}, None, ["deleted"], id="a-deletion"),
    ],
)
def test_words(before: dict[str, Any] | None, after: dict[str, Any] | None, words: list[str]) -> None:
    assert in_words(before, after) == words
