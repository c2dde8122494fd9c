"""Moments as text: RFC 3339 in UTC on the way out, that or epoch milliseconds on the way in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import overload

from service_kit.problems import FieldError, InvalidInput

_MILLISECONDS_MAX = 7_258_118_400_000


@overload
def rfc3339(epoch_milliseconds: int) -> str: ...


@overload
def rfc3339(epoch_milliseconds: None) -> None: ...


@overload
def rfc3339(epoch_milliseconds: int | None) -> str | None: ...


def rfc3339(epoch_milliseconds: int | None) -> str | None:
    """With milliseconds; None stays None."""
    if epoch_milliseconds is None:
        return None
    text = datetime.fromtimestamp(epoch_milliseconds / 1000, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


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
