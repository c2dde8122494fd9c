"""One pool of connections to PostgreSQL, each handed out for a time."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import asyncpg
import msgspec
from service_kit.fair_requests import served_name
from service_kit.logs import get_logger
from service_kit.shared_turns import SharedTurns

from control_plane.database.connections import CommitUnknown, Driver, is_lost
from control_plane.database.patience import Connections, Patience
from control_plane.database.refusals import AWAY, NO_CONNECTION, SLOW, Refusal

_log = get_logger("database")
_RELEASE_SECONDS = 1.0
COMMAND_SECONDS = 30.0
_STATEMENTS_KEPT = 500
DRIVER_ERRORS = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


@dataclass(frozen=True, slots=True)
class Pool:
    """Connections, given to whoever requests are of by turns, and of one to the request that has waited longest: the
    driver's own pool gives a free one to whoever asks in the moment, and sends those who waited for it to the end of
    the queue."""

    connections: asyncpg.Pool[asyncpg.Record]
    turns: SharedTurns

    @property
    def in_use(self) -> int:
        return self.connections.get_size() - self.connections.get_idle_size()


class Refused(Exception):
    """The server, or the way to it, could not do the work now."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.sentence)
        self.refusal = refusal


def session_settings(connections: Connections, patience: Patience) -> dict[str, str]:
    """What a session has besides the server's defaults. It works as the role of `connections` from its beginning."""
    settings = {
        "application_name": connections.name,
        "statement_timeout": f"{round(patience.statement * 1000)}ms",
        "lock_timeout": f"{round(patience.lock * 1000)}ms",
        "idle_in_transaction_session_timeout": f"{round(connections.idle * 1000)}ms",
        # A statement of a client that has gone ends, also where it waits for a lock.
        "client_connection_check_interval": "2s",
        "timezone": "UTC",
    }
    return settings if connections.role is None else {**settings, "role": connections.role}


async def new_pool(url: str, connections: Connections, patience: Patience) -> Pool:
    opened = await asyncpg.create_pool(
        url,
        min_size=connections.kept,
        max_size=connections.most,
        timeout=patience.connect,
        command_timeout=COMMAND_SECONDS,
        # A statement that a connection does not know yet costs a second round trip.
        statement_cache_size=_STATEMENTS_KEPT,
        max_cached_statement_lifetime=0,
        server_settings=session_settings(connections, patience),
        connect=_connected,
        init=read_json,
        reset=_nothing,
    )
    return Pool(opened, SharedTurns(connections.most, per_name=connections.each or connections.most))


async def _connected(*given: Any, **more: Any) -> asyncpg.Connection[asyncpg.Record]:
    """Made in a task of its own: a request's steps wait for their turns, and a server that goes while one waits would
    leave the driver amid its greeting, for which it isn't made."""
    connecting: asyncio.Task[asyncpg.Connection[asyncpg.Record]] = asyncio.create_task(asyncpg.connect(*given, **more))
    try:
        return await connecting
    except BaseException:
        connecting.cancel()
        connecting.add_done_callback(_drop)
        raise


def _drop(connecting: asyncio.Task[asyncpg.Connection[asyncpg.Record]]) -> None:
    if not connecting.cancelled() and connecting.exception() is None:
        _terminate(connecting.result())


@asynccontextmanager
async def held(pool: Pool, seconds: float) -> AsyncIterator[Driver]:
    """A connection of the pool for `seconds`, waiting for it included. Then it is cut: a server that is silent answers
    neither a cancellation nor a rollback. Raises `Refused` when time was what was missing."""
    loop = asyncio.get_running_loop()
    ends_at = loop.time() + seconds
    name = served_name()
    try:
        await pool.turns.begin(name, seconds=seconds if seconds < math.inf else None)
    except TimeoutError as error:
        raise Refused(NO_CONNECTION) from error
    try:
        async with _acquired(pool, ends_at) as driver:
            yield driver
    finally:
        pool.turns.end(name)


@asynccontextmanager
async def _acquired(pool: Pool, ends_at: float) -> AsyncIterator[Driver]:
    """It is whoever's turn it is, until this moment of the loop's clock."""
    loop = asyncio.get_running_loop()
    limited = ends_at < math.inf
    try:
        driver = await pool.connections.acquire(timeout=max(0.0, ends_at - loop.time()) if limited else None)
    except TimeoutError as error:
        raise Refused(NO_CONNECTION) from error
    except asyncpg.InterfaceError as error:
        raise Refused(AWAY) from error
    overdue = False

    def cut() -> None:
        nonlocal overdue
        overdue = True
        _terminate(driver)

    watch = loop.call_at(ends_at, cut) if limited else None
    try:
        yield driver
    except CommitUnknown:
        raise
    except DRIVER_ERRORS as error:
        if overdue:
            raise Refused(SLOW) from error
        if isinstance(error, TimeoutError):
            _terminate(driver)
        elif isinstance(error, asyncpg.InterfaceError) and is_lost(driver):
            raise Refused(AWAY) from error
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
            await pool.connections.release(driver, timeout=_RELEASE_SECONDS)
        except DRIVER_ERRORS as error:
            # The work is done, or has failed by itself; the pool has cut this connection.
            _log.warning("a connection could not be given back", error=type(error).__name__)


def _terminate(driver: Driver) -> None:
    with suppress(asyncpg.InterfaceError):
        driver.terminate()


async def _nothing(_: Any) -> None:
    """In place of the pool's own reset, a round trip after each piece of work. No work leaves a trace in a session:
    settings and roles are LOCAL to a transaction."""


async def read_json(connection: Any) -> None:
    """Lets a new connection take and give documents."""
    for name in ("json", "jsonb"):
        await connection.set_type_codec(
            name,
            schema="pg_catalog",
            encoder=lambda value: msgspec.json.encode(value).decode(),
            decoder=msgspec.json.decode,
        )
