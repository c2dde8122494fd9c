"""RE2 patterns: matching time is linear in the text, whatever the pattern."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any

from bucketing.hashing import text_bytes

PATTERN_BYTES_MAX = 1024
_MEMORY_BYTES_MAX = 1 << 20


@cache
def _library() -> Any:
    """Google's RE2, loaded by who has a pattern; None where it is missing: the other operators work without it."""
    try:
        return import_module("re2")
    except ImportError:
        return None


class InvalidPattern(ValueError):
    """A pattern that can't be used; the text says why."""


def compile_pattern(pattern: str) -> Callable[[str], bool]:
    """A function that says whether `pattern` is found anywhere in a text (`$` is the end of the text only).

    Raises InvalidPattern for one that RE2 refuses, of more than 1,024 bytes, or if google-re2 is missing.
    """
    encoded = text_bytes(pattern)
    if len(encoded) > PATTERN_BYTES_MAX:
        raise InvalidPattern(f"a pattern has at most {PATTERN_BYTES_MAX} bytes, this one has {len(encoded)}")
    re2 = _library()
    if re2 is None:
        raise InvalidPattern("the operator matches needs the package google-re2")
    options = re2.Options()
    options.max_mem = _MEMORY_BYTES_MAX
    options.log_errors = False
    options.never_capture = True
    try:
        search = re2.compile(encoded, options).search
    except re2.error as error:
        detail = error.args[0] if error.args else b""
        text = detail.decode("utf-8", "replace") if isinstance(detail, bytes) else str(detail)
        raise InvalidPattern(f"not an RE2 pattern: {text}") from None

    def found(text: str) -> bool:
        return search(text_bytes(text)) is not None

    return found


_CLASS_ESCAPE = r"\\[pP](?:\{\^?(?P<class>[^}]*)\}|(?P<short>.))"
_PART = re.compile(
    r"\\Q.*?(?:\\E|\Z)"
    rf"|{_CLASS_ESCAPE}"
    r"|(?P<byte>\\C)"
    r"|\\."
    r"|(?P<list>\[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*\])"
    r"|\(\?P?<(?P<group>[^>]*)>"
    r"|.",
    re.DOTALL,
)
_PART_OF_LIST = re.compile(rf"{_CLASS_ESCAPE}|\\.|[^\\]+", re.DOTALL)
_CLASS_NAME = re.compile(r"[A-Z][a-z]*")
_UNASSIGNED_OR_NOT = "C"
_GROUP_NAME = re.compile(r"[A-Za-z0-9_]+")


def difference_of(pattern: str) -> str | None:
    """Why the SDKs, which have RE2 from other hands, would not all read an RE2 pattern as this engine does; None if
    they do. Such a pattern is evaluated here, but not saved."""
    groups: set[str] = set()
    for part in _PART.finditer(pattern):
        for each in (part, *_PART_OF_LIST.finditer(part["list"] or "")):
            name = each["class"] or each["short"]
            if name is not None and (name == _UNASSIGNED_OR_NOT or not _CLASS_NAME.fullmatch(name)):
                return f"the class {name} of characters is not the same in every SDK"
        if part["byte"] is not None:
            return r"\C, a single byte, is not there in every SDK"
        if part["group"] is not None:
            if part["group"] in groups or not _GROUP_NAME.fullmatch(part["group"]):
                return "names of groups are ASCII letters, digits and underscores, each name once"
            groups.add(part["group"])
    return None
