"""The operators as a table. A new operator is one line in OPERATORS and one vector file.

An operator turns its literal into a Test: how a present attribute value that is no array is read, and an
expression over `{v}` (what was read) and `{c}` (the prepared literal). The two are the operator's only
implementation: compiled flags, array elements and explanations all run them. A test is False for every value of a
wrong type and raises for none; its text never depends on a literal's value, only on its type.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from math import isfinite
from typing import Any

from bucketing.flagset import Json
from bucketing.instants import parse_instant
from bucketing.limits import LITERAL_LIST_MAX, LITERAL_TEXT_BYTES_MAX
from bucketing.networks import Block, BlockSet, parse_block
from bucketing.patterns import InvalidPattern, compile_pattern
from bucketing.readings import ANYTHING, INSTANT, NUMBER, TEXT, VERSION, Reading, scalar
from bucketing.semver import parse_short_version, parse_version

EXPRESSION_NAMES: dict[str, Any] = {
    "__builtins__": {},
    "bool": bool,
    "float": float,
    "int": int,
    "len": len,
    "list": list,
    "str": str,
    "parse_instant": parse_instant,
    "parse_short_version": parse_short_version,
}
"""All that a reading or expression may name besides its value and its literal."""


class InvalidLiteral(ValueError):
    """A literal that its operator can't use; `code` is stable, the text says why."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Test:
    """An operator with its literal."""

    reading: Reading
    expression: str
    constant: Any

    @property
    def is_cheap(self) -> bool:
        """It takes no longer than to remember that it was made."""
        return not self.reading.converts and not callable(self.constant)

    def scalar(self, variable: str, kind: str, constant: str) -> str:
        """Whether the variable's value, which is no array, passes; `constant` names the literal."""
        return scalar(self.reading, self.expression).format(v=variable, k=kind, c=constant)

    def of(self, value: str, constant: str) -> str:
        """Whether what was read passes."""
        return self.expression.format(v=value, c=constant)


@dataclass(frozen=True, slots=True)
class Operator:
    """One row of the table of operators.

    `prepare` checks a literal and gives the positive test; a `negated` operator is that test's negation
    on a present attribute."""

    prepare: Callable[[Json], Test]
    negated: bool = False


@lru_cache(maxsize=256)
def _scalar_factory(scalar: str) -> Callable[[Any], Callable[[Json], bool]]:
    source = f"lambda c: lambda v: {scalar}"
    factory: Callable[[Any], Callable[[Json], bool]] = eval(source, EXPRESSION_NAMES)  # noqa: S307
    return factory


class AnyElement:
    """The test of an array attribute: does any element match? Made ready when first asked."""

    __slots__ = ("_matches", "_test")

    def __init__(self, test: Test) -> None:
        self._test = test
        self._matches: Callable[[Json], bool] | None = None

    def __call__(self, elements: Iterable[Json]) -> bool:
        matches = self._matches
        if matches is None:
            matches = self._matches = _scalar_factory(self._test.scalar("v", "v.__class__", "c"))(self._test.constant)
        return any(map(matches, elements))


def is_number(value: Json) -> bool:
    """A finite JSON number (a boolean is none)."""
    return value.__class__ is int or (value.__class__ is float and isfinite(value))


def _is_list(literal: Json) -> bool:
    return literal.__class__ is list or literal.__class__ is tuple


def _text(literal: Json) -> str:
    if literal.__class__ is not str:
        raise InvalidLiteral("type", "must be a string")
    if len(literal) * 4 > LITERAL_TEXT_BYTES_MAX and len(literal.encode("utf-8", "surrogatepass")) > (
        LITERAL_TEXT_BYTES_MAX
    ):
        raise InvalidLiteral("too_long", f"must have at most {LITERAL_TEXT_BYTES_MAX} bytes")
    return str(literal)


def _equal(literal: Json) -> Test:
    if literal.__class__ is str:
        return Test(ANYTHING, "{v} == {c}", _text(literal))
    if literal.__class__ is bool:
        return Test(ANYTHING, "{v} is {c}", literal)
    if is_number(literal):
        return Test(ANYTHING, "{v} == {c} and {v}.__class__ is not bool", literal)
    raise InvalidLiteral("type", "must be a string, a number or a boolean")


