"""Collects what is wrong."""

from __future__ import annotations

import re

from bucketing.errors import FieldError, InvalidConfig
from bucketing.flagset import Json
from bucketing.limits import ENTITY_KEY_PATTERN, VARIATION_KEY_PATTERN

FINDINGS_MAX = 100

_ENTITY_KEY = re.compile(ENTITY_KEY_PATTERN)
_VARIATION_KEY = re.compile(VARIATION_KEY_PATTERN)
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


class Findings:
    """Field errors in the order in which they are found, at most 100."""

    def __init__(self) -> None:
        self.errors: list[FieldError] = []

    def add(self, field: str, code: str, reason: str) -> None:
        if len(self.errors) < FINDINGS_MAX:
            self.errors.append(FieldError(field, code, reason))

    def raise_if_any(self) -> None:
        """Raises InvalidConfig with all errors, if there are any."""
        if self.errors:
            raise InvalidConfig.of(self.errors)

    def entity_key(self, key: Json, field: str) -> None:
        if not isinstance(key, str) or not _ENTITY_KEY.fullmatch(key):
            self.add(field, "key", f"must match {ENTITY_KEY_PATTERN}")

    def variation_key(self, key: Json, field: str) -> None:
        if not isinstance(key, str) or not _VARIATION_KEY.fullmatch(key):
            self.add(field, "key", f"must match {VARIATION_KEY_PATTERN}")

    def text(self, text: Json, field: str, bytes_max: int, *, empty: bool = False) -> None:
        """A text without NUL and lone surrogates (no database keeps those), of limited length."""
        if not isinstance(text, str):
            self.add(field, "type", "must be a string")
        elif not text and not empty:
            self.add(field, "empty", "must not be empty")
        elif _UNSTORABLE.search(text):
            self.add(field, "characters", "must not hold NUL or lone surrogates")
        elif len(text.encode()) > bytes_max:
            self.add(field, "too_long", f"must have at most {bytes_max} bytes")

    def count(self, number: int, field: str, maximum: int) -> None:
        if number > maximum:
            self.add(field, "too_many", f"has {number} entries, at most {maximum} are allowed")
