"""The reason for a request, as its sender gives it: the header `X-Verdict-Reason`, percent-encoded UTF-8."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote_to_bytes

from service_kit.problems import FieldError, InvalidInput

REASON_HEADER = "X-Verdict-Reason"
REASON_LENGTH_MAX = 500
_NAME = REASON_HEADER.lower().encode()
_BARE_PERCENT = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
REASON_PARAMETER: dict[str, Any] = {
    "name": REASON_HEADER,
    "in": "header",
    "required": False,
    "description": "Why: kept by the audit log. Percent-encoded UTF-8, at most 500 characters when decoded.",
    "schema": {"type": "string"},
}
"""The header in an OpenAPI document."""


def reason_of(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """Without blanks around it; empty where none is given. Raises `InvalidInput` that names the header."""
    given = [value for name, value in headers if name == _NAME]
    if not given:
        return ""
    if len(given) > 1:
        raise _refused("repeated", "is given more than once")
    if _BARE_PERCENT.search(given[0]):
        raise _refused("not_percent_encoded", "is not percent-encoded: a % itself is written as %25")
    try:
        reason = unquote_to_bytes(given[0]).decode("utf-8").strip()
    except UnicodeDecodeError:
        raise _refused("not_utf8", "is not UTF-8 when decoded") from None
    if _CONTROL.search(reason):
        raise _refused("control_character", "has a control character")
    if len(reason) > REASON_LENGTH_MAX:
        raise _refused("string_too_long", f"has more than {REASON_LENGTH_MAX} characters")
    return reason


def _refused(code: str, reason: str) -> InvalidInput:
    return InvalidInput([FieldError(REASON_HEADER, code, reason)])
