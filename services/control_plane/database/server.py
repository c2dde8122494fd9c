"""The PostgreSQL server as one process knows it: its pools, and whether it can do its work."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import TypeVar

import asyncpg
from service_kit.clock import Clock
from service_kit.deadlines import seconds_left
from service_kit.logs import get_logger
from service_kit.problems import Unavailable

from control_plane.database.connections import CommitUnknown, Connection, Driver
from control_plane.database.patience import ACCOUNT_CONNECTIONS, Connections, Patience
from control_plane.database.pool import (
    COMMAND_SECONDS,
    DRIVER_ERRORS,
    Pool,
    Refused,
    held,
    new_pool,
    read_json,
    session_settings,
)
from control_plane.database.refusals import COMMIT_UNKNOWN, READ_ONLY, UNPREPARED, Refusal, refusal_of, roles_missing
from control_plane.database.tenancy import OWNER, Tenancy

Made = TypeVar("Made")
_log = get_logger("database")
_RETRY_SECONDS_MIN, _RETRY_SECONDS_MAX = 0.25, 5.0
_CHECK_SECONDS = 1.5
_LISTENER_SECONDS = 15.0
_LASTING_SECONDS = 10.0
_STATE = "SELECT current_setting('transaction_read_only'), to_regclass('schema_migrations') IS NOT NULL"
# Takes room on the disk and leaves nothing.
_PROBE = "CREATE TEMP TABLE room_on_the_disk AS SELECT 1; DROP TABLE room_on_the_disk"
_UNGUARDED = """
SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace AND a.attname = 'organization_id'
    AND NOT a.attisdropped AND NOT row_security_active(c.oid) ORDER BY c.relname
