"""Instants in requests."""

from __future__ import annotations

from datetime import datetime

from service_kit.problems import FieldError, InvalidInput


def check_future(field: str, moment: datetime | None, now: datetime) -> None:
    """Raises `InvalidInput` for a moment without an offset or in the past; None is no moment."""
    if moment is None:
        return
    if moment.tzinfo is None:
        raise InvalidInput([FieldError(field, "no_offset", "needs an offset, such as Z")])
    if moment <= now:
        raise InvalidInput([FieldError(field, "in_the_past", "must lie in the future")])
