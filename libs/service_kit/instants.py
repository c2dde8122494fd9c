"""Instants in requests."""

from __future__ import annotations

from datetime import UTC, datetime

from service_kit.problems import FieldError, InvalidInput


def check_future(field: str, moment: datetime | None, now: datetime) -> None:
    """Raises `InvalidInput` for a moment without an offset, in the past or after 9999; None is no moment."""
    if moment is None:
        return
    if moment.tzinfo is None:
        raise InvalidInput([FieldError(field, "no_offset", "needs an offset, such as Z")])
    if moment <= now:
        raise InvalidInput([FieldError(field, "in_the_past", "must lie in the future")])
    try:
        moment.astimezone(UTC)
    except OverflowError:
        raise InvalidInput([FieldError(field, "too_late", "must lie before the year 10000")]) from None
