"""The operators as a table, like the rule engine's: a literal becomes a test of one `item`.

Literals are read by the engine's own functions, so that both mean the same by one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bucketing.errors import InvalidConfig
from bucketing.flagset import Json
from bucketing.instants import parse_instant

from analytics.warehouse.filters.instants import instant_test
from analytics.warehouse.filters.networks import network_test
from analytics.warehouse.filters.numbers import number_test, numbers_test
from analytics.warehouse.filters.parameters import Parameters
from analytics.warehouse.filters.versions import version_test

TEXT = "item.1 = 'String' AND "
SqlTest = Callable[[Json, Parameters], str]


def _equal(literal: Json, parameters: Parameters) -> str:
    if isinstance(literal, bool):
        return f"item.1 = 'Bool' AND item.3 = {parameters.add(int(literal), 'Int128')}"
    if isinstance(literal, str):
        return f"{TEXT}item.2 = {parameters.add(literal, 'String')}"
    return number_test("=", literal, parameters)


def _member(literal: Any, parameters: Parameters) -> str:
    texts = [each for each in literal if isinstance(each, str)]
    truths = [int(each) for each in literal if isinstance(each, bool)]
    numbers = [each for each in literal if not isinstance(each, str | bool)]
    return " OR ".join(
        (
            f"({TEXT}has({parameters.add(texts, 'Array(String)')}, item.2))",
            f"(item.1 = 'Bool' AND has({parameters.add(truths, 'Array(Int128)')}, item.3))",
            f"({numbers_test(numbers, parameters)})",
        )
    )


def _textual(expression: str) -> SqlTest:
    return lambda literal, parameters: TEXT + expression.format(c=parameters.add(literal, "String"))


def _number(comparison: str) -> SqlTest:
    return lambda literal, parameters: number_test(comparison, literal, parameters)


def _pattern(literal: Json, parameters: Parameters) -> str:
    # ClickHouse lets `.` match a line's end unless told otherwise.
    return f"{TEXT}match(item.2, {parameters.add(f'(?-s){literal}', 'String')})"


def _version(comparison: str) -> SqlTest:
    return lambda literal, parameters: TEXT + version_test(comparison, str(literal), parameters)


def _instant(comparison: str) -> SqlTest:
    def test(literal: Json, parameters: Parameters) -> str:
        instant = parse_instant(literal)
        if instant is None:
            raise InvalidConfig("value", "must be a point in time", "date")
        return instant_test(comparison, instant, parameters)

    return test


def _networks(literal: Any, parameters: Parameters) -> str:
    return TEXT + network_test(literal if isinstance(literal, list | tuple) else [literal], parameters)


TESTS: dict[str, SqlTest] = {
    "eq": _equal,
    "ne": _equal,
    "in": _member,
    "not_in": _member,
    "gt": _number(">"),
    "gte": _number(">="),
    "lt": _number("<"),
    "lte": _number("<="),
    "contains": _textual("position(item.2, {c}) > 0"),
    "not_contains": _textual("position(item.2, {c}) > 0"),
    "starts_with": _textual("startsWith(item.2, {c})"),
    "ends_with": _textual("endsWith(item.2, {c})"),
    "matches": _pattern,
    "semver_eq": _version("="),
    "semver_gt": _version(">"),
    "semver_gte": _version(">="),
    "semver_lt": _version("<"),
    "semver_lte": _version("<="),
    "before": _instant("<"),
    "after": _instant(">"),
    "in_cidr": _networks,
}
"""By operator, all but those of presence; the literal is one that may be saved."""
