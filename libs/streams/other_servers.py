"""The servers of a cluster beside the one that a client is connected to, reached for as long as they are needed.

A server that was cut off from the others goes on serving its clients. What has to reach whoever is connected anywhere
is said to each server.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import defaultdict
from dataclasses import replace

import nats.errors

from streams.client import BusClient
from streams.connection import BusConnection

_CONNECT_SECONDS, _FLUSH_SECONDS = 1.0, 1
_IDLE_SECONDS = 10.0
_MISSING = (nats.errors.Error, OSError, TimeoutError, ValueError)


class OtherServers:
    """Connections beside that of `client`; they are closed when nothing has been said for ten seconds."""

    def __init__(self, client: BusClient, connection: BusConnection, name: str) -> None:
        self._client = client
        self._connection = connection
        self._name = name
        self._clients: dict[str, BusClient] = {}
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._said_at = 0.0
        self._watching: asyncio.Task[None] | None = None

    async def tell(self, subject: str, payload: bytes) -> None:
        """Says it to each that can be reached within a second; never raises."""
        self._said_at = time.monotonic()
        others = [each for each in self._connection.servers if each != self._client.server]
        await asyncio.gather(*(self._tell(each, subject, payload) for each in others))
        if self._clients and (self._watching is None or self._watching.done()):
            self._watching = asyncio.create_task(self._leave_when_idle(), name="bus-other-servers")

    async def close(self) -> None:
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.wait([self._watching])
        for server in list(self._clients):
            await self._leave(server)

    async def _tell(self, server: str, subject: str, payload: bytes) -> None:
        async with self._turns[server]:
            try:
                client = await self._reach(server)
                await client.publish(subject, payload)
                await client.flush(_FLUSH_SECONDS)
            except _MISSING:
                await self._leave(server)

    async def _reach(self, server: str) -> BusClient:
        client = self._clients.get(server)
        if client is not None and client.is_connected:
            return client
        await self._leave(server)
        client = self._clients[server] = BusClient(replace(self._connection, servers=(server,)), f"{self._name}-beside")
        async with asyncio.timeout(_CONNECT_SECONDS):
            await client.connect_once(error_cb=_ignore)
        return client

    async def _leave(self, server: str) -> None:
        client = self._clients.pop(server, None)
        if client is not None:
            with contextlib.suppress(*_MISSING):
                await client.end()

    async def _leave_when_idle(self) -> None:
        idle = 0.0
        while idle < _IDLE_SECONDS:
            await asyncio.sleep(_IDLE_SECONDS - idle)
            idle = time.monotonic() - self._said_at
        for server in list(self._clients):
            async with self._turns[server]:
                await self._leave(server)


async def _ignore(_: Exception) -> None:
    """What was said is said again; nobody waits for it."""
