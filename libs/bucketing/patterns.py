"""RE2 patterns: matching time is linear in the text, whatever the pattern."""

from __future__ import annotations

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
