"""The evaluation context as it is sent: a JSON body or query parameters, checked as it comes in.

A body is `{"context": {...}}`. Refused with OpenFeature's error codes: what is not JSON (NaN, lone surrogates,
bad UTF-8, integers of thousands of digits), duplicate keys, NUL, too many attributes, too deep a nesting.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

ATTRIBUTE_NAME_BYTES_MAX = 256
_BEFORE_COLON = (b'":', b" :", b"\t:", b"\n:", b"\r:")
_JSON_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_NUL_ESCAPE = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_decode = msgspec.json.Decoder().decode


class BadRequestBody(Exception):
    """`code` is OpenFeature's (`PARSE_ERROR` or `INVALID_CONTEXT`), `details` a sentence for people."""

    def __init__(self, code: str, details: str) -> None:
        super().__init__(details)
        self.code = code
        self.details = details


@dataclass(frozen=True, slots=True)
class ContextLimits:
    """How large a context may be.

    `attributes`: keys and list elements in the whole context; `depth`: 1 is a context of plain values."""

    attributes: int = 1000
    depth: int = 10


def decode_object(body: bytes, limits: ContextLimits) -> dict[str, Any]:
    """The JSON object in `body`, an empty body being `{}`. Raises BadRequestBody."""
    if not body:
        return {}
    try:
        document = _decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise BadRequestBody("PARSE_ERROR", f"the body is not valid JSON: {_reason(body, error)}") from None
    if type(document) is not dict:
        raise BadRequestBody("PARSE_ERROR", "the body must be a JSON object")
    context = document.get("context")
    # The usual request, a flat context, is seen to be in order by counting: two objects, no list, and no more
    # colons than keys, so that no key can stand there twice.
    if not (
        type(context) is dict
        and len(context) <= limits.attributes
        and body.count(b":") == len(document) + len(context)
        and body.count(b"{") == 2
        and b"[" not in body
        and b"\\u0000" not in body
    ):
        _check(document, body, limits)
    return document


def _reason(body: bytes, error: Exception) -> str:
    """Why the decoder refused, where its own words don't say."""
    try:
        json.dumps(json.loads(body), ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return "text holds half of a surrogate pair"
    except RecursionError:
        return "it is nested too deep"
    except ValueError:
        pass
    return str(error)


def _check(document: dict[str, Any], body: bytes, limits: ContextLimits) -> None:
    keys = _measure(document, limits)
    # A key's colon follows its closing quote or white space; text may hold the same, so a surplus proves nothing.
    if sum(map(body.count, _BEFORE_COLON)) != keys:
        _refuse_duplicates(body)
    if _NUL_ESCAPE.search(body):
        raise BadRequestBody("INVALID_CONTEXT", "text must not contain U+0000")


def check_context(context: Mapping[str, Any], limits: ContextLimits) -> None:
    """The same for a context that came by another way than JSON. Raises BadRequestBody."""
    _measure({"context": context}, limits)
    _check_values(context)


def _check_values(value: Any) -> None:
    if isinstance(value, str):
        if "\0" in value:
            raise BadRequestBody("INVALID_CONTEXT", "text must not contain U+0000")
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise BadRequestBody("INVALID_CONTEXT", "a number must be finite")
    elif isinstance(value, Mapping):
        for name, each in value.items():
            _check_values(name)
            _check_values(each)
    elif isinstance(value, list):
        for each in value:
            _check_values(each)


def context_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """The `context` of a request, `{}` when it is absent or null. Raises BadRequestBody."""
    context = document.get("context")
    if context is None:
        return {}
    if type(context) is not dict:
        raise BadRequestBody("INVALID_CONTEXT", "context: must be a JSON object")
    return context


def query_context(pairs: Iterable[tuple[str, str]], limits: ContextLimits) -> dict[str, Any]:
    """Attributes of a GET: a JSON number, `true` and `false` are read as such, anything else is text.

    `user_id` is also the targeting key, unless `targetingKey` is given. Raises BadRequestBody.
    """
    context: dict[str, Any] = {}
    for name, text in pairs:
        if name in context:
            raise BadRequestBody("INVALID_CONTEXT", f"{name[:64]}: given twice")
        if "\0" in text or "\0" in name or not _is_unicode(name) or not _is_unicode(text):
            raise BadRequestBody("INVALID_CONTEXT", "text must be UTF-8 without U+0000")
        if not name or len(name.encode()) > ATTRIBUTE_NAME_BYTES_MAX:
            raise BadRequestBody("INVALID_CONTEXT", f"an attribute name has 1 to {ATTRIBUTE_NAME_BYTES_MAX} bytes")
        context[name] = text if name in ("user_id", "targetingKey") else _typed(text)
    if len(context) > limits.attributes:
        raise BadRequestBody("INVALID_CONTEXT", f"more than {limits.attributes} attributes")
    if "user_id" in context:
        context.setdefault("targetingKey", context["user_id"])
    return context


def _typed(text: str) -> Any:
    if text in ("true", "false"):
        return text == "true"
    if not _JSON_NUMBER.fullmatch(text) or len(text) > 400:
        return text
    number = float(text) if any(mark in text for mark in ".eE") else int(text)
    return number if math.isfinite(number) else text


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text) and "\ufffd" not in text


def _measure(document: dict[str, Any], limits: ContextLimits) -> int:
    """The number of keys in the document. Raises BadRequestBody when it is over a limit."""
    keys = len(document)
    depth = members = 0
    level: list[Any] = list(document.values())
    while any(type(value) in (dict, list) for value in level):
        depth += 1
        if depth > limits.depth:
            raise BadRequestBody("INVALID_CONTEXT", f"nested deeper than {limits.depth}")
        following: list[Any] = []
        for value in level:
            if type(value) is dict:
                keys += len(value)
                following.extend(value.values())
            elif type(value) is list:
                following.extend(value)
        members += len(following)
        if members > limits.attributes:
            raise BadRequestBody("INVALID_CONTEXT", f"more than {limits.attributes} attributes and elements")
        level = following
    return keys


def _refuse_duplicates(body: bytes) -> None:
    def unique(pairs: list[tuple[str, Any]]) -> None:
        if len({name for name, _ in pairs}) != len(pairs):
            raise BadRequestBody("PARSE_ERROR", "an object has the same key twice")

    try:
        json.loads(body, object_pairs_hook=unique)
    except (ValueError, RecursionError) as error:
        raise BadRequestBody("PARSE_ERROR", f"the body is not valid JSON: {error}") from None
