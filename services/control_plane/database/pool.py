"""One pool of PostgreSQL connections; one request or one message is one transaction."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import msgspec
from asyncpg.pool import PoolConnectionProxy
from service_kit.clock import Clock
from service_kit.logs import get_logger
from service_kit.problems import Unavailable

from control_plane.database.connections import Connection, Isolation
from control_plane.database.migrate import migrate

_log = get_logger("database")
_RETRY_SECONDS_MIN, _RETRY_SECONDS_MAX = 0.25, 5.0
_AWAY = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    # How the driver tells of a connection that broke while it was being used.
    asyncpg.InternalClientError,
)
_BUSY = (
    asyncpg.LockNotAvailableError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.QueryCanceledError,
)
_SESSION = {
    "application_name": "control_plane",
    "statement_timeout": "10s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "30s",
    "timezone": "UTC",
}


class Database:
    """Hands out connections of the pool; a database that is away or too busy raises `Unavailable` (503)."""

    def __init__(self, url: str, clock: Clock, *, pool_size: int = 10, acquire_timeout_seconds: float = 5.0) -> None:
        self._url = url
        self._clock = clock
        self._pool_size = pool_size
        self._acquire_timeout_seconds = acquire_timeout_seconds
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None
        self._missing = "nothing has been tried"

    @classmethod
    async def connect(cls, url: str, clock: Clock, *, pool_size: int = 10, wait_seconds: float = 30.0) -> Database:
        """A database that is open."""
        database = cls(url, clock, pool_size=pool_size)
        await database.open(wait_seconds)
        return database

    async def open(self, wait_seconds: float = 30.0) -> None:
        """Opens the pool, trying for `wait_seconds` while the server is not there yet."""
        deadline = time.monotonic() + wait_seconds
        while self._pool is None:
            try:
                self._pool = await self._new_pool()
            except _AWAY as error:
                if time.monotonic() >= deadline:
                    raise
                _log.warning("database not reachable, trying again", error=type(error).__name__)
                await asyncio.sleep(0.25)

    async def keep_opening(self, prepare: Callable[[Connection], Awaitable[None]]) -> None:
        """Opens the pool for others once `prepare` has done its part. Whatever is in the way is told to the log and
        to `check`, and tried again for ever."""
        pause = _RETRY_SECONDS_MIN
        while self._pool is None:
            try:
                pool = await self._new_pool()
                try:
                    async with pool.acquire() as driver:
                        await prepare(Connection(driver, self._clock))
                    self._pool = pool
                finally:
                    if self._pool is not pool:
                        pool.terminate()
            except Exception as error:
                self._missing = f"{type(error).__name__}: {error}"
                _log.warning("the database can't be opened, trying again", error=self._missing, retry_in_seconds=pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, _RETRY_SECONDS_MAX)

    async def _new_pool(self) -> asyncpg.Pool[asyncpg.Record]:
        return await asyncpg.create_pool(
            self._url,
            min_size=1,
            max_size=self._pool_size,
            timeout=5,
            command_timeout=30,
            server_settings=_SESSION,
            init=_prepare,
        )

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection outside of a transaction."""
        if self._pool is None:
            raise Unavailable(f"the database is not open yet ({self._missing})", code="database_unavailable")
        try:
            async with self._pool.acquire(timeout=self._acquire_timeout_seconds) as driver:
                try:
                    yield Connection(driver, self._clock)
                except asyncpg.InterfaceError as error:
                    if _is_lost(driver):
                        raise asyncpg.ConnectionDoesNotExistError(str(error)) from error
                    raise
        except _AWAY as error:
            _log.warning("database away", error=type(error).__name__)
            raise Unavailable("the database can't be reached", code="database_unavailable") from error
        except _BUSY as error:
            _log.warning("database busy", error=type(error).__name__)
            raise Unavailable("the database is busy, try again", code="database_busy") from error

    @asynccontextmanager
    async def transaction(self, isolation: Isolation = "read_committed") -> AsyncIterator[Connection]:
        """A transaction: committed at the end of the block, rolled back when it raises."""
        async with self.connection() as connection, connection.transaction(isolation):
            yield connection

    async def migrate(self) -> list[str]:
        """Applies the migrations that are missing; answers their names."""
        async with self.connection() as connection:
            return await migrate(connection)

    async def check(self) -> str | None:
        """For readiness: None, or what is wrong."""
        try:
            async with self.connection() as connection:
                await connection.fetchval("SELECT 1")
        except Unavailable as problem:
            return problem.detail
        return None

    async def listen(self, channel: str, heard: Callable[[], None]) -> None:
        """Calls `heard` for each notification, and after each reconnection, until it is cancelled."""
        while True:
            try:
                await self._listen_once(channel, heard)
            except (*_AWAY, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                _log.warning("not listening, trying again", channel=channel, error=type(error).__name__)
            await asyncio.sleep(1)

    async def _listen_once(self, channel: str, heard: Callable[[], None]) -> None:
        closed = asyncio.Event()
        connection = await asyncpg.connect(self._url, timeout=5, server_settings=_SESSION)
        try:
            connection.add_termination_listener(lambda _: closed.set())
            await connection.add_listener(channel, lambda *_: heard())
            heard()
            await closed.wait()
        finally:
            await connection.close(timeout=2)

    async def close(self) -> None:
        """Returns when all connections are closed, by force after five seconds."""
        pool, self._pool = self._pool, None
        if pool is None:
            return
        try:
            async with asyncio.timeout(5):
                await pool.close()
        except TimeoutError:
            pool.terminate()


def _is_lost(driver: PoolConnectionProxy[asyncpg.Record]) -> bool:
    """Whether the connection broke: the pool takes it back under our hands when it does."""
    try:
        return driver.is_closed()
    except asyncpg.InterfaceError:
        return True


async def _prepare(connection: Any) -> None:
    for name in ("json", "jsonb"):
        await connection.set_type_codec(
            name,
            schema="pg_catalog",
            encoder=lambda value: msgspec.json.encode(value).decode(),
            decoder=msgspec.json.decode,
        )
