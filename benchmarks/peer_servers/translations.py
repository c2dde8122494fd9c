"""Conditions in the words of other servers, each by a table of operators."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from bucketing.flagset import AllOf, Comparison, Condition, InSegment, Segment

JsonLogic = dict[str, Any]
Segments = Mapping[str, Segment]


def comparisons(condition: Condition, segments: Segments) -> list[Comparison]:
    """All of which must hold. Only conjunctions are known here, and segments one at a time; raises `ValueError`."""
    match condition:
        case Comparison():
            return [condition]
        case AllOf(parts):
            return [each for part in parts for each in comparisons(part, segments)]
        case InSegment((name,)):
            inside = segments[name].condition
            assert inside is not None
            return comparisons(inside, segments)
    raise ValueError(f"there is no word for {condition}")


_LOGIC: dict[str, Callable[[JsonLogic, Any], JsonLogic]] = {
    "eq": lambda var, value: {"==": [var, value]},
    "ne": lambda var, value: {"!=": [var, value]},
    "gt": lambda var, value: {">": [var, value]},
    "gte": lambda var, value: {">=": [var, value]},
    "in": lambda var, value: {"in": [var, value]},
    "ends_with": lambda var, value: {"ends_with": [var, value]},
    "semver_lt": lambda var, value: {"sem_ver": [var, "<", value]},
}
"""flagd's: JsonLogic with operators of its own."""


def json_logic(condition: Condition, segments: Segments) -> JsonLogic:
    return {
        "and": [_LOGIC[each.operator]({"var": each.attribute}, each.value) for each in comparisons(condition, segments)]
    }


_QUERY = {"eq": "eq", "ne": "ne", "gt": "gt", "gte": "ge", "in": "in", "ends_with": "ew"}
"""GO Feature Flag's: texts in quotes, lists in brackets, versions bare."""


def query(condition: Condition, segments: Segments) -> str:
    return " and ".join(_query(each) for each in comparisons(condition, segments))


def _query(comparison: Comparison) -> str:
    if comparison.operator == "semver_lt":
        return f"{comparison.attribute} lt {comparison.value}"
    value = json.dumps(comparison.value, separators=(",", ":"))
    return f"{comparison.attribute} {_QUERY[comparison.operator]} {value}"
