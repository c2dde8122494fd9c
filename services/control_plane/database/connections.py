"""The connection that everything in the control plane works with: one of the pool, with one moment of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Literal, TypeAlias
from uuid import UUID

import asyncpg
from asyncpg.pool import PoolConnectionProxy
from service_kit.clock import Clock

from control_plane.database.kept_back import KeptBack, RowKind
from control_plane.database.statement_spans import statement_span
from control_plane.database.statements import Statement, together
from control_plane.database.tenancy import Tenancy

Isolation = Literal["read_committed", "repeatable_read"]
Record = asyncpg.Record
Driver: TypeAlias = "PoolConnectionProxy[Record] | asyncpg.Connection[Record]"

_BEGIN = {"read_committed": "BEGIN", "repeatable_read": "BEGIN ISOLATION LEVEL REPEATABLE READ"}


class CommitUnknown(Exception):
    """The connection broke between a commit and its answer."""


class Connection:
    """For one piece of work, mostly a transaction.

    `now` is read from the clock once, when it is first asked for: all that a transaction writes is of that moment.
    """

    __slots__ = ("_clock", "_kept_back", "_now", "_session", "_tenancy", "_waiting", "driver")

    def __init__(self, driver: Driver, clock: Clock, tenancy: Tenancy, session: str | None) -> None:
        self.driver = driver
        self._clock = clock
        self._tenancy = tenancy
        self._session = session
        """The role that the session works as outside of transactions; None: the login's."""
        self._now: datetime | None = None
        self._waiting: list[Statement] = []
        self._kept_back: KeptBack | None = None

    @property
    def now(self) -> datetime:
        if self._now is None:
            self._now = datetime.fromtimestamp(self._clock.now() / 1000, UTC)
        return self._now

    @asynccontextmanager
    async def transaction(
        self, isolation: Isolation = "read_committed", tenancy: Tenancy | None = None
    ) -> AsyncIterator[None]:
        """Committed at the end of the block, rolled back when it raises. `tenancy`: another than the connection's.

        Raises `CommitUnknown` when the connection breaks while it commits.
        """
        self._tenancy = tenancy or self._tenancy
        try:
            # In one round trip.
            await self.driver.execute(_BEGIN[isolation] + self._tenancy.beginning(self._session))
            yield
            await self._send_all()
        except Exception:
            self._forget()
            if not is_lost(self.driver):
                await self.driver.execute("ROLLBACK")
            raise
        except BaseException:
            # Told to end: nobody waits for an answer any more.
            self.driver.terminate()
            raise
        await self._commit()

    async def enter(self, organizations: Iterable[UUID]) -> None:
        """Lets the rest of the transaction reach these tenants besides: those of a person who was just identified, or
        one that is being made."""
        wider = self._tenancy.within(organizations)
        if wider != self._tenancy:
            self._tenancy = wider
            await self.driver.execute(self._tenancy.naming_tenants())

    @asynccontextmanager
    async def attempt(self) -> AsyncIterator[None]:
        """A part of the transaction that leaves nothing behind when it raises; what was before it stays."""
        await self._send_all()
        await self.driver.execute("SAVEPOINT attempt")
        try:
            yield
            await self._send_all()
        except Exception:
            self._forget()
            if not is_lost(self.driver):
                await self.driver.execute("ROLLBACK TO SAVEPOINT attempt")
            raise
        await self.driver.execute("RELEASE SAVEPOINT attempt")

    def later(self, sql: str, *values: object) -> None:
        """A write whose answer nobody waits for. It is sent with `fetchrow_after`, or before whatever comes first."""
        self._waiting.append(Statement(sql, values))

    def keep_back(self, kind: RowKind, row: Mapping[str, object], *names: object) -> None:
        """A row whose answer nobody waits for, either. With all others of its kind it is sent by one statement, as late
        as can be, so that its lock is held for moments: before whatever may depend on it, and at the end. `names`: what
        `fetch_beside` finds it by."""
        if self._kept_back is None:
            self._kept_back = KeptBack(kind)
        assert self._kept_back.kind is kind  # noqa: S101 - there is one
        self._kept_back.rows.append(dict(row))
        self._kept_back.names.update(names)

    async def send_kept_back(self) -> None:
        """What was kept back has been written then."""
        kept, self._kept_back = self._kept_back, None
        if kept is not None:
            await self._send_waiting()
            with statement_span(kept.kind.sql):
                await self.driver.execute(kept.kind.sql, kept.rows)

    async def fetch_beside(self, names: Collection[object], sql: str, *values: object) -> list[Record]:
        """A question about what these names find, and no other rows of a kind that may be kept back."""
        if self._kept_back is not None and not self._kept_back.names.isdisjoint(names):
            await self.send_kept_back()
        if self._waiting:
            await self._send_waiting()
        with statement_span(sql):
            return await self.driver.fetch(sql, *values)

    async def fetchrow_after(self, sql: str, *values: object) -> Record | None:
        """With what is to be sent later, in one round trip: `sql` begins with WITH, and neither reads nor writes what
        those write."""
        await self.send_kept_back()
        waiting, self._waiting = self._waiting, []
        statement = together(sql, values, waiting)
        with statement_span(sql):
            return await self.driver.fetchrow(statement.sql, *statement.values)

    async def _send_all(self) -> None:
        await self.send_kept_back()
        await self._send_waiting()

    async def _before(self, sql: str) -> None:
        """Sends what this statement may depend on."""
        if self._kept_back is not None and self._kept_back.kind.concerns(sql):
            await self.send_kept_back()
        if self._waiting:
            await self._send_waiting()

    def _forget(self) -> None:
        self._waiting.clear()
        self._kept_back = None

    async def _send_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            with statement_span(each.sql):
                await self.driver.execute(each.sql, *each.values)

    async def _commit(self) -> None:
        if is_lost(self.driver):
            raise asyncpg.ConnectionDoesNotExistError("the connection was closed before the commit")
        try:
            with statement_span("COMMIT"):
                status = await self.driver.execute("COMMIT")
        except asyncpg.PostgresError as error:
            if is_lost(self.driver):
                raise CommitUnknown from error
            raise
        except (OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
            raise CommitUnknown from error
        if status != "COMMIT":
            raise asyncpg.InFailedSQLTransactionError("a statement had failed, so the transaction was rolled back")

    async def execute(self, sql: str, *values: object) -> str:
        await self._before(sql)
        with statement_span(sql):
            return await self.driver.execute(sql, *values)

    async def executemany(self, sql: str, rows: list[tuple[object, ...]]) -> None:
        await self._before(sql)
        with statement_span(sql):
            await self.driver.executemany(sql, rows)

    async def fetch(self, sql: str, *values: object) -> list[Record]:
        await self._before(sql)
        with statement_span(sql):
            return await self.driver.fetch(sql, *values)

    async def fetchrow(self, sql: str, *values: object) -> Record | None:
        await self._before(sql)
        with statement_span(sql):
            return await self.driver.fetchrow(sql, *values)

    async def fetchval(self, sql: str, *values: object) -> Any:
        await self._before(sql)
        with statement_span(sql):
            return await self.driver.fetchval(sql, *values)


def is_lost(driver: Driver) -> bool:
    """Whether the connection broke: the pool takes it back under our hands when it does."""
    try:
        return driver.is_closed()
    except asyncpg.InterfaceError:
        return True
