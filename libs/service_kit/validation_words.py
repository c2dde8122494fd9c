"""What a framework's models refuse, said to people: a sentence for each kind, whose subject is the field."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from service_kit.pattern_words import PATTERN_WORDS
from service_kit.problems import FieldError, field_path

_ERRORS_MAX = 100
"""More aren't told at once."""
_GIVEN_MAX = 40
_CHOICES_MAX = 200
_QUOTED = re.compile(r"'([^'\s]+)'")

_DAY = "must be a day like 2026-01-31"
_TIME = "must be a time of day like 02:30"
_MOMENT = "must be a moment like 2026-01-31T12:00:00Z"
_DURATION = "must be a duration like PT15M"
_ADDRESS = "must be an address like https://example.com/path"
_ID = "must be an id like 6f1c2f0e-7d3b-4c5a-9e8f-0a1b2c3d4e5f"
_WHOLE = "must be a whole number"
_TEXT = "must be a text"
_LIST = "must be a list"
_OBJECT = "must be an object"

_FIXED: Mapping[str, str] = {
    "missing": "is missing",
    "extra_forbidden": "is no field of this request",
    "none_required": "must be null",
    "invalid_key": "must have texts as names",
    "json_type": "must be JSON in a text",
    "recursion_loop": "must not contain itself",
    "finite_number": "must be a finite number",
    "string_unicode": "must be a text in valid Unicode",
    "string_not_ascii": "must be a text in ASCII",
    "int_parsing_size": "must be a whole number of fewer digits",
    "date_from_datetime_inexact": "must be a day, without a time of day",
    "date_past": "must be in the past",
    "date_future": "must be in the future",
    "datetime_past": "must be in the past",
    "datetime_future": "must be in the future",
    "timezone_naive": "must be a moment without an offset",
    "timezone_aware": "must be a moment with its offset, like 2026-01-31T12:00:00Z",
    "timezone_offset": "must be a moment with another offset",
    "url_too_long": "is too long for an address",
    "bytes_invalid_encoding": "is encoded in another way than it must be",
    "set_item_not_hashable": "must be a list of plain values",
    "union_tag_not_found": "must say of which kind it is",
}
_KINDS: Mapping[str, str] = {
    **dict.fromkeys(("string_type", "bytes_type"), _TEXT),
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), _WHOLE),
    **dict.fromkeys(("float_type", "float_parsing", "decimal_type", "decimal_parsing"), "must be a number"),
    **dict.fromkeys(("bool_type", "bool_parsing"), "must be true or false"),
    **dict.fromkeys(("list_type", "tuple_type", "set_type", "frozen_set_type", "iterable_type"), _LIST),
    **dict.fromkeys(("dict_type", "mapping_type", "model_type", "model_attributes_type", "dataclass_type"), _OBJECT),
    **dict.fromkeys(("date_type", "date_parsing", "date_from_datetime_parsing"), _DAY),
    **dict.fromkeys(("time_type", "time_parsing"), _TIME),
    **dict.fromkeys(
        ("datetime_type", "datetime_parsing", "datetime_object_invalid", "datetime_from_date_parsing"), _MOMENT
    ),
    **dict.fromkeys(("time_delta_type", "time_delta_parsing"), _DURATION),
    **dict.fromkeys(("url_type", "url_parsing", "url_syntax_violation"), _ADDRESS),
    **dict.fromkeys(("uuid_type", "uuid_parsing", "uuid_version"), _ID),
}
"""What it must be; what it is stands behind that."""
_TEXTUAL = frozenset({_DAY, _TIME, _MOMENT, _DURATION, _ADDRESS, _ID})
_BOUNDS: Mapping[str, tuple[str, str]] = {
    "greater_than": ("gt", "must be greater than"),
    "greater_than_equal": ("ge", "must be at least"),
    "less_than": ("lt", "must be less than"),
    "less_than_equal": ("le", "must be at most"),
    "multiple_of": ("multiple_of", "must be a multiple of"),
    "decimal_max_digits": ("max_digits", "must have at most as many digits:"),
    "decimal_max_places": ("decimal_places", "must have at most as many digits behind the point:"),
    "decimal_whole_digits": ("whole_digits", "must have at most as many digits before the point:"),
}


def field_errors(errors: Sequence[Mapping[str, Any]], *, within: Sequence[str | int] = ()) -> list[FieldError]:
    """Of the errors of a model, whose places may be `within` something; at most `_ERRORS_MAX`."""
    return [
        FieldError(field_path((*within, *each["loc"])), each["type"], _reason_of(each)) for each in errors[:_ERRORS_MAX]
    ]


