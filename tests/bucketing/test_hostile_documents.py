"""Whatever stands in a document: it is read, or refused with the name of the field; nothing else is raised."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from bucketing import InvalidConfig, compile_flagset
from bucketing.document import condition_from_document, flagset_from_document, flagset_to_document
from bucketing.validation import experiment_errors, flag_errors, segment_errors
from hypothesis import given, settings
from hypothesis import strategies as st

WEIGHTS = [{"key": "on", "weight": 50}, {"key": "off", "weight": 50}]
DOCUMENT = {
    "schema_version": 1,
    "algorithm": "sha256-10000-v1",
    "salt": "s",
    "version": 3,
    "flags": {
        "f": {
            "key": "f",
            "type": "number",
            "variations": {"on": 1, "off": 0.5},
            "off_variation": "off",
            "default": {"rollout": {"variations": WEIGHTS, "bucket_by": "company"}},
            "enabled": True,
            "prerequisites": [{"flag": "g", "variation": "on"}],
            "targets": [{"key": "u", "variation": "on", "expires_at": 5}],
            "rules": [
                {
                    "id": "r",
                    "if": {
                        "and": [
                            {"attribute": "a", "operator": "in", "value": ["x", 1, True]},
                            {
                                "or": [
                                    {"not": {"segment": "s"}},
                                    {"attribute": "b", "operator": "matches", "value": "^x"},
                                ]
                            },
                            {"attribute": "v", "operator": "semver_gt", "value": "1.0.0"},
                            {"attribute": "d", "operator": "before", "value": 5},
                            {"attribute": "n", "operator": "in_cidr", "value": ["10.0.0.0/8"]},
                        ]
                    },
                    "then": {"variation": "on"},
                }
            ],
        }
    },
    "segments": {
        "s": {"key": "s", "included": ["a"], "excluded": ["b"], "if": {"attribute": "a", "operator": "exists"}}
    },
    "experiments": {
        "e": {
            "key": "e",
            "flag": "f",
            "mode": "assigns",
            "variations": WEIGHTS,
            "start_at": 0,
            "stop_at": 9,
            "traffic": 50,
            "audience": {"segment": "s"},
            "layer": {"key": "l", "start": 0, "end": 10},
            "holdouts": [{"key": "h", "share": 5}],
        }
    },
}


def places(node: Any, path: Any = ()) -> Iterator[tuple[str | int, ...]]:
    yield path
    if isinstance(node, dict | list):
        for name, below in node.items() if isinstance(node, dict) else enumerate(node):
            yield from places(below, (*path, name))


PLACES = [path for path in places(DOCUMENT) if path]
ODD_NUMBERS = [0, -1, 1.5, 2**63, 10**400, 1e309, float("nan")]
ODD_TEXTS = ["", "x", "\0", "\ud800", "x" * 70_000]
ODD_OBJECTS = [[], [None], [[]], {}, {"key": 5}, {"": {}}, {"variation": []}, {"and": [{}]}]
ODD = st.sampled_from([None, True, *ODD_NUMBERS, *ODD_TEXTS, *ODD_OBJECTS])
FIELDS = st.sampled_from(["and", "not", "attribute", "operator", "value", "segment"])
ODD_CONDITIONS = st.recursive(ODD, lambda inner: st.lists(inner) | st.dictionaries(FIELDS, inner))


def refusal(read: Any, *arguments: Any) -> tuple[Any, InvalidConfig | None]:
    """What `read` gives, and the error with which it refuses."""
    try:
        return read(*arguments), None
    except InvalidConfig as error:
        return None, error


@settings(max_examples=1_000, deadline=None)
@given(st.sampled_from(PLACES), ODD)
def test_an_odd_value_anywhere(path: Any, value: Any) -> None:
    document = copy.deepcopy(DOCUMENT)
    node: Any = document
    for name in path[:-1]:
        node = node[name]
    node[path[-1]] = value
    flagset, error = refusal(flagset_from_document, document)
    if error is not None:
        assert error.field.split(".")[0].split("[")[0] in document
        return
    for flag in flagset.flags.values():
        flag_errors(flag)
    for segment in flagset.segments.values():
        segment_errors(segment)
    for experiment in flagset.experiments.values():
        experiment_errors(experiment)
    flagset_to_document(flagset)
    compiled = compile_flagset(flagset)
    for context in ({}, {"targetingKey": "u", "a": "x", "company": "c", "v": "2.0.0", "d": 1, "n": "10.0.0.1"}):
        compiled.evaluate("f", context, 1)
        compiled.evaluate_all(context, 1)


@settings(max_examples=300, deadline=None)
@given(ODD_CONDITIONS)
def test_an_odd_condition(document: Any) -> None:
    _, error = refusal(condition_from_document, document, "if")
    assert error is None or error.field.startswith("if")


def test_a_condition_of_any_depth_is_refused_calmly() -> None:
    document: dict[str, Any] = {"attribute": "a", "operator": "exists"}
    for _ in range(100_000):
        document = {"not": document}
    with pytest.raises(InvalidConfig) as raised:
        condition_from_document(document, "if")
    assert raised.value.code == "too_deep"
    while document.get("not"):  # taken apart by hand: freeing it whole would overflow the interpreter's stack
        document = document["not"]


@pytest.mark.parametrize("change", [{"algorithm": "murmur"}, {"schema_version": 2}, {"flags": {"f": {"key": "g"}}}])
def test_a_document_of_another_kind_is_refused(change: Any) -> None:
    with pytest.raises(InvalidConfig):
        flagset_from_document(DOCUMENT | change)
