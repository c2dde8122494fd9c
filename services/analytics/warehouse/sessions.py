"""The driver's client with threads of its own, and whether the server answers at all beside a call that is silent."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar, cast

import clickhouse_connect
from clickhouse_connect.driver.client import Client

from analytics.warehouse.settings import WarehouseSettings

_CONNECT_SECONDS = 3
_PING_SECONDS = 3.0
_PING = b"GET /ping HTTP/1.1\r\nHost: clickhouse\r\nConnection: close\r\n\r\n"
AnswerT = TypeVar("AnswerT")


class Session:
    """One pool of connections. The driver blocks, so every call has a thread, of which there are as many as
    connections.

    A session whose server is silent is left behind as it is: its threads end by the driver's own times, and the end of
    the process waits for none of them.
    """

    def __init__(self, settings: WarehouseSettings) -> None:
        self._settings = settings
        self._threads = asyncio.Semaphore(settings.connections_max)
        self._begun: set[asyncio.Task[Any]] = set()
        self._lock = threading.Lock()
        self._client: Client | None = None

    def begin(self, work: Callable[[Client], AnswerT]) -> asyncio.Task[AnswerT]:
        """Calls `work` in a thread."""
        return self._begin(lambda: work(self._connected()))

    def begin_without_database(self, sql: str) -> asyncio.Task[None]:
        return self._begin(lambda: self._without_database(sql))

    def abandon(self) -> None:
        """Whoever still waits is told so by a cancelled task."""
        for task in self._begun:
            task.cancel()

    async def close(self) -> None:
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            await self._begin(client.close)

    def _begin(self, work: Callable[[], AnswerT]) -> asyncio.Task[AnswerT]:
        task = asyncio.create_task(self._in_thread(work))
        self._begun.add(task)
        task.add_done_callback(self._end)
        return task

    def _end(self, task: asyncio.Task[Any]) -> None:
        self._begun.discard(task)
        # Nobody may be waiting for it any more.
        with suppress(asyncio.CancelledError):
            task.exception()

    async def _in_thread(self, work: Callable[[], AnswerT]) -> AnswerT:
        await self._threads.acquire()
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[AnswerT] = loop.create_future()

        def finish(result: AnswerT | None, error: BaseException | None) -> None:
            self._threads.release()
            if answer.done():
                return
            if error is None:
                answer.set_result(cast("AnswerT", result))
            else:
                answer.set_exception(error)

        def run() -> None:
            result, failure = None, None
            try:
                result = work()
            except BaseException as error:
                # Raised where the answer is awaited.
                failure = error
            # The loop may have ended meanwhile.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(finish, result, failure)

        threading.Thread(target=run, name="clickhouse", daemon=True).start()
        return await answer

    def _connected(self) -> Client:
        with self._lock:
            if self._client is None:
                self._client = self._connect(self._settings.asked_database)
            return self._client

    def _without_database(self, sql: str) -> None:
        client = self._connect(None)
        try:
            client.command(sql)
        finally:
            client.close()

    def _connect(self, database: str | None) -> Client:
        settings = self._settings
        return clickhouse_connect.get_client(
            **settings.connection(),  # type: ignore[arg-type]
            database=database,
            autogenerate_session_id=False,
            compress="lz4",
            connect_timeout=_CONNECT_SECONDS,
            send_receive_timeout=settings.query_seconds_max + 10,
            settings=settings.session(),
        )


async def answers(settings: WarehouseSettings) -> bool:
    """Whether the server says anything on a connection of its own: one that is busy does."""
    address = settings.connection()
    context: ssl.SSLContext | None = None
    if address["secure"]:
        # Nothing is told and nothing is believed here but that somebody is there.
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        async with asyncio.timeout(_PING_SECONDS):
            reader, writer = await asyncio.open_connection(str(address["host"]), int(str(address["port"])), ssl=context)
            try:
                writer.write(_PING)
                return bool(await reader.read(1))
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return False
