"""The connection that everything in the control plane works with: one of the pool, with one moment of its own."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

import asyncpg
from asyncpg.pool import PoolConnectionProxy
from asyncpg.transaction import Transaction
from service_kit.clock import Clock

Isolation = Literal["read_committed", "repeatable_read"]
Record = asyncpg.Record


class Connection:
    """For one piece of work, mostly a transaction.

    `now` is read from the clock once, when it is first asked for: all that a transaction writes is of that moment.
    """

    __slots__ = ("_clock", "_now", "driver")

    def __init__(self, driver: PoolConnectionProxy[Record], clock: Clock) -> None:
        self.driver = driver
        self._clock = clock
        self._now: datetime | None = None

    @property
    def now(self) -> datetime:
        if self._now is None:
            self._now = datetime.fromtimestamp(self._clock.now() / 1000, UTC)
        return self._now

    def transaction(self, isolation: Isolation = "read_committed") -> Transaction:
        return self.driver.transaction(isolation=isolation)

    async def execute(self, sql: str, *values: object) -> str:
        return await self.driver.execute(sql, *values)

    async def executemany(self, sql: str, rows: list[tuple[object, ...]]) -> None:
        await self.driver.executemany(sql, rows)

    async def fetch(self, sql: str, *values: object) -> list[Record]:
        return await self.driver.fetch(sql, *values)

    async def fetchrow(self, sql: str, *values: object) -> Record | None:
        return await self.driver.fetchrow(sql, *values)

    async def fetchval(self, sql: str, *values: object) -> Any:
        return await self.driver.fetchval(sql, *values)
