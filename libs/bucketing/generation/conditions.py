"""Conditions as expressions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from bucketing.errors import InvalidConfig
from bucketing.flagset import AllOf, AnyOf, Comparison, Condition, InSegment, Not
from bucketing.generation.source import PARAMETERS, Source
from bucketing.operators import OPERATORS, PRESENCE, AnyElement, InvalidLiteral, Test


def comparisons(condition: Condition) -> Iterator[Comparison]:
    """Every comparison in a condition, from left to right."""
    if isinstance(condition, Comparison):
        yield condition
    elif isinstance(condition, AllOf | AnyOf):
        for part in condition.conditions:
            yield from comparisons(part)
    elif isinstance(condition, Not):
        yield from comparisons(condition.condition)


def attribute_counts(conditions: Iterable[Condition]) -> Counter[str]:
    """How often each attribute is compared."""
    return Counter(part.attribute for condition in conditions for part in comparisons(condition))


def prepared(comparison: Comparison, path: str) -> tuple[Test, bool]:
    """The comparison's test and whether it is negated; InvalidConfig for an operator or literal we don't know."""
    operator = OPERATORS.get(comparison.operator)
    if operator is None:
        raise InvalidConfig(f"{path}.operator", f"unknown operator {comparison.operator!r}", "unknown_operator")
    try:
        return operator.prepare(comparison.value), operator.negated
    except InvalidLiteral as error:
        raise InvalidConfig(f"{path}.value", error.reason, error.code) from None


class ConditionWriter:
    """Writes conditions into a source. An attribute that is compared more than once is fetched once."""

    def __init__(self, source: Source, counts: Counter[str]) -> None:
        self._source = source
        self._counts = counts
        self._fetched: dict[str, str] = {}

    def fetch(self, conditions: Iterable[Condition]) -> None:
        """Write the look-ups of the conditions' repeated attributes; call where control always passes."""
        for condition in conditions:
            for part in comparisons(condition):
                name = part.attribute
                if self._counts[name] > 1 and name not in self._fetched:
                    variable = self._source.local()
                    self._source.line(f"{variable} = {self.attribute(name)}")
                    self._fetched[name] = variable

    def attribute(self, name: str) -> str:
        """The expression that reads an attribute (None: missing or null)."""
        constant = self._source.constant(name)
        if "." in name:
            return f"lookup(context, {constant}, {self._source.constant(tuple(name.split('.')))})"
        return f"get({constant})"

    def expression(self, condition: Condition, path: str) -> str:
        """A parenthesised expression, true when the condition holds; raises InvalidConfig."""
        return self._source.probe(path, f"({self._expression(condition, path)})")

    def _expression(self, condition: Condition, path: str) -> str:
        if isinstance(condition, Comparison):
            return self._comparison(condition, path)
        if isinstance(condition, Not):
            return f"not {self.expression(condition.condition, f'{path}.not')}"
        if isinstance(condition, InSegment):
            return self._segments(condition, path)
        kind, joiner = ("and", " and ") if isinstance(condition, AllOf) else ("or", " or ")
        if not condition.conditions:
            raise InvalidConfig(f"{path}.{kind}", "must not be empty", "empty")
        return joiner.join(
            self.expression(part, f"{path}.{kind}[{index}]") for index, part in enumerate(condition.conditions)
        )

    def _comparison(self, comparison: Comparison, path: str) -> str:
        test, negated = prepared(comparison, path)
        variable = self._fetched.get(comparison.attribute)
        if variable is None:
            variable = self._source.local()
            value = f"({variable} := {self.attribute(comparison.attribute)})"
        else:
            value = variable
        if comparison.operator in PRESENCE:
            return f"{value} {PRESENCE[comparison.operator]}"
        scalar = test.expression.format(v=variable, c=self._source.constant(test.constant))
        elements = self._source.constant(AnyElement(test))
        negation = "not " if negated else ""
        return (
            f"{value} is not None and {negation}({scalar} or {variable}.__class__ is list and {elements}({variable}))"
        )

    def _segments(self, condition: InSegment, path: str) -> str:
        if not condition.segments:
            raise InvalidConfig(path, "must name a segment", "empty")
        parts = []
        for key in condition.segments:
            name = self._source.constant(key)
            parts.append(f"(memo[{name}] if {name} in memo else world.segments[{name}]({PARAMETERS}))")
        return " or ".join(parts)
