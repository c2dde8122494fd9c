"""Conditions as expressions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from bucketing.errors import InvalidConfig
from bucketing.flagset import AllOf, AnyOf, Comparison, Condition, InSegment, Not
from bucketing.generation.reads import Reads
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


def comparison_count(condition: Condition) -> int:
    """How many comparisons a condition holds."""
    if isinstance(condition, Comparison):
        return 1
    if isinstance(condition, AllOf | AnyOf):
        return sum(map(comparison_count, condition.conditions))
    return comparison_count(condition.condition) if isinstance(condition, Not) else 0


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
    """Writes conditions into a source. An attribute that is compared more than once is read once."""

    def __init__(self, source: Source, reads: Reads, counts: Counter[str]) -> None:
        self._source = source
        self._reads = reads
        self._counts = counts

    def fetch(self, condition: Condition) -> None:
        """Write the reading of the condition's repeated attributes; call where control always passes."""
        self._reads.fetch(part.attribute for part in comparisons(condition) if self._counts[part.attribute] > 1)

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

    def test(self, comparison: Comparison, path: str) -> tuple[Test, bool, AnyElement]:
        """The comparison's test, whether it is negated, and the test of an array's elements."""
        test, negated = prepared(comparison, path)
        return test, negated, AnyElement(test)

    def _comparison(self, comparison: Comparison, path: str) -> str:
        variable = self._reads.variable(comparison.attribute)
        if variable is None:
            variable = self._source.local()
            value = f"({variable} := {self._reads.attribute(comparison.attribute)})"
        else:
            value = variable
        if comparison.operator in PRESENCE:
            return f"{value} {PRESENCE[comparison.operator]}"
        test, negated, any_element = self.test(comparison, path)
        scalar = test.scalar(variable, f"{variable}.__class__", self._source.constant(test.constant))
        elements = self._source.constant(any_element)
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
            parts.append(f"(memo[{name}] if {name} in memo else programs.segments[{name}]({PARAMETERS}))")
        return " or ".join(parts)
