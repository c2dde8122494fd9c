"""The NATS client as services use it: reconnections are spread, and TLS that is wanted is never left out."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from typing import Any

import nats.errors
from nats.aio.client import Client

from streams.connection import BusConnection
from streams.credentials_file import CredentialsFile

_RECONNECT_SECONDS = 0.25
_SPREAD_SECONDS = 0.5
_CONNECT_SECONDS = 2
_PING_SECONDS = 2
_REACH_SECONDS, _LEAVE_SECONDS = 1.0, 0.5


class NoTls(nats.errors.Error):
    """The server does not offer TLS, and was not told any secret."""

    def __str__(self) -> str:
        return "nats: the server does not speak TLS, which the settings ask for"


class BusClient(Client):
    """One connection that reconnects for ever."""

    def __init__(self, connection: BusConnection, name: str) -> None:
        super().__init__()
        self._connection = connection
        self._own_name = name
        self._first: str | None = None

    async def connect_once(self, **callbacks: Any) -> None:
        """The first connection. A refused one ends the client's own loop, so it has to be tried again. Raises
        nats.errors.Error, OSError."""
        options: dict[str, Any] = {}
        connection = self._connection
        if connection.credentials_file is not None:
            credentials = CredentialsFile(connection.credentials_file)
            options = {"user_jwt_cb": credentials.token, "signature_cb": credentials.signature}
        elif connection.username:
            options = {"user": connection.username, "password": connection.password}
        elif connection.token:
            options = {"token": connection.token}
        await self.connect(
            servers=list(connection.servers),
            name=self._own_name,
            inbox_prefix=connection.inbox_prefix,
            tls=connection.tls,
            allow_reconnect=True,
            max_reconnect_attempts=-1,
            connect_timeout=_CONNECT_SECONDS,
            ping_interval=_PING_SECONDS,
            max_outstanding_pings=2,
            **options,
            **callbacks,
        )

    @classmethod
    async def reaching(cls, connection: BusConnection, server: str, name: str) -> BusClient:
        """A client of this server alone, connected within a second. Raises nats.errors.Error, OSError, TimeoutError,
        ValueError."""
        client = cls(replace(connection, servers=(server,)), name)
        try:
            async with asyncio.timeout(_REACH_SECONDS):
                await client.connect_once(error_cb=_ignore)
        except BaseException:
            await client.leave()
            raise
        return client

    async def answers(self, seconds: float) -> bool:
        """Whether the server that it is connected to answers a ping within so many seconds."""
        if not self.is_connected:
            return False
        # Not cancelled with its wait, as `flush` does it: an answer that comes late would find it so, and fail.
        answered: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(seconds):
                await self._send_ping(answered)
                await asyncio.wait({answered})
        except (nats.errors.Error, OSError, TimeoutError):
            return False
        return True

    async def leave(self) -> None:
        """Ends it within half a second: a server that reads nothing any more would keep it as long as something waits
        to be sent."""
        try:
            async with asyncio.timeout(_LEAVE_SECONDS):
                await self.end()
        except (nats.errors.Error, OSError, TimeoutError):
            self._abort()

    @property
    def server(self) -> str | None:
        """The address of the server that it is or was connected to, as it was given."""
        return None if self._current_server is None else self._current_server.uri.geturl()

    async def move(self, server: str) -> None:
        """Goes to that server, one of those that it was given."""
        self._first = server
        await self.force_reconnect()

    def give_up_waiting(self) -> None:
        """What was asked over a connection that is lost isn't answered any more."""
        for waiting in self._resp_map.values():
            if not waiting.done():
                waiting.set_exception(nats.errors.ConnectionReconnectingError())

    async def end(self) -> None:
        """Closes it, also where it never came to a connection, or comes back to one just then."""
        try:
            if self._flush_queue is not None:
                await self.close()
        finally:
            await self._end_tasks()
            if self._transport is not None:
                self._transport.close()  # type: ignore[no-untyped-call] # the client's own

    async def _process_connect_init(self) -> None:
        """The library goes on to the next server and forgets this connection, which would stay open."""
        try:
            await super()._process_connect_init()
        except BaseException:
            if self._transport is not None:
                self._transport.close()  # type: ignore[no-untyped-call]
            raise

    def _abort(self) -> None:
        writer = getattr(self._transport, "_io_writer", None)
        if writer is not None:
            writer.transport.abort()

    async def _end_tasks(self) -> None:
        # A connection that came back while it was closed has begun them anew.
        tasks = [
            each
            for each in (self._reconnection_task, self._reading_task, self._ping_interval_task, self._flusher_task)
            if each is not None and not each.done()
        ]
        for each in tasks:
            each.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _select_next_server(self) -> None:
        # Whatever ended the connections of all clients at one moment must not bring them all back at another.
        if self.is_reconnecting:
            await asyncio.sleep(random.random() * _SPREAD_SECONDS)
        self.options["reconnect_time_wait"] = _RECONNECT_SECONDS * (1 + random.random())
        self._server_pool.sort(key=lambda each: each.uri.geturl() != self._first)
        self._first = None
        await super()._select_next_server()

    async def _process_info(self, info: dict[str, Any], initial_connection: bool = False) -> None:
        # The client itself would go on in the clear with a server that does not ask for TLS, password and all.
        if initial_connection and self._connection.tls is not None and not info.get("tls_required"):
            if not info.get("tls_available"):
                raise NoTls
            info["tls_required"] = True
        await super()._process_info(info, initial_connection)


async def _ignore(_: Exception) -> None:
    """Who asks is told by the call."""
