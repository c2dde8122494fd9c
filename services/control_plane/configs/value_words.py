"""What a JSON Schema refuses, said to people as what requests refuse is: a sentence for each keyword, whose subject is
the place in the value."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
from jsonschema_rs import ValidationError
from service_kit.problems import FieldError
from service_kit.validation_words import at_least, at_most, but_given, but_number

from control_plane.configs.subschemas import token

_REASON_MAX = 300
_CHOICES_MAX = 200
_BRANCHES_MAX = 5
_TYPES: Mapping[str, str] = {
    "integer": "a whole number",
    "number": "a number",
    "string": "a text",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}
_FORMATS: Mapping[str, str] = {
    "date": "a day like 2026-01-31",
    "time": "a time of day like 02:30:00Z",
    "date-time": "a moment like 2026-01-31T12:00:00Z",
    "duration": "a duration like PT15M",
    "email": "an email address",
    "idn-email": "an email address",
    "hostname": "a host's name",
    "idn-hostname": "a host's name",
    "ipv4": "an IPv4 address",
    "ipv6": "an IPv6 address",
    "uri": "an address like https://example.com/path",
    "iri": "an address like https://example.com/path",
    "uuid": "an id like 6f1c2f0e-7d3b-4c5a-9e8f-0a1b2c3d4e5f",
    "regex": "a regular expression",
    "json-pointer": "a JSON pointer",
}


def field_errors(error: ValidationError, within: str, code: str) -> Iterator[FieldError]:
    """Of one error of the library; what is missing or isn't known is told at its own place. `within`: what the value
    is a part of."""
    at = within + pointer(error.instance_path)
    kind: Any = error.kind
    if kind.name == "required":
        yield FieldError(f"{at}/{token(kind.property)}", code, "is missing")
    elif kind.name in ("additionalProperties", "unevaluatedProperties"):
        for each in kind.unexpected:
            yield FieldError(f"{at}/{token(each)}", code, "is no property that the schema knows")
    else:
        yield FieldError(at, code, _shortened(_reason(error)))


def pointer(path: Sequence[str | int]) -> str:
    """A JSON pointer (RFC 6901)."""
    return "".join(f"/{token(each)}" for each in path)


def _reason(error: ValidationError) -> str:
    """A keyword that isn't known says the library's own message."""
    say = _SENTENCES.get(error.kind.name)
    return error.message if say is None else say(error.kind, error.instance)


def _shortened(reason: str) -> str:
    return reason if len(reason) <= _REASON_MAX else f"{reason[:_REASON_MAX]}…"


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _type(kind: Any, given: Any) -> str:
    # "number" comes with "integer" in no schema that means both.
    return f"must be {' or '.join(words for name, words in _TYPES.items() if name in kind.types)}{but_given(given)}"


def _enum(kind: Any, given: Any) -> str:
    choices = ", ".join(map(_json, kind.options))
    if len(choices) > _CHOICES_MAX:
        return "is none of the values that the schema lists"
    return f"must be {'' if len(kind.options) == 1 else 'one of '}{choices}{but_number(given)}"


def _const(kind: Any, _given: Any) -> str:
    only = _json(kind.expected_value)
    return "is not the only value that the schema allows" if len(only) > _CHOICES_MAX else f"must be {only}"


def _bound(words: str) -> Callable[[Any, Any], str]:
    return lambda kind, given: f"{words} {_json(kind.limit)}{but_number(given)}"


def _length(say: Callable[[int, str, int | None], str], noun: str) -> Callable[[Any, Any], str]:
    return lambda kind, given: say(kind.limit, noun, len(given))


def _format(kind: Any, _given: Any) -> str:
    return f"must be {_FORMATS.get(kind.format, f'of the format {kind.format}')}"


def _branches(kind: Any, given: Any) -> str:
    """The types that branches ask for where none fits by type, else the first thing that is wrong in each."""
    if not any(kind.context):
        return "fits several forms of the schema, and must fit exactly one"
    first = [errors[0] for errors in kind.context if errors]
    if all(each.kind.name == "type" and not each.instance_path for each in first):
        types = [name for each in first for name in each.kind.types]
        return f"must be {' or '.join(words for name, words in _TYPES.items() if name in types)}{but_given(given)}"
    told = []
    for each in first[:_BRANCHES_MAX]:
        [error, *_] = field_errors(each, "", "")
        told.append(f"{error.field} {error.reason}".strip())
    return f"fits no form of the schema: {'; or '.join(dict.fromkeys(told))}"


def _names(kind: Any, _given: Any) -> str:
    return f"has a property {_json(kind.error.instance)} whose name {_reason(kind.error)}"


_SENTENCES: Mapping[str, Callable[[Any, Any], str]] = {
    "type": _type,
    "enum": _enum,
    "const": _const,
    "minimum": _bound("must be at least"),
    "maximum": _bound("must be at most"),
    "exclusiveMinimum": _bound("must be greater than"),
    "exclusiveMaximum": _bound("must be less than"),
    "multipleOf": lambda kind, given: f"must be a multiple of {_json(kind.multiple_of)}{but_number(given)}",
    "minLength": _length(at_least, "character"),
    "maxLength": _length(at_most, "character"),
    "minItems": _length(at_least, "item"),
    "maxItems": _length(at_most, "item"),
    "minProperties": _length(at_least, "property"),
    "maxProperties": _length(at_most, "property"),
    "uniqueItems": lambda _kind, _given: "must not have an item twice",
    "contains": lambda _kind, _given: "has too few or too many items of the kind that the schema asks for",
    "pattern": lambda kind, _given: f"must match the pattern {kind.pattern}",
    "format": _format,
    "propertyNames": _names,
    "anyOf": _branches,
    "oneOf": _branches,
    "not": lambda _kind, _given: "is what the schema excludes",
    "falseSchema": lambda _kind, _given: "is not allowed by the schema",
    "unevaluatedItems": lambda _kind, _given: "has items that the schema does not know",
}
