"""Moments in query parameters."""

from __future__ import annotations

from datetime import datetime

from service_kit.problems import FieldError, InvalidInput

_MILLISECONDS_MAX = 7_258_118_400_000


def instant(text: str | None, field: str) -> int | None:
    """Epoch milliseconds of RFC 3339 text with an offset, or of digits. Raises InvalidInput that names `field`."""
    if text is None:
        return None
    if text.isascii() and text.isdigit():
        value = int(text)
    else:
        try:
            # A plus sign in a query that was not percent-encoded arrives as a space.
            parsed = datetime.fromisoformat(text.replace(" ", "+"))
        except ValueError:
            raise _wrong(field) from None
        if parsed.tzinfo is None:
            raise _wrong(field)
        value = round(parsed.timestamp() * 1000)
    if not 0 <= value <= _MILLISECONDS_MAX:
        raise _wrong(field)
    return value


def _wrong(field: str) -> InvalidInput:
    reason = "must be RFC 3339 with an offset, such as 2026-01-05T10:00:00Z, or epoch milliseconds, before 2200"
    return InvalidInput([FieldError(field, "not_an_instant", reason)])
