"""Moments in requests, and lists in the order of a moment and an id."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from service_kit.problems import FieldError, InvalidInput


def check_future(field: str, moment: datetime | None) -> None:
    """Raises `InvalidInput` for a moment without an offset or in the past; None is no moment."""
    if moment is None:
        return
    if moment.tzinfo is None:
        raise InvalidInput([FieldError(field, "no_offset", "needs an offset, such as Z")])
    if moment <= datetime.now(UTC):
        raise InvalidInput([FieldError(field, "in_the_past", "must lie in the future")])


def position_of(row: Any) -> str:
    """The sort key of a row with `created_at` and `id`, for a cursor."""
    return f"{row['created_at'].isoformat()} {row['id']}"


def moment_position(after: str | None) -> tuple[datetime, UUID] | None:
    """The inverse of `position_of`. Raises `InvalidInput` for a cursor of another list."""
    if after is None:
        return None
    moment, _, identity = after.partition(" ")
    try:
        parsed = datetime.fromisoformat(moment), UUID(identity)
    except ValueError:
        parsed = None
    if parsed is None or parsed[0].tzinfo is None:
        raise InvalidInput([FieldError("cursor", "invalid_cursor", "is not a cursor of this list")])
    return parsed
