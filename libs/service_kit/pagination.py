"""Lists in pages: `?limit=50&cursor=…` gives `{"items": […], "next_cursor": … or null}`.

The cursor holds the sort key of the last row that was given, so that rows added meanwhile shift nothing.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel

from service_kit.problems import FieldError, InvalidInput

LIMIT_MAX = 200
CURSOR_LENGTH_MAX = 2000
_DIGITS_MAX = 19
T = TypeVar("T")
Row = TypeVar("Row")


class InvalidCursor(InvalidInput):
    """The one refusal of every list."""

    def __init__(self) -> None:
        super().__init__([FieldError("cursor", "invalid_cursor", "is not a cursor of this list")])


class Page(BaseModel, Generic[T]):
    items: list[T]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class PageRequest:
    """The page that is asked for. `after` is the sort key of the last row already given, None for the first page."""

    limit: int
    after: str | None

    @property
    def fetch(self) -> int:
        """Rows to ask the database for: one more than wanted shows whether there is another page."""
        return self.limit + 1


async def requested_page(
    limit: Annotated[int, Query(ge=1, le=LIMIT_MAX)] = 50,
    cursor: Annotated[str | None, Query(max_length=CURSOR_LENGTH_MAX)] = None,
) -> PageRequest:
    if cursor is None:
        return PageRequest(limit, None)
    try:
        after = base64.b64decode(cursor.encode("ascii"), altchars=b"-_", validate=True).decode("utf-8")
    except (binascii.Error, UnicodeError):
        after = ""
    if not after or "\x00" in after:
        raise InvalidCursor
    return PageRequest(limit, after)


RequestedPage = Annotated[PageRequest, Depends(requested_page)]


def page_of(rows: Sequence[Row], page: PageRequest, sort_key: Callable[[Row], str]) -> tuple[list[Row], str | None]:
    """The rows of this page and the cursor of the next one, from at most `page.fetch` rows."""
    if len(rows) <= page.limit:
        return list(rows), None
    given = list(rows[: page.limit])
    return given, cursor_of(sort_key(given[-1]))


def cursor_of(sort_key: str) -> str:
    """The cursor after the row with this sort key."""
    return base64.urlsafe_b64encode(sort_key.encode()).decode()


def position_of(row: Any) -> str:
    """The sort key of a row with `created_at` and `id`."""
    return f"{row['created_at'].isoformat()} {row['id']}"


def moment_position(after: str | None) -> tuple[datetime, UUID] | None:
    """The inverse of `position_of`. Raises `InvalidCursor` for a cursor of another list."""
    if after is None:
        return None
    moment, _, identity = after.partition(" ")
    try:
        parsed, row_id = datetime.fromisoformat(moment), UUID(identity)
        if parsed.tzinfo is None:
            raise InvalidCursor
        return parsed.astimezone(UTC), row_id
    except (ValueError, OverflowError):
        raise InvalidCursor from None


def number_position(after: str | None) -> int | None:
    """The sort key of a list that is ordered by a number. Raises `InvalidCursor` for a cursor of another list."""
    if after is None:
        return None
    if not (after.isascii() and after.isdigit() and len(after) < _DIGITS_MAX):
        raise InvalidCursor
    return int(after)
