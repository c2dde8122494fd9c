"""JSON as strictly as RFC 8259 and I-JSON (RFC 7493) allow.

Refused with the field named: duplicate keys, NUL characters, lone surrogates, NaN and infinities, integers beyond
2^53, numbers beyond a double's range, more than 64 levels, names over 1,024 characters, more than 200,000 values. What
is too much is told by the bytes, before anything is made of them.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

from service_kit.problems import BadRequest, FieldError, InvalidInput

DEPTH_MAX = 64
ELEMENTS_MAX = 200_000
NAME_LENGTH_MAX = 1024
INTEGER_MAX = 2**53
_NUMBER_TEXT_LENGTH_MAX = 400
_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_BRACKET = re.compile(r"[][{}]")
_TOO_DEEP = f"at most {DEPTH_MAX} levels of nesting"


class _Duplicated(dict[str, Any]):
    """An object that had a key twice."""

    key = ""


def decode_json(body: bytes) -> Any:
    """The value of a JSON text in UTF-8.

    Raises `BadRequest` (`invalid_json`) for what is no JSON, `InvalidInput` for what is JSON but refused.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise BadRequest("the body is not UTF-8", code="invalid_json") from None
    _check_shape(text)
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_constant, parse_int=_integer)
    except json.JSONDecodeError as error:
        detail = f"the body is not valid JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        raise BadRequest(detail, code="invalid_json") from None
    except RecursionError:
        raise _refused("body", "too_deep", _TOO_DEEP) from None
    _check(value, "", 1)
    return value


def _check_shape(text: str) -> None:
    """Refuses too many values and too many levels, in a time linear in the text and without building any of them."""
    if sum(map(text.count, ",[{")) <= ELEMENTS_MAX and text.count("[") + text.count("{") <= DEPTH_MAX:
        return
    bare = _STRING.sub("", text)
    if sum(map(bare.count, ",[{")) > ELEMENTS_MAX:
        raise _refused("body", "too_many_values", f"at most {ELEMENTS_MAX:,} values")
    depth = 0
    for bracket in _BRACKET.finditer(bare):
        depth += 1 if bracket.group() in "[{" else -1
        if depth > DEPTH_MAX:
            raise _refused("body", "too_deep", _TOO_DEEP)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    built = dict(pairs)
    if len(built) == len(pairs):
        return built
    marked = _Duplicated(built)
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            marked.key = key
        seen.add(key)
    return marked


def _constant(_: str) -> float:
    return math.nan


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _NUMBER_TEXT_LENGTH_MAX else math.inf


def _check(value: Any, path: str, depth: int) -> None:
    if isinstance(value, str):
        _check_text(value, path)
    elif depth > DEPTH_MAX and isinstance(value, dict | list):
        raise _refused("body", "too_deep", _TOO_DEEP)
    elif isinstance(value, dict):
        if isinstance(value, _Duplicated):
            raise _refused(f"{path}.{value.key}".lstrip("."), "duplicate_key", "must be given once")
        for key, each in value.items():
            if len(key) > NAME_LENGTH_MAX:
                raise _refused(path or "body", "name_too_long", f"names hold at most {NAME_LENGTH_MAX} characters")
            _check_text(key, path or "body")
            _check(each, f"{path}.{key}".lstrip("."), depth + 1)
    elif isinstance(value, list):
        for index, each in enumerate(value):
            _check(each, f"{path}[{index}]", depth + 1)
    elif isinstance(value, int):
        if abs(value) > INTEGER_MAX:
            raise _refused(path, "number_out_of_range", "integers lie between -2^53 and 2^53")
    elif isinstance(value, float) and not math.isfinite(value):
        raise _refused(path, "number_not_finite", "must be a finite number")


def _check_text(text: str, path: str) -> None:
    if "\x00" in text:
        raise _refused(path, "nul_character", "must not hold a NUL character")
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise _refused(path, "lone_surrogate", "must be well-formed Unicode")


def _refused(path: str, code: str, reason: str) -> InvalidInput:
    shown = path.encode("utf-8", "replace").decode().replace("\x00", "")
    return InvalidInput([FieldError(shown or "body", code, reason)])
