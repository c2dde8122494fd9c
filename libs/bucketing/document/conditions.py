"""Conditions in the authoring form.

`{"attribute", "operator", "value"}`, `{"and": [..]}`, `{"or": [..]}`, `{"not": {..}}`, `{"segment": key}`.
Also read, and written back as those: `in_segment` with a key or a list, as `{"in_segment": ..}` or as an
operator; and `{"field", "op", "value"}` of older clients. An operator that isn't known is kept.
"""

from __future__ import annotations

from bucketing.document.fields import at, expect, refuse_others, required_name
from bucketing.document.shared_parts import literal, shared
from bucketing.errors import InvalidConfig
from bucketing.flagset import AllOf, AnyOf, Comparison, Condition, InSegment, Json, Not
from bucketing.limits import CONDITION_DEPTH_MAX
from bucketing.operators import PRESENCE

_FORMS = "attribute, and, or, not or segment"


def condition_from_document(document: Json, path: str = "if") -> Condition:
    """Read a condition; InvalidConfig names the path below `path`."""
    return _read(document, path, 1)


def _read(document: Json, path: str, depth: int) -> Condition:
    if depth > CONDITION_DEPTH_MAX:
        raise InvalidConfig(path, f"conditions nest at most {CONDITION_DEPTH_MAX} deep", "too_deep")
    fields = expect(document, dict, path)
    if "attribute" in fields or "field" in fields:
        return _comparison(fields, path)
    if "operator" in fields and fields["operator"] == "in_segment":
        refuse_others(fields, ("operator", "value"), path)
        return _segments(fields.get("value"), at(path, "value"))
    if len(fields) != 1:
        raise InvalidConfig(path, f"must have exactly one of {_FORMS}", "condition")
    ((form, content),) = fields.items()
    below = at(path, form)
    if form in ("and", "or"):
        parts = expect(content, list, below)
        if not parts:
            raise InvalidConfig(below, "must not be empty", "empty")
        conditions = tuple(_read(part, f"{below}[{index}]", depth + 1) for index, part in enumerate(parts))
        return _joined(AllOf(conditions) if form == "and" else AnyOf(conditions))
    if form == "not":
        return Not(_read(content, below, depth + 1))
    if form == "segment":
        return _in_segment(expect(content, str, below))
    if form == "in_segment":
        return _segments(content, below)
    raise InvalidConfig(below, f"is no condition; there are {_FORMS}", "condition")


def _comparison(fields: dict[str, Json], path: str) -> Condition:
    names = ("attribute", "operator", "value") if "attribute" in fields else ("field", "op", "value")
    refuse_others(fields, names, path)
    attribute = required_name(fields, names[0], path)
    operator = required_name(fields, names[1], path)
    if operator == "in_segment":
        return _segments(fields.get("value"), at(path, "value"))
    if operator in PRESENCE:
        if fields.get("value") is not None and fields["value"] is not True:
            raise InvalidConfig(at(path, "value"), f"{operator} takes no value", "unexpected")
        return shared((attribute, operator), Comparison(attribute, operator))
    if "value" not in fields:
        raise InvalidConfig(at(path, "value"), "is missing", "missing")
    value = fields["value"]
    comparison, text = Comparison(attribute, operator, value), literal(value)
    return comparison if text is None else shared((attribute, operator, text), comparison)


def _segments(content: Json, path: str) -> Condition:
    if content.__class__ is not list:
        return _in_segment(expect(content, str, path))
    if not content:
        raise InvalidConfig(path, "must not be empty", "empty")
    keys = [expect(key, str, f"{path}[{index}]") for index, key in enumerate(content)]
    return _in_segment(keys[0]) if len(keys) == 1 else _joined(AnyOf(tuple(map(_in_segment, keys))))


def _in_segment(key: str) -> InSegment:
    return shared(key, InSegment((key,)))


def _joined(condition: AllOf | AnyOf) -> Condition:
    """By the identity of its parts: it holds them, so no other ones can have it."""
    return shared(tuple(map(id, condition.conditions)), condition)


def condition_to_document(condition: Condition) -> dict[str, Json]:
    """Write a condition."""
    if isinstance(condition, Comparison):
        document = {"attribute": condition.attribute, "operator": condition.operator}
        return document if condition.operator in PRESENCE else {**document, "value": condition.value}
    if isinstance(condition, AllOf):
        return {"and": [condition_to_document(part) for part in condition.conditions]}
    if isinstance(condition, AnyOf):
        return {"or": [condition_to_document(part) for part in condition.conditions]}
    if isinstance(condition, Not):
        return {"not": condition_to_document(condition.condition)}
    if len(condition.segments) == 1:
        return {"segment": condition.segments[0]}
    return {"or": [{"segment": key} for key in condition.segments]}