"""


class Server:
    """What the server can't do now raises `Unavailable` (503, by `refusals.py`), within the time that `patience` and
    the request leave."""

    def __init__(self, url: str, clock: Clock, connections: Connections, patience: Patience) -> None:
        self._url = url
        self._clock = clock
        self.connections = connections
        self._patience = patience
        self._pool: Pool | None = None
        self._accounts: Pool | None = None
        self._missing = "nothing has been tried"
        self._lasting: tuple[str, float] | None = None
        """Why writes were refused, and when last."""

    async def open(self, wait_seconds: float = 30.0) -> None:
        """Opens the pools, trying for `wait_seconds` while the server is not there yet."""
        try:
            await _tried(self._open_pools, wait_seconds)
        except DRIVER_ERRORS as error:
            self._missing = _told(error)
            raise

    async def keep_opening(self, prepare: Callable[[Connection], Awaitable[None]]) -> None:
        """Opens the pools once `prepare` has done its part, as the role of the login. Whatever is in the way is told to
        the log and to `check`, and tried again for ever."""
        pause = _RETRY_SECONDS_MIN
        while self._pool is None:
            try:
                async with self._logged_in() as connection:
                    await prepare(connection)
                await self._open_pools()
            except Exception as error:
                self._missing = _told(error)
                _log.warning("the database can't be opened, trying again", error=self._missing, retry_in_seconds=pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, _RETRY_SECONDS_MAX)

    async def _open_pools(self) -> None:
        # Without a connection of its own until one is asked for.
        self._accounts = await new_pool(self._url, ACCOUNT_CONNECTIONS, self._patience)
        self._pool = await new_pool(self._url, self.connections, self._patience)

    @property
    def in_use(self) -> int:
        """How many connections work at this moment."""
        return sum(each.in_use for each in (self._pool, self._accounts) if each is not None)

    @asynccontextmanager
    async def logged_in(self, wait_seconds: float = 0.0) -> AsyncIterator[Connection]:
        """A connection beside the pools, as the role of the login, which owns the tables."""
        async with self._telling(), self._logged_in(wait_seconds) as connection:
            yield connection

    @asynccontextmanager
    async def _logged_in(self, wait_seconds: float = 0.0) -> AsyncIterator[Connection]:
        driver = await _tried(self._connect_as_login, wait_seconds)
        try:
            await read_json(driver)
            yield Connection(driver, self._clock, OWNER, None)
        finally:
            driver.terminate()

    async def _connect_as_login(self) -> Driver:
        return await self._connect(Connections(name=self.connections.name), COMMAND_SECONDS)

    async def _connect(self, connections: Connections, command_seconds: float) -> Driver:
        return await asyncpg.connect(
            self._url,
            timeout=self._patience.connect,
            command_timeout=command_seconds,
            server_settings=session_settings(connections, self._patience),
        )

    @asynccontextmanager
    async def connection(self, tenancy: Tenancy, seconds: float | None = None) -> AsyncIterator[Connection]:
        """A connection outside of a transaction, for `seconds` at most: it is cut when they are over."""
        async with self._telling(), self._held(self._pool, seconds) as driver:
            yield Connection(driver, self._clock, tenancy, self.connections.role)

    @asynccontextmanager
    async def account_connection(self, tenancy: Tenancy, seconds: float | None = None) -> AsyncIterator[Connection]:
        """One that works as the role of `ACCOUNT_CONNECTIONS`, outside of a transaction too."""
        async with self._telling(), self._held(self._accounts, seconds) as driver:
            yield Connection(driver, self._clock, tenancy, ACCOUNT_CONNECTIONS.role)

    def _held(self, pool: Pool | None, seconds: float | None) -> AbstractAsyncContextManager[Driver]:
        if pool is None:
            raise Unavailable(f"the database is not open yet ({self._missing})", code="database_unavailable")
        return held(pool, seconds_left(self._patience.work if seconds is None else seconds))

    @asynccontextmanager
    async def _telling(self) -> AsyncIterator[None]:
        """Tells what the driver raises as a problem."""
        try:
            yield
        except CommitUnknown as error:
            raise self._refused(COMMIT_UNKNOWN, error) from error
        except Refused as refused:
            raise self._refused(refused.refusal, refused) from refused
        except DRIVER_ERRORS as error:
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

    async def check(self) -> str | None:
        """For readiness: None, or what is wrong. What work was refused of late counts, not only whether the server
        answers: a full disk lets every question pass."""
        try:
            async with self.connection(OWNER, _CHECK_SECONDS) as connection:
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

    async def check_tenants(self) -> str | None:
        """None, or which tables row-level security does not guard for the role that requests work as."""
        try:
            async with self.connection(OWNER, _CHECK_SECONDS) as connection:
                unguarded = [str(row["relname"]) for row in await connection.fetch(_UNGUARDED)]
        except Unavailable as problem:
            return problem.detail
        if not unguarded:
            return None
        role = self.connections.role or "the login's role"
        return f"row-level security does not hold {role} to its tenant in {', '.join(unguarded)}"

    async def listen(self, channel: str, heard: Callable[[], None]) -> None:
        """Calls `heard` for each notification, and after each reconnection, until it is cancelled."""
        while True:
            try:
                await self._listen_once(channel, heard)
            except DRIVER_ERRORS as error:
                _log.warning("not listening, trying again", channel=channel, error=type(error).__name__)
            await asyncio.sleep(1)

    async def _listen_once(self, channel: str, heard: Callable[[], None]) -> None:
        closed = asyncio.Event()
        connection = await self._connect(self.connections, self._patience.connect)
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
        pools = [each.connections for each in (self._pool, self._accounts) if each is not None]
        self._pool = self._accounts = None
        try:
            async with asyncio.timeout(5):
                for pool in pools:
                    await pool.close()
        except TimeoutError:
            for pool in pools:
                pool.terminate()


def _told(error: Exception) -> str:
    return roles_missing(error) or f"{type(error).__name__}: {error}"


async def _tried(attempt: Callable[[], Awaitable[Made]], wait_seconds: float) -> Made:
    """What the attempt makes, for `wait_seconds` while the server is not there yet."""
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            return await attempt()
        except DRIVER_ERRORS as error:
            if refusal_of(error) is None or time.monotonic() >= deadline:
                raise
            _log.warning("database not reachable, trying again", error=type(error).__name__)
            await asyncio.sleep(0.25)