def _member(literal: Json) -> Test:
    if not _is_list(literal):
        raise InvalidLiteral("type", "must be a list of strings, numbers and booleans")
    if len(literal) > LITERAL_LIST_MAX:
        raise InvalidLiteral("too_many", f"must have at most {LITERAL_LIST_MAX} elements")
    for index, element in enumerate(literal):
        if not (element.__class__ is str or element.__class__ is bool or is_number(element)):
            raise InvalidLiteral("type", f"element {index} must be a string, a number or a boolean")
        if element.__class__ is str:
            _text(element)
    if all(element.__class__ is str for element in literal):
        return Test(TEXT, "{v} in {c}", frozenset(literal))
    if not any(element.__class__ is bool for element in literal):
        return Test(
            ANYTHING, "{v}.__class__ is not bool and {v}.__hash__ is not None and {v} in {c}", frozenset(literal)
        )
    tagged = frozenset((element.__class__ is bool, element) for element in literal)
    return Test(ANYTHING, "{v}.__hash__ is not None and ({v}.__class__ is bool, {v}) in {c}", tagged)


def _textual(expression: str) -> Callable[[Json], Test]:
    return lambda literal: Test(TEXT, expression, _text(literal))


def _numeric(comparison: str) -> Callable[[Json], Test]:
    def prepare(literal: Json) -> Test:
        if not is_number(literal):
            raise InvalidLiteral("type", "must be a number")
        return Test(NUMBER, f"{{v}} {comparison} {{c}}", literal)

    return prepare


def _pattern(literal: Json) -> Test:
    try:
        return Test(TEXT, "{c}({v})", compile_pattern(_text(literal)))
    except InvalidPattern as error:
        raise InvalidLiteral("pattern", str(error)) from None


def _version(comparison: str) -> Callable[[Json], Test]:
    def prepare(literal: Json) -> Test:
        version = parse_version(_text(literal))
        if version is None:
            raise InvalidLiteral("version", "must be a semantic version, like 1.4.0 or 2.0.0-rc.1")
        return Test(VERSION, f"{{v}} {comparison} {{c}}", version)

    return prepare


def _instant(comparison: str) -> Callable[[Json], Test]:
    def prepare(literal: Json) -> Test:
        instant = parse_instant(literal)
        if instant is None:
            raise InvalidLiteral(
                "date", "must be a date with time and offset (2026-01-05T10:00:00Z) or epoch milliseconds"
            )
        return Test(INSTANT, f"{{v}} {comparison} {{c}}", instant)

    return prepare


def _networks(literal: Json) -> Test:
    texts = literal if _is_list(literal) else [literal]
    if len(texts) > LITERAL_LIST_MAX:
        raise InvalidLiteral("too_many", f"must have at most {LITERAL_LIST_MAX} elements")
    blocks: list[Block] = []
    for index, text in enumerate(texts):
        block = parse_block(text) if text.__class__ is str else None
        if block is None:
            where = f"element {index} " if _is_list(literal) else ""
            raise InvalidLiteral("cidr", f"{where}must be an address or a CIDR block, like 10.0.0.0/8")
        blocks.append(block)
    return Test(TEXT, "{c}({v})", BlockSet(blocks).holds)


def _no_literal(literal: Json) -> Test:
    if literal is not None and literal is not True:
        raise InvalidLiteral("unexpected", "takes no value")
    return Test(ANYTHING, "True", None)


OPERATORS: dict[str, Operator] = {
    "eq": Operator(_equal),
    "ne": Operator(_equal, negated=True),
    "in": Operator(_member),
    "not_in": Operator(_member, negated=True),
    "gt": Operator(_numeric(">")),
    "gte": Operator(_numeric(">=")),
    "lt": Operator(_numeric("<")),
    "lte": Operator(_numeric("<=")),
    "contains": Operator(_textual("{c} in {v}")),
    "not_contains": Operator(_textual("{c} in {v}"), negated=True),
    "starts_with": Operator(_textual("{v}.startswith({c})")),
    "ends_with": Operator(_textual("{v}.endswith({c})")),
    "matches": Operator(_pattern),
    "exists": Operator(_no_literal),
    "not_exists": Operator(_no_literal),
    "semver_eq": Operator(_version("==")),
    "semver_gt": Operator(_version(">")),
    "semver_gte": Operator(_version(">=")),
    "semver_lt": Operator(_version("<")),
    "semver_lte": Operator(_version("<=")),
    "before": Operator(_instant("<")),
    "after": Operator(_instant(">")),
    "in_cidr": Operator(_networks),
}

PRESENCE = {"exists": "is not None", "not_exists": "is None"}
"""The two operators that speak of absence: what they ask of an attribute that may be missing (None)."""
