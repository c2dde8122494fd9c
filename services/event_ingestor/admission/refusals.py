"""Refusals of events: the first thing that is wrong with one, as a stable code and a sentence.

A sentence names the field and what it must be, never what it was: it may hold somebody's data.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from json import JSONDecoder
from typing import Any, NamedTuple

import msgspec
from messages.events import (
    ATTRIBUTE_DEPTH_MAX,
    ATTRIBUTE_NAME_LENGTH_MAX,
    EVENT_ID_LENGTH_MAX,
    EXPERIMENTS_MAX,
    INTEGER_MAX,
    INTEGER_MIN,
    METRIC_VALUE_MAX,
    NAME_LENGTH_MAX,
    PHASE_MAX,
    USAGE_COUNTS_MAX,
    USER_KEY_LENGTH_MAX,
    Attributes,
    ConfigVersion,
    EventId,
    ExperimentKey,
    Experiments,
    MetricValue,
    Name,
    SplitName,
    UnitKey,
    UsageCount,
    UsageCounts,
)

from event_ingestor.admission.event_types import EVENTS, Event, SentUserKey, Timestamp, fields_of

_DIGITS_MAX = 400


class Reason(NamedTuple):
    """Why an event was refused. `code` is for programs, `detail` for people."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Rejection:
    """A refused event. `index` counts the request's events from 0 (in NDJSON: the lines that are not blank)."""

    index: int
    code: str
    detail: str


def _not_a_number(text: str) -> float:
    del text
    return math.nan


def _integer(digits: str) -> float:
    return int(digits) if len(digits) <= _DIGITS_MAX else math.inf


_SAID_OF_COUNTS = {
    "missing required field": "missing_field",
    "of length <=": "too_long",
    " >= ": "out_of_range",
    " <= ": "out_of_range",
}
"""By what a sentence of the decoder has in it."""
_lenient = JSONDecoder(parse_constant=_not_a_number, parse_int=_integer)


def explain(text: bytes) -> Reason:
    """Why this JSON text is not an event of the accepted form. Never raises."""
    try:
        value = _lenient.decode(text.decode())
    except UnicodeDecodeError:
        return Reason("invalid_utf8", "the event is not valid UTF-8")
    except RecursionError:
        return Reason("nested_too_deep", "the event is nested too deeply to be read")
    except ValueError:
        return Reason("invalid_json", "the event is not valid JSON")
    if not isinstance(value, dict):
        return Reason("wrong_type", "an event is a JSON object")
    if "type" not in value:
        return Reason("missing_field", "type: is required")
    fields = FIELDS.get(value["type"]) if isinstance(value["type"], str) else None
    if fields is None:
        return Reason("unknown_type", 'type: must be "exposure", "metric" or "usage"')
    return _explain_fields(value, fields) or Reason("malformed_event", "the event does not have the accepted form")


def _explain_fields(event: Mapping[str, Any], fields: Mapping[str, _Field]) -> Reason | None:
    for name, field in fields.items():
        if name not in event:
            if field.required:
                return Reason("missing_field", f"{name}: is required")
            continue
        value = event[name]
        if value is None and field.null_is_absent:
            continue
        if found := field.check(value):
            return Reason(found.code, f"{name}: {found.detail}")
    for name in event.keys() - fields.keys():
        if found := _scalar_reason(name) or _inner_reason(event[name], ATTRIBUTE_DEPTH_MAX):
            return Reason(found.code, f"a field that is not part of an event: {found.detail}")
    return None


def _scalar_reason(value: Any) -> Reason | None:
    if isinstance(value, str):
        if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
            return Reason("lone_surrogate", "holds half of a surrogate pair")
        if "\0" in value:
            return Reason("nul_character", "holds the character NUL")
    elif isinstance(value, float) and not math.isfinite(value):
        return Reason("not_finite", "must be a finite number")
    elif isinstance(value, int) and not INTEGER_MIN <= value <= INTEGER_MAX:
        return Reason("out_of_range", "an integer must fit 64 bits")
    return None


def _inner_reason(value: Any, depth_left: int) -> Reason | None:
    if isinstance(value, dict | list):
        if depth_left == 0:
            return Reason("nested_too_deep", f"may be nested {ATTRIBUTE_DEPTH_MAX} deep")
        members = value if isinstance(value, list) else [*value.keys(), *value.values()]
        return next((found for each in members if (found := _inner_reason(each, depth_left - 1))), None)
    return _scalar_reason(value)


def _text(length_max: int, *, empty: bool = False) -> Callable[[Any], Reason | None]:
    def check(value: Any) -> Reason | None:
        if not isinstance(value, str):
            return Reason("wrong_type", "must be a string")
        if not value and not empty:
            return Reason("empty_field", "must not be empty")
        if len(value) > length_max:
            return Reason("too_long", f"may be {length_max} characters long")
        return _scalar_reason(value)

    return check


def _user_key(value: Any) -> Reason | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return Reason("wrong_type", "must be a string, or a number without a fraction below 2^53")
    return _text(USER_KEY_LENGTH_MAX)(value) if isinstance(value, str) else _scalar_reason(value)


