"""The log as it is read: pages for lists, and a stream for exports; never more of it at once than a bound."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import takewhile
from uuid import UUID

import asyncpg
from service_kit.deadlines import piecewise
from service_kit.pagination import InvalidCursor, Page, PageRequest, cursor_of

from control_plane.access import Actor
from control_plane.audit.filters import AuditFilter
from control_plane.audit.heads import heads_before
from control_plane.audit.readers import Reader, reader_of
from control_plane.audit.schemas import AuditEntryView, AuditHeadView
from control_plane.audit.views import entry_views
from control_plane.changes.queries import last_number
from control_plane.changes.search import Found, Search, entries, following, newest
from control_plane.database import Connection, Database
from control_plane.environments.queries import environment_keys

BYTES_MAX = 4 * 1024 * 1024
"""How much of `before` and `after` is held at once, however many entries are asked for; one entry always is."""
_WINDOW = 500


class AuditLog:
    """Of all organizations; each answer is what its actor may see."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self, actor: Actor, organization: str, wanted: AuditFilter, page: PageRequest
    ) -> Page[AuditEntryView]:
        """The newest first. Raises `NotFound`, `Forbidden` and `InvalidInput`."""
        before = _position(page.after)
        async with self._database.transaction("repeatable_read") as tx:
            reader = await reader_of(tx, actor, organization)
            found = await newest(tx, await wanted.search(tx, reader), before, page.fetch)
            given = _bounded(found[: page.limit])
            rows, environments = await _read(tx, reader, given)
        items = await entry_views(rows, reader.project_keys, environments)
        more = len(given) < len(found)
        return Page(items=items, next_cursor=cursor_of(_sort_key(given[-1])) if more else None)

    async def begin(self, actor: Actor, organization: str, wanted: AuditFilter) -> tuple[Reader, Search, int]:
        """What an export will read, and up to which entry. Raises like `page`."""
        async with self._database.transaction() as tx:
            reader = await reader_of(tx, actor, organization)
            search = await wanted.search(tx, reader)
            return reader, search, await last_number(tx, reader.organization_id)

    async def following(
        self, reader: Reader, search: Search, after: int, until: int
    ) -> AsyncIterator[Sequence[AuditEntryView]]:
        """Entries above `after`, in the order of the chain, in pieces; a transaction for each of them."""
        while True:
            async with self.piece() as tx:
                found = await following(tx, search, after, until, _WINDOW)
                given = _bounded(found)
                rows, environments = await _read(tx, reader, given)
            if given:
                yield await entry_views(rows, reader.project_keys, environments)
                after = given[-1].number
            if len(given) == len(found) < _WINDOW:
                return

    async def newest_head(self, reader: Reader) -> AuditHeadView | None:
        """The last one that was signed."""
        async with self._database.transaction() as tx:
            return next(iter(await heads_before(tx, reader.organization_id, None, 1)), None)

    @asynccontextmanager
    async def piece(self) -> AsyncIterator[Connection]:
        """A read of its own for one piece of a long answer: between two of them no connection is held."""
        with piecewise():
            async with self._database.transaction("repeatable_read") as tx:
                yield tx


async def _read(tx: Connection, reader: Reader, given: Sequence[Found]) -> tuple[list[asyncpg.Record], dict[UUID, str]]:
    rows = await entries(tx, reader.organization_id, [each.number for each in given])
    named = {UUID(each) for row in rows for each in row["environment_versions"]}
    return rows, await environment_keys(tx, reader.organization_id, named)


def _bounded(found: Sequence[Found]) -> list[Found]:
    held = 0

    def fits(each: Found) -> bool:
        nonlocal held
        held += each.bytes
        return held <= BYTES_MAX or held == each.bytes

    return list(takewhile(fits, found))


def _sort_key(found: Found) -> str:
    return f"{found.at.isoformat()} {found.number}"


def _position(after: str | None) -> tuple[datetime, int] | None:
    if after is None:
        return None
    moment, _, number = after.partition(" ")
    try:
        at = datetime.fromisoformat(moment)
        if at.tzinfo is None or not (number.isascii() and number.isdigit() and len(number) < 19):
            raise InvalidCursor
        return at.astimezone(UTC), int(number)
    except (ValueError, OverflowError):
        raise InvalidCursor from None
