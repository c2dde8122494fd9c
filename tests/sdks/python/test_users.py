"""Users as evaluation contexts: all that a program has at hand is taken, and what can't be JSON is left out."""

from __future__ import annotations

from collections import OrderedDict, UserDict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from fractions import Fraction
from types import MappingProxyType
from typing import Any
from uuid import UUID

import pytest
from feature_flag_platform.evaluation.contexts import DEPTH_MAX, Contexts
from openfeature.evaluation_context import EvaluationContext


class Plan(StrEnum):
    GOLD = "gold"


class Level(IntEnum):
    TOP = 3


class Kind(Enum):
    FIRM = "firm"
    ODD = ()


@dataclass
class Person:
    key: Any
    attributes: dict[str, Any] = field(default_factory=dict)


CET = timezone(timedelta(hours=1))
IDENTITY = UUID("12345678-1234-5678-1234-567812345678")
FORMS: dict[str, tuple[Any, Any]] = {
    "text": ("u", {"targetingKey": "u"}),
    "number": (7, {"targetingKey": 7}),
    "uuid": (IDENTITY, {"targetingKey": str(IDENTITY)}),
    "nobody": (None, {}),
    "key-and-attributes": ({"key": "u", "attributes": {"a": 1}}, {"targetingKey": "u", "a": 1}),
    "key-alone": ({"key": "u"}, {"targetingKey": "u"}),
    "context": ({"targetingKey": "u", "a": 1}, {"targetingKey": "u", "a": 1}),
    "context-with-a-key": ({"targetingKey": "u", "key": "k"}, {"targetingKey": "u", "key": "k"}),
    "attributes-only": ({"country": "NO"}, {"country": "NO"}),
    "other-mappings": (OrderedDict(key="u", attributes=MappingProxyType({"a": 1})), {"targetingKey": "u", "a": 1}),
    "user-dict": (UserDict(key="u"), {"targetingKey": "u"}),
    "object": (Person("u", {"a": 1}), {"targetingKey": "u", "a": 1}),
    "openfeature": (EvaluationContext("u", {"a": 1}), {"targetingKey": "u", "a": 1}),
    "openfeature-of-nobody": (EvaluationContext(None, {"a": 1}), {"a": 1}),
    "list": (["u"], ["u"]),
}


@pytest.mark.parametrize("case", FORMS)
def test_the_forms_of_a_user(case: str) -> None:
    user, expected = FORMS[case]
    assert Contexts(pytest.fail).of(user) == expected


VALUES: dict[str, tuple[Any, Any]] = {
    "date-and-time": (datetime(2026, 1, 2, 3, 4, 5, 600, CET), "2026-01-02T02:04:05.000600Z"),
    "utc": (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02T00:00:00Z"),
    "day": (date(2026, 1, 2), "2026-01-02T00:00:00Z"),
    "integer-of-64-bits": (2**63 - 1, 2**63 - 1),
    "decimal": (Decimal("1.5"), 1.5),
    "whole-decimal": (Decimal(9007199254740993), 9007199254740993),
    "fraction": (Fraction(1, 2), 0.5),
    "text-enum": (Plan.GOLD, "gold"),
    "integer-enum": (Level.TOP, 3),
    "enum": (Kind.FIRM, "firm"),
    "tuple": ((1, "a"), [1, "a"]),
    "set": ({1}, [1]),
    "frozen-set": (frozenset({"a"}), ["a"]),
    "nested": ({"at": [datetime(2026, 1, 2, tzinfo=UTC)]}, {"at": ["2026-01-02T00:00:00Z"]}),
    "null": (None, None),
    "truth": (True, True),
    "odd-inside-a-list": ([1, object()], [1]),
}


@pytest.mark.parametrize("case", VALUES)
def test_values_that_a_language_has(case: str) -> None:
    value, expected = VALUES[case]
    found = Contexts(pytest.fail).of({"targetingKey": "u", "a": value})["a"]
    assert found == expected
    assert found.__class__ is expected.__class__


ODD: dict[str, Any] = {
    "object": object(),
    "function": len,
    "bytes": b"a",
    "nan": float("nan"),
    "infinity": float("inf"),
    "decimal-nan": Decimal("nan"),
    "enum-of-nothing": Kind.ODD,
}


@pytest.mark.parametrize("case", ODD)
def test_what_cannot_be_json_is_left_out_by_its_name(case: str) -> None:
    told: list[str] = []
    contexts = Contexts(told.append)
    assert contexts.of({"targetingKey": "u", "a": ODD[case], "b": 1}) == {"targetingKey": "u", "b": 1}
    assert contexts.of({"key": "u", "attributes": {"c": {"a": ODD[case]}}}) == {"targetingKey": "u", "c": {}}
    assert told == ["a", "a"]


def test_what_is_nested_without_end_ends() -> None:
    circle: dict[str, Any] = {}
    circle["inner"] = circle
    told: list[str] = []
    found = Contexts(told.append).of({"targetingKey": "u", "a": circle})
    depth = 0
    while "inner" in found.get("a", found):
        found = found.get("a", found)["inner"]
        depth += 1
    assert depth == DEPTH_MAX - 1
    assert told == ["inner"]


def test_the_callers_mapping_stays_as_it_is() -> None:
    user = {"key": "u", "attributes": {"day": date(2026, 1, 2)}}
    Contexts(pytest.fail).of(user)
    assert user == {"key": "u", "attributes": {"day": date(2026, 1, 2)}}