def _timestamp(value: Any) -> Reason | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return Reason("wrong_type", "must be a string in RFC 3339 form, or milliseconds since 1970")
    if (found := _scalar_reason(value)) or not isinstance(value, str):
        return found
    try:
        msgspec.convert(value, Timestamp)
    except msgspec.ValidationError:
        return Reason("invalid_timestamp", "must be RFC 3339 with an offset, like 2026-01-05T10:00:00Z")
    return None


def _version(value: Any) -> Reason | None:
    if isinstance(value, bool) or not isinstance(value, int):
        return _scalar_reason(value) or Reason("wrong_type", "must be an integer")
    return Reason("out_of_range", "must be from 0 to 2^63 - 1") if not 0 <= value <= INTEGER_MAX else None


def _number(value: Any) -> Reason | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return Reason("wrong_type", "must be a number; leave it out for an event that only counts")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        return Reason("not_finite", "must be a finite number")
    if abs(number) > METRIC_VALUE_MAX:
        return Reason("out_of_range", "must be from -10^15 to 10^15")
    return None


def _attributes(value: Any) -> Reason | None:
    if not isinstance(value, dict):
        return Reason("wrong_type", "must be an object")
    for name in value:
        if not 1 <= len(name) <= ATTRIBUTE_NAME_LENGTH_MAX:
            return Reason("too_long", f"an attribute's name has 1 to {ATTRIBUTE_NAME_LENGTH_MAX} characters")
    return _inner_reason(value, ATTRIBUTE_DEPTH_MAX)


def _experiments(value: Any) -> Reason | None:
    if not isinstance(value, list):
        return Reason("wrong_type", 'must be a list such as [{"key": "checkout-test", "phase": 1}]')
    if len(value) > EXPERIMENTS_MAX:
        return Reason("too_long", f"may name {EXPERIMENTS_MAX} experiments")
    return next((found for each in value if (found := _experiment(each))), None)


def _experiment(value: Any) -> Reason | None:
    if not isinstance(value, dict):
        return Reason("wrong_type", "each must be an object with `key` and `phase`")
    if "key" not in value:
        return Reason("missing_field", "each needs a `key`")
    phase = value.get("phase", 1)
    if found := _text(NAME_LENGTH_MAX)(value["key"]):
        return found
    if isinstance(phase, bool) or not isinstance(phase, int):
        return _scalar_reason(phase) or Reason("wrong_type", "a phase must be an integer")
    if not 1 <= phase <= PHASE_MAX:
        return Reason("out_of_range", "a phase must be from 1 to 2^31 - 1")
    return next((found for each in value.values() if (found := _inner_reason(each, ATTRIBUTE_DEPTH_MAX))), None)


def _counts(value: Any) -> Reason | None:
    if not isinstance(value, list):
        return Reason("wrong_type", 'must be a list such as [{"flag": "new-checkout", "reason": "STATIC", "count": 3}]')
    if not value:
        return Reason("empty_field", "must not be empty")
    if len(value) > USAGE_COUNTS_MAX:
        return Reason("too_long", f"may have {USAGE_COUNTS_MAX} elements")
    found = (_inner_reason(each, ATTRIBUTE_DEPTH_MAX) or _count(index, each) for index, each in enumerate(value))
    return next((each for each in found if each), None)


def _count(index: int, value: Any) -> Reason | None:
    """What the type says of a wrong count, without what it was."""
    try:
        msgspec.convert(value, UsageCount)
    except msgspec.ValidationError as error:
        said, _, path = str(error).partition(" - at `$")
        where = f"[{index}]{path.rstrip('`')}"
        if said.startswith("Invalid enum value"):
            return Reason("unknown_value", f"{where}: is none of OpenFeature's")
        code = next((code for part, code in _SAID_OF_COUNTS.items() if part in said), "wrong_type")
        return Reason(code, f"{where}: {said}")
    return None


def _boolean(value: Any) -> Reason | None:
    return None if isinstance(value, bool) else _scalar_reason(value) or Reason("wrong_type", "must be true or false")


_CHECKS: Mapping[Any, Callable[[Any], Reason | None]] = {
    Attributes: _attributes,
    ConfigVersion: _version,
    EventId: _text(EVENT_ID_LENGTH_MAX),
    ExperimentKey: _text(NAME_LENGTH_MAX, empty=True),
    Experiments: _experiments,
    Name: _text(NAME_LENGTH_MAX),
    SentUserKey: _user_key,
    Timestamp: _timestamp,
    SplitName: _text(NAME_LENGTH_MAX, empty=True),
    UnitKey: _text(USER_KEY_LENGTH_MAX, empty=True),
    UsageCounts: _counts,
    MetricValue: _number,
    bool: _boolean,
}


@dataclass(frozen=True, slots=True)
class _Field:
    check: Callable[[Any], Reason | None]
    required: bool = True
    null_is_absent: bool = False


def _fields(event: type[Event]) -> dict[str, _Field]:
    tag = {"type": _Field(_text(NAME_LENGTH_MAX))}
    return tag | {each.name: _Field(_CHECKS[each.kind], each.required, each.nullable) for each in fields_of(event)}


FIELDS: Mapping[str, Mapping[str, _Field]] = {name: _fields(event) for name, event in EVENTS.items()}