def _reason_of(error: Mapping[str, Any]) -> str:
    """The sentence of one error. A kind that isn't known says its own message."""
    kind: str = error["type"]
    context: Mapping[str, Any] = error.get("ctx") or {}
    given = error.get("input")
    if kind in _FIXED:
        return _FIXED[kind]
    if kind in _KINDS:
        words = _KINDS[kind]
        # What has to be a text of some form is one, and what comes in an address is one always.
        return (
            words if isinstance(given, str) and (words in _TEXTUAL or "parsing" in kind) else words + but_given(given)
        )
    if kind in _BOUNDS:
        name, words = _BOUNDS[kind]
        return f"{words} {_number(context[name])}{but_number(given)}"
    if kind in _SPECIAL:
        return _SPECIAL[kind](context, given)
    message: str = error["msg"]
    return message.removeprefix("Value error, ").removeprefix("Assertion failed, ")


def but_given(given: Any) -> str:
    """Behind what it must be. A text may be a secret, and is not repeated."""
    match given:
        case None:
            return ", not null"
        case bool():
            return f", not {str(given).lower()}"
        case int() | float():
            return but_number(given)
        case str():
            return ", not a text"
        case list() | tuple():
            return ", not a list"
        case dict():
            return ", not an object"
    return ""


def but_number(given: Any) -> str:
    """The same where a number was to be given; nothing of what is none."""
    told = _number(given) if isinstance(given, int | float) and not isinstance(given, bool) else ""
    return f", not {told}" if told and len(told) <= _GIVEN_MAX else ""


def _number(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def at_least(number: int, noun: str, has: int | None) -> str:
    """What has too few `noun`s must have; `has` None: how many it has isn't told."""
    if number == 1:
        return "must not be empty"
    return f"must have at least {_counted(number, noun)}" + ("" if has is None else f", not {has}")


def at_most(number: int, noun: str, has: int | None) -> str:
    """The same of what has too many."""
    return f"must have at most {_counted(number, noun)}" + ("" if has is None else f", not {has}")


def _counted(number: int, noun: str) -> str:
    plural = {"entry": "entries", "property": "properties"}.get(noun, f"{noun}s")
    return f"{number} {noun if number == 1 else plural}"


def _length(given: Any) -> int | None:
    return len(given) if isinstance(given, str | bytes | list | tuple | dict) else None


def _items(context: Mapping[str, Any], given: Any) -> int | None:
    return context.get("actual_length") or _length(given)


def _noun(context: Mapping[str, Any]) -> str:
    """Of what a thing is made that has too many of them, or too few."""
    return {"List": "item", "Tuple": "item", "Set": "item", "Frozenset": "item", "Dictionary": "entry"}.get(
        str(context.get("field_type")), "character"
    )


def _pattern(context: Mapping[str, Any], _given: Any) -> str:
    pattern = str(context["pattern"])
    return PATTERN_WORDS.get(pattern, f"must match the pattern {pattern}")


def _choice(context: Mapping[str, Any], given: Any) -> str:
    expected = str(context["expected"])
    if expected == "''":
        return "must be empty, or have another form"
    if len(expected) > _CHOICES_MAX:
        return "is none of the values that it may have; the API's document lists them"
    short = isinstance(given, str) and 0 < len(given) <= _GIVEN_MAX
    told = f", not {given}" if short else "" if isinstance(given, str) else but_given(given)
    return f"must be {_unquoted(expected)}{told}"


def _unquoted(expected: str) -> str:
    return _QUOTED.sub(lambda found: found[1], expected)


def _tag(context: Mapping[str, Any], _given: Any) -> str:
    return f"must be of one of the kinds {_unquoted(str(context['expected_tags']))}"


_SPECIAL: Mapping[str, Callable[[Mapping[str, Any], Any], str]] = {
    "string_too_short": lambda context, given: at_least(context["min_length"], "character", _length(given)),
    "string_too_long": lambda context, given: at_most(context["max_length"], "character", _length(given)),
    "bytes_too_short": lambda context, given: at_least(context["min_length"], "byte", _length(given)),
    "bytes_too_long": lambda context, given: at_most(context["max_length"], "byte", _length(given)),
    "too_short": lambda context, given: at_least(context["min_length"], _noun(context), _items(context, given)),
    "too_long": lambda context, given: at_most(context["max_length"], _noun(context), _items(context, given)),
    "string_pattern_mismatch": _pattern,
    "literal_error": _choice,
    "enum": _choice,
    "union_tag_invalid": _tag,
    "url_scheme": lambda context, _: f"must be an address that begins with {_unquoted(context['expected_schemes'])}",
}
