"""A condition as an expression of SQL. Its text depends on the condition's form alone, never on names or literals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bucketing.errors import InvalidConfig
from bucketing.flagset import AllOf, AnyOf, Comparison, Condition, InSegment, Not
from bucketing.operators import OPERATORS, PRESENCE
from bucketing.validation import validate_filter

from analytics.warehouse.filters.attributes import Attribute
from analytics.warehouse.filters.operators import TESTS
from analytics.warehouse.filters.parameters import Parameters


@dataclass(frozen=True, slots=True)
class Column:
    """Where attributes stand. `json` is an expression of JSON text. `user_key` is that of the targeting key, which a
    context is asked for like an attribute; empty for the properties of events, which have none."""

    json: str
    user_key: str = ""


@dataclass(frozen=True, slots=True)
class Filter:
    """An expression that is 1 or 0, and its server-side parameters."""

    sql: str
    parameters: Mapping[str, Any]


def compiled(condition: Condition, column: Column, prefix: str) -> Filter:
    """`prefix` begins the names of the parameters. Raises InvalidConfig for what can't be saved as a filter."""
    validate_filter(condition)
    parameters = Parameters(prefix)
    sql = _expression(condition, column, parameters)
    return Filter(sql, parameters.values)


def _expression(condition: Condition, column: Column, parameters: Parameters) -> str:
    if isinstance(condition, Comparison):
        return _comparison(condition, column, parameters)
    if isinstance(condition, Not):
        return f"(NOT {_expression(condition.condition, column, parameters)})"
    if isinstance(condition, InSegment):
        raise InvalidConfig("segment", "events know no segments", "not_applicable")
    return _joined(condition, column, parameters)


def _joined(condition: AllOf | AnyOf, column: Column, parameters: Parameters) -> str:
    joiner = " AND " if isinstance(condition, AllOf) else " OR "
    return f"({joiner.join(_expression(part, column, parameters) for part in condition.conditions)})"


def _comparison(comparison: Comparison, column: Column, parameters: Parameters) -> str:
    attribute = Attribute.of(comparison.attribute, column.json, column.user_key, parameters)
    if comparison.operator in PRESENCE:
        return f"({attribute.present})" if comparison.operator == "exists" else f"(NOT {attribute.present})"
    test = TESTS[comparison.operator](comparison.value, parameters)
    matches = f"arrayExists(item -> {test}, {attribute.items})"
    return f"({attribute.present} AND NOT {matches})" if OPERATORS[comparison.operator].negated else f"({matches})"
