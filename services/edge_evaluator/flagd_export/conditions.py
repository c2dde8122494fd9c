"""Conditions as JsonLogic, with the meaning that they have here.

JsonLogic converts where this engine compares: the text "5" is greater than 4 there, and true is 1 in some languages. So
each comparison says of what type a value must be, and that of an array is any element of it that matches. What can't
be said in this way is refused, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from bucketing.attributes import TARGETING_KEY
from bucketing.flagset import AllOf, AnyOf, Comparison, Condition, InSegment, Json, Not, Segment

Logic = Any
"""JSON: a literal, or an object of one operation."""
NODES_MAX = 5_000
"""Operations of one flag; segments are written out wherever they are named."""
_ELEMENT = {"var": ""}
_UNIT_MAX = 0xFFFF
_TRUTHS = ["true", "True"]
_NO_NUMBERS = ["true", "True", "false", "False", "[object Object]"]
"""How languages write true, false and objects as a text."""


class NotExact(Exception):
    """What has no exact counterpart in flagd; the text says why."""


class Translation:
    """Of the conditions of one flag; `segments` by key."""

    def __init__(self, segments: Mapping[str, Segment]) -> None:
        self._segments = segments
        self._nodes = 0

    def logic(self, condition: Condition) -> Logic:
        """Raises NotExact."""
        self._nodes += 1
        if self._nodes > NODES_MAX:
            raise NotExact(f"its conditions are more than {NODES_MAX}, with those of its segments")
        match condition:
            case AllOf(conditions):
                return _joined("and", [self.logic(each) for each in conditions], of_none=True)
            case AnyOf(conditions):
                return _joined("or", [self.logic(each) for each in conditions], of_none=False)
            case Not(negated):
                return {"!": [self.logic(negated)]}
            case InSegment(keys):
                return _joined("or", [self._member(key) for key in keys], of_none=False)
            case Comparison():
                return _comparison(condition)

    def _member(self, key: str) -> Logic:
        segment = self._segments.get(key)
        if segment is None:
            raise NotExact(f"its segment {key!r} is not here")
        if segment.long_list is not None:
            raise NotExact(f"its segment {key!r} has a long list")
        inside: list[Logic] = [is_one_of(segment.included)] if segment.included else []
        if segment.condition is not None:
            inside.append(self.logic(segment.condition))
        member = _joined("or", inside, of_none=False)
        return {"and": [{"!": [is_one_of(segment.excluded)]}, member]} if segment.excluded else member


def is_one_of(keys: Iterable[str]) -> Logic:
    """Whether the targeting key is one of these."""
    return {"in": [{"var": TARGETING_KEY}, sorted(keys)]}


def _joined(operation: str, parts: list[Logic], *, of_none: bool) -> Logic:
    if not parts:
        return of_none
    return parts[0] if len(parts) == 1 else {operation: parts}


def _comparison(comparison: Comparison) -> Logic:
    name, operator, literal = comparison.attribute, comparison.operator, comparison.value
    if "." in name or not name or name == "$flagd":
        raise NotExact(f"the attribute {name!r} is found another way there")
    attribute = {"var": name}
    present = {"!==": [attribute, None]}
    if operator == "exists":
        return present
    if operator == "not_exists":
        return {"===": [attribute, None]}
    test = _TESTS.get(operator)
    if test is None:
        raise NotExact(f"the operator {operator} has no exact counterpart")
    # `merge` makes a list of one of what is none: evaluators differ in what `some` does with that.
    matches = {"some": [{"merge": [attribute]}, test(_ELEMENT, literal)]}
    return {"and": [present, {"!": [matches]}]} if operator in _NEGATED else matches


def _equal(value: Logic, literal: Json) -> Logic:
    same = {"===": [value, literal]}
    if isinstance(literal, bool):
        return {"and": [same, {"in": [_text_of(value), _TRUTHS if literal else ["false", "False"]]}]}
    return same if isinstance(literal, str) else {"and": [same, _is_no_truth(value)]}


def _member(value: Logic, literals: Json) -> Logic:
    assert isinstance(literals, list | tuple)  # noqa: S101 - the engine has compiled it
    texts = [each for each in literals if isinstance(each, str)]
    others = [_equal(value, each) for each in literals if not isinstance(each, str)]
    return _joined("or", [*([{"in": [value, texts]}] if texts else []), *others], of_none=False)


def _numeric(operation: str) -> Callable[[Logic, Json], Logic]:
    def test(value: Logic, literal: Json) -> Logic:
        # Some evaluators fail where they would have to make a number of what is none, so it comes last.
        guards = [{"!==": [value, None]}, {"!": [_is_text(value)]}, _is_no_truth(value), _is_no_list(value)]
        return {"and": [*guards, {operation: [value, literal]}]}

    return test


def _contains(value: Logic, literal: Json) -> Logic:
    # Evaluators differ in whether the empty text is in the empty text.
    return {"and": [_is_text(value), {"in": [literal, value]}]} if literal else _is_text(value)


def _starts_with(value: Logic, literal: Json) -> Logic:
    return _part(value, literal, lambda length: [value, 0, length])


def _ends_with(value: Logic, literal: Json) -> Logic:
    return _part(value, literal, lambda length: [value, -length])


def _part(value: Logic, literal: Json, where: Callable[[int], list[Logic]]) -> Logic:
    """flagd's own `starts_with` and `ends_with` don't work on elements of an array in every language."""
    text = str(literal)
    if any(ord(character) > _UNIT_MAX for character in text):
        raise NotExact("a text has characters that languages count as one or as two")
    same = {"===": [{"substr": where(len(text))}, text]}
    return {"and": [_is_text(value), same]} if text else _is_text(value)


def _text_of(value: Logic) -> Logic:
    return {"cat": [value]}


def _is_text(value: Logic) -> Logic:
    return {"===": [value, _text_of(value)]}


def _is_no_truth(value: Logic) -> Logic:
    """Nor an object. Some languages count true and false as 1 and 0."""
    return {"!": [{"in": [_text_of(value), _NO_NUMBERS]}]}


def _is_no_list(value: Logic) -> Logic:
    """What is none becomes a list that it is in."""
    return {"in": [value, {"merge": [value]}]}


_NEGATED = frozenset({"ne", "not_in", "not_contains"})
_TESTS: Mapping[str, Callable[[Logic, Json], Logic]] = {
    "eq": _equal,
    "ne": _equal,
    "in": _member,
    "not_in": _member,
    "gt": _numeric(">"),
    "gte": _numeric(">="),
    "lt": _numeric("<"),
    "lte": _numeric("<="),
    "contains": _contains,
    "not_contains": _contains,
    "starts_with": _starts_with,
    "ends_with": _ends_with,
}
