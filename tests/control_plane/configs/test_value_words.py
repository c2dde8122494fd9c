"""What a schema of a config refuses, in sentences that are those of requests."""

from __future__ import annotations

from typing import Any

import pytest
from control_plane.configs.value_schema import ERRORS_MAX, ValueSchema
from service_kit.problems import InvalidInput

TEXT_OR_NULL = {"anyOf": [{"type": "string"}, {"type": "null"}]}
NO_FORM = "fits no form of the schema"
FORMS = {
    "oneOf": [
        {"type": "object", "properties": {"cents": {"type": "integer"}}, "required": ["cents"]},
        {"type": "string", "maxLength": 3},
    ]
}

CASES: list[tuple[dict[str, Any], Any, dict[str, str]]] = [
    ({"type": "integer"}, "secret", {"": "must be a whole number, not a text"}),
    ({"type": "integer"}, 1.5, {"": "must be a whole number, not 1.5"}),
    ({"type": ["string", "null"]}, True, {"": "must be a text or null, not true"}),
    ({"enum": ["small", "large"]}, "huge", {"": 'must be one of "small", "large"'}),
    ({"enum": [60]}, 61, {"": "must be 60, not 61"}),
    ({"enum": list(range(1000))}, -1, {"": "is none of the values that the schema lists"}),
    ({"const": {"on": True}}, 1, {"": 'must be {"on":true}'}),
    ({"minimum": 60}, 1, {"": "must be at least 60, not 1"}),
    ({"maximum": 60}, 61, {"": "must be at most 60, not 61"}),
    ({"exclusiveMinimum": 0}, 0, {"": "must be greater than 0, not 0"}),
    ({"exclusiveMaximum": 0.5}, 2, {"": "must be less than 0.5, not 2"}),
    ({"multipleOf": 5}, 7, {"": "must be a multiple of 5, not 7"}),
    ({"minLength": 2}, "é", {"": "must have at least 2 characters, not 1"}),
    ({"maxLength": 3}, "abcd", {"": "must have at most 3 characters, not 4"}),
    ({"minItems": 1}, [], {"": "must not be empty"}),
    ({"maxItems": 1}, [1, 2], {"": "must have at most 1 item, not 2"}),
    ({"minProperties": 2}, {"a": 1}, {"": "must have at least 2 properties, not 1"}),
    ({"maxProperties": 1}, {"a": 1, "b": 2}, {"": "must have at most 1 property, not 2"}),
    ({"uniqueItems": True}, [1, 1], {"": "must not have an item twice"}),
    ({"contains": {"type": "string"}}, [1], {"": "has too few or too many items of the kind that the schema asks for"}),
    ({"pattern": "^a+$"}, "b", {"": "must match the pattern ^a+$"}),
    ({"format": "email"}, "nobody", {"": "must be an email address"}),
    ({"format": "uri-template"}, "{", {"": "must be of the format uri-template"}),
    ({"not": {"type": "null"}}, None, {"": "is what the schema excludes"}),
    (
        {"propertyNames": {"maxLength": 2}},
        {"abc": 1},
        {"": 'has a property "abc" whose name must have at most 2 characters, not 3'},
    ),
    ({"properties": {"a": False}}, {"a": 1}, {"/a": "is not allowed by the schema"}),
    ({"required": ["a/b"]}, {}, {"/a~1b": "is missing"}),
    (
        {"properties": {"a": {}}, "additionalProperties": False},
        {"a": 1, "b": 1, "c": 1},
        {"/b": "is no property that the schema knows", "/c": "is no property that the schema knows"},
    ),
    ({"items": {"required": ["a"]}}, [{"a": 1}, {}], {"/1/a": "is missing"}),
    (TEXT_OR_NULL, 4, {"": "must be a text or null, not 4"}),
    (
        FORMS,
        {"cents": "x"},
        {"": f"{NO_FORM}: /cents must be a whole number, not a text; or must be a text, not an object"},
    ),
    (FORMS, "long", {"": f"{NO_FORM}: must be an object, not a text; or must have at most 3 characters, not 4"}),
    (
        {"oneOf": [{"type": "number"}, {"type": "integer"}]},
        3,
        {"": "fits several forms of the schema, and must fit exactly one"},
    ),
]


@pytest.mark.parametrize(
    ("schema", "value", "told"), [pytest.param(*each, id=" ".join(each[2].values())) for each in CASES]
)
def test_what_is_refused_is_told_at_its_place(schema: dict[str, Any], value: Any, told: dict[str, str]) -> None:
    found = ValueSchema(schema).errors(value, "value")
    assert {each.field: each.reason for each in found} == {f"value{at}": reason for at, reason in told.items()}
    assert {each.code for each in found} == {"schema"}


def test_a_text_is_not_repeated() -> None:
    schema = ValueSchema({"anyOf": [{"type": "integer"}, {"enum": ["a"]}, {"pattern": "^b$"}, {"format": "uuid"}]})
    [error] = schema.errors("a password", "value")
    assert "password" not in error.reason


def test_no_more_is_told_than_is_read() -> None:
    found = ValueSchema({"properties": {"a": {}}, "additionalProperties": False}).errors(
        {f"k{n}": n for n in range(1000)}, "value"
    )
    assert len(found) == ERRORS_MAX


@pytest.mark.parametrize(
    ("schema", "at", "reason"),
    [
        ({"type": "txt"}, "schema/type", None),
        ({"minimum": "x"}, "schema/minimum", "must be a number, not a text"),
        ({"properties": []}, "schema/properties", "must be an object, not a list"),
        ({"minLength": -1}, "schema/minLength", "must be at least 0, not -1"),
        ({"items": 3}, "schema/items", "must be true or false or an object, not 3"),
        ({"pattern": "("}, "schema/pattern", "must be a regular expression"),
    ],
    ids=["type", "minimum", "properties", "minLength", "items", "pattern"],
)
def test_what_is_no_schema_is_told_as_what_a_schema_refuses(
    schema: dict[str, Any], at: str, reason: str | None
) -> None:
    with pytest.raises(InvalidInput) as refused:
        ValueSchema(schema)
    [error, *_] = refused.value.errors
    assert error.field == at
    if reason is not None:
        assert error.reason == reason
