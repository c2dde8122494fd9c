"""What the flags of one function ask in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from bucketing.flagset import AllOf, AnyOf, Comparison, Condition, InSegment, Json, Not
from bucketing.generation.conditions import ConditionWriter
from bucketing.generation.reads import Reads
from bucketing.generation.source import Source
from bucketing.operators import PRESENCE, AnyElement, Test

_OFTEN = 4


def _parts(condition: Condition) -> tuple[Condition, ...]:
    if isinstance(condition, AllOf | AnyOf):
        return condition.conditions
    return (condition.condition,) if isinstance(condition, Not) else ()


def _literal(value: Json) -> object:
    """Equal for literals that say the same: 1, 1.0 and True don't."""
    if isinstance(value, list | tuple):
        return tuple(each.__class__ for each in value), tuple(value)
    return value.__class__, value


class SharedConditions:
    """Finds equal conditions, and says which are asked more than once.

    What stands only inside a repeated condition is itself asked once. `comparisons` has each distinct one.
    """

    def __init__(self, conditions: Iterable[Condition]) -> None:
        self.comparisons: list[Comparison] = []
        self._numbers: dict[object, int] = {}
        self._known: dict[int, int] = {}
        self._counts: Counter[int] = Counter()
        self._distinct: list[Condition] = []
        for condition in conditions:
            self._count(condition)

    def number(self, condition: Condition) -> int:
        """The same number for equal conditions of those that this was made from."""
        number = self._known.get(id(condition))
        if number is None:
            number = self._numbers.setdefault(self._content(condition), len(self._numbers))
            self._known[id(condition)] = number
        return number

    def times(self, condition: Condition) -> int:
        """How often it is asked."""
        return self._counts[self.number(condition)]

    def repeated(self) -> list[Condition]:
        """Each repeated condition once, inner ones before those that hold them."""
        return [condition for condition in self._distinct if self.times(condition) > 1]

    def _content(self, condition: Condition) -> object:
        if isinstance(condition, Comparison):
            return condition.attribute, condition.operator, _literal(condition.value)
        if isinstance(condition, InSegment):
            return InSegment, condition.segments
        return condition.__class__, tuple(map(self.number, _parts(condition)))

    def _count(self, condition: Condition) -> None:
        number = self.number(condition)
        self._counts[number] += 1
        if self._counts[number] == 1:
            if isinstance(condition, Comparison):
                self.comparisons.append(condition)
            for part in _parts(condition):
                self._count(part)
            self._distinct.append(condition)


class SharedConditionWriter(ConditionWriter):
    """Writes the conditions of several flags so that each distinct one is found once.

    A repeated condition stands in a variable. What costs little or is asked often is found beforehand; what costs more
    is written wherever it is asked, and found when it is first needed.
    """

    def __init__(self, source: Source, reads: Reads, conditions: Iterable[Condition]) -> None:
        super().__init__(source, reads, Counter())
        self._shared = SharedConditions(conditions)
        self._tests: dict[int, tuple[Test, bool, AnyElement]] = {}
        self._found: dict[int, str] = {}
        self._needed: dict[int, str] = {}

    def write(self) -> None:
        """Write what the flags share; call where control always passes. Raises InvalidConfig."""
        self._reads.prepare(
            (each.attribute, self.test(each, each.attribute)[0].reading) for each in self._shared.comparisons
        )
        for condition in self._shared.repeated():
            number, variable = self._shared.number(condition), self._source.local()
            if self._is_cheap(condition) or self._shared.times(condition) >= _OFTEN:
                self._source.line(f"{variable} = {super().expression(condition, 'if')}")
                self._found[number] = variable
            else:
                self._source.line(f"{variable} = None")
                self._needed[number] = variable

    def expression(self, condition: Condition, path: str) -> str:
        if not self._found and not self._needed:
            return super().expression(condition, path)
        number = self._shared.number(condition)
        if number in self._found:
            return self._found[number]
        written = super().expression(condition, path)
        if number not in self._needed:
            return written
        variable = self._needed[number]
        return f"({variable} if {variable} is not None else ({variable} := {written}))"

    def test(self, comparison: Comparison, path: str) -> tuple[Test, bool, AnyElement]:
        number = self._shared.number(comparison)
        if number not in self._tests:
            self._tests[number] = super().test(comparison, path)
        return self._tests[number]

    def _is_cheap(self, condition: Condition) -> bool:
        if isinstance(condition, Comparison):
            return self.test(condition, condition.attribute)[0].is_cheap
        return not isinstance(condition, InSegment) and all(map(self._is_cheap, _parts(condition)))

    def _comparison(self, comparison: Comparison, path: str) -> str:
        attribute = self._reads.prepared(comparison.attribute)
        if attribute is None:
            return super()._comparison(comparison, path)
        if comparison.operator in PRESENCE:
            return f"{attribute.value} {PRESENCE[comparison.operator]}"
        test, negated, any_element = self.test(comparison, path)
        constant, elements = self._source.constant(test.constant), self._source.constant(any_element)
        if test.reading in attribute.readings:
            variable, asked = attribute.readings[test.reading]
            scalar = f"{asked} is not None and {test.of(variable, constant)}"
        else:
            scalar = test.scalar(attribute.value, attribute.kind, constant)
        matched = f"{scalar} or {attribute.elements} is not None and {elements}({attribute.elements})"
        return f"{attribute.value} is not None and not ({matched})" if negated else matched
