"""One pool of PostgreSQL connections; one request or one message is one transaction."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeAlias

import asyncpg
import msgspec
from service_kit.clock import Clock
from service_kit.deadlines import seconds_left
from service_kit.logs import get_logger
from service_kit.problems import Unavailable

from control_plane.database.connections import CommitUnknown, Connection, Driver, Isolation, is_lost
from control_plane.database.migrate import migrate
from control_plane.database.patience import Connections, Patience
from control_plane.database.refusals import (
    AWAY,
    COMMIT_UNKNOWN,
    NO_CONNECTION,
    READ_ONLY,
    SLOW,
    UNPREPARED,
    Refusal,
    refusal_of,
)

_log = get_logger("database")
_RETRY_SECONDS_MIN, _RETRY_SECONDS_MAX = 0.25, 5.0
_RELEASE_SECONDS = 1.0
_COMMAND_SECONDS = 30.0
_CHECK_SECONDS = 1.5
_STATEMENTS_KEPT = 500
_LISTENER_SECONDS = 15.0
_LASTING_SECONDS = 10.0
_STATE = "SELECT current_setting('transaction_read_only'), to_regclass('schema_migrations') IS NOT NULL"
# Takes room on the disk and leaves nothing.
_PROBE = "CREATE TEMP TABLE room_on_the_disk AS SELECT 1; DROP TABLE room_on_the_disk"
_DRIVER_ERRORS = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)

Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"


class Database:
    """Hands out connections of the pool. What the server can't do now raises `Unavailable` (503, by `refusals.py`),
    within the time that `patience` and the request leave."""

    def __init__(
        self, url: str, clock: Clock, connections: Connections = Connections(), patience: Patience = Patience()
    ) -> None:
        self._url = url
        self._clock = clock
        self._connections = connections
        self._patience = patience
        self._pool: Pool | None = None
        self._missing = "nothing has been tried"
        self._lasting: tuple[str, float] | None = None
        """Why writes were refused, and when last."""

    @classmethod
    async def connect(cls, url: str, clock: Clock, *, pool_size: int = 10, wait_seconds: float = 30.0) -> Database:
        """A database that is open."""
        database = cls(url, clock, Connections(most=pool_size))
        await database.open(wait_seconds)
        return database

    async def open(self, wait_seconds: float = 30.0) -> None:
        """Opens the pool, trying for `wait_seconds` while the server is not there yet."""
        deadline = time.monotonic() + wait_seconds
        while self._pool is None:
            try:
                self._pool = await self._new_pool()
            except _DRIVER_ERRORS as error:
                if refusal_of(error) is None or time.monotonic() >= deadline:
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
                    async with _held(pool, math.inf) as driver:
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

    async def _new_pool(self) -> Pool:
        return await asyncpg.create_pool(
            self._url,
            min_size=self._connections.kept,
            max_size=self._connections.most,
            timeout=self._patience.connect,
            command_timeout=_COMMAND_SECONDS,
            # A statement that a connection does not know yet costs a second round trip.
            statement_cache_size=_STATEMENTS_KEPT,
            max_cached_statement_lifetime=0,
            server_settings=self._session(),
            init=_prepare,
            reset=_nothing,
        )

    def _session(self) -> dict[str, str]:
        return {
            "application_name": self._connections.name,
            "statement_timeout": f"{round(self._patience.statement * 1000)}ms",
            "lock_timeout": f"{round(self._patience.lock * 1000)}ms",
            "idle_in_transaction_session_timeout": "30s",
            # A statement of a client that has gone ends, also where it waits for a lock.
            "client_connection_check_interval": "2s",
            "timezone": "UTC",
        }

    @asynccontextmanager
    async def connection(self, seconds: float | None = None) -> AsyncIterator[Connection]:
        """A connection outside of a transaction, for `seconds` at most: it is cut when they are over."""
        pool = self._pool
        if pool is None:
            raise Unavailable(f"the database is not open yet ({self._missing})", code="database_unavailable")
        try:
            async with _held(pool, seconds_left(self._patience.work if seconds is None else seconds)) as driver:
                yield Connection(driver, self._clock)
        except CommitUnknown as error:
            raise self._refused(COMMIT_UNKNOWN, error) from error
        except _Refused as refused:
            raise self._refused(refused.refusal, refused) from refused
        except _DRIVER_ERRORS as error:
            refusal = refusal_of(error)
            if refusal is None:
                raise
            raise self._refused(refusal, error) from error

    def _refused(self, refusal: Refusal, error: BaseException) -> Unavailable:
        cause = error.__cause__ or error
        _log.warning("the database refused", code=refusal.code, error=type(cause).__name__, said=str(cause)[:200])
        if refusal.lasts:
            self._lasting = (refusal.sentence, self._clock.monotonic())
        return refusal.problem()

    @asynccontextmanager
    async def transaction(
        self, isolation: Isolation = "read_committed", *, seconds: float | None = None
    ) -> AsyncIterator[Connection]:
        """A transaction: committed at the end of the block, rolled back when it raises."""
        async with self.connection(seconds) as connection, connection.transaction(isolation):
            yield connection

    async def migrate(self) -> list[str]:
        """Applies the migrations that are missing; answers their names."""
        async with self.connection(math.inf) as connection:
            return await migrate(connection)

    async def check(self) -> str | None:
        """For readiness: None, or what is wrong. What work was refused of late counts, not only whether the server
        answers: a full disk lets every question pass."""
        try:
            async with self.connection(_CHECK_SECONDS) as connection:
                read_only, prepared = tuple(await connection.fetchrow(_STATE) or (None, None))
                if read_only == "on":
                    return READ_ONLY.sentence
                if not prepared:
                    return UNPREPARED.sentence
                return await self._lasting_refusal(connection)
        except Unavailable as problem:
            return problem.detail

    async def _lasting_refusal(self, connection: Connection) -> str | None:
        if self._lasting is None:
            return None
        sentence, since = self._lasting
        if self._clock.monotonic() - since < _LASTING_SECONDS:
            return sentence
        await connection.execute(_PROBE)
        self._lasting = None
        return None

    async def listen(self, channel: str, heard: Callable[[], None]) -> None:
        """Calls `heard` for each notification, and after each reconnection, until it is cancelled."""
        while True:
            try:
                await self._listen_once(channel, heard)
            except _DRIVER_ERRORS as error:
                _log.warning("not listening, trying again", channel=channel, error=type(error).__name__)
            await asyncio.sleep(1)

    async def _listen_once(self, channel: str, heard: Callable[[], None]) -> None:
        closed = asyncio.Event()
        connection = await asyncpg.connect(
            self._url,
            timeout=self._patience.connect,
            command_timeout=self._patience.connect,
            server_settings=self._session(),
        )
        try:
            connection.add_termination_listener(lambda _: closed.set())
            await connection.add_listener(channel, lambda *_: heard())
            heard()
            while not closed.is_set():
                with suppress(TimeoutError):
                    async with asyncio.timeout(_LISTENER_SECONDS):
                        await closed.wait()
                # A connection that was forgotten on the way is silent like a quiet one.
                await connection.execute("SELECT 1")
        finally:
            connection.terminate()

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


class _Refused(Exception):
    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.sentence)
        self.refusal = refusal


@asynccontextmanager
async def _held(pool: Pool, seconds: float) -> AsyncIterator[Driver]:
    """A connection of the pool for `seconds`, waiting for it included. Then it is cut: a server that is silent answers
    neither a cancellation nor a rollback. Raises `_Refused` when time was what was missing."""
    loop = asyncio.get_running_loop()
    ends_at = loop.time() + seconds
    try:
        driver = await pool.acquire(timeout=seconds if seconds < math.inf else None)
    except TimeoutError as error:
        raise _Refused(NO_CONNECTION) from error
    except asyncpg.InterfaceError as error:
        raise _Refused(AWAY) from error
    overdue = False

    def cut() -> None:
        nonlocal overdue
        overdue = True
        _terminate(driver)

    watch = loop.call_at(ends_at, cut) if seconds < math.inf else None
    try:
        yield driver
    except CommitUnknown:
        raise
    except _DRIVER_ERRORS as error:
        if overdue:
            raise _Refused(SLOW) from error
        if isinstance(error, TimeoutError):
            _terminate(driver)
        elif isinstance(error, asyncpg.InterfaceError) and is_lost(driver):
            raise _Refused(AWAY) from error
        raise
    except Exception:
        raise
    except BaseException:
        _terminate(driver)
        raise
    finally:
        if watch is not None:
            watch.cancel()
        try:
            await pool.release(driver, timeout=_RELEASE_SECONDS)
        except _DRIVER_ERRORS as error:
            # The work is done, or has failed by itself; the pool has cut this connection.
            _log.warning("a connection could not be given back", error=type(error).__name__)


def _terminate(driver: Driver) -> None:
    with suppress(asyncpg.InterfaceError):
        driver.terminate()


async def _nothing(_: Any) -> None:
    """In place of the pool's own reset, a round trip after each piece of work. No work leaves a trace in a session:
    settings are LOCAL to a transaction, the lock of migrations is given back by hand."""


async def _prepare(connection: Any) -> None:
    for name in ("json", "jsonb"):
        await connection.set_type_codec(
            name,
            schema="pg_catalog",
            encoder=lambda value: msgspec.json.encode(value).decode(),
            decoder=msgspec.json.decode,
        )
