"""The servers of a cluster beside the one that a client is connected to, reached for as long as they are needed.

A server that was cut off from the others goes on serving its clients. What has to reach whoever is connected anywhere
is said to each server. Nobody waits for one that can't be reached.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator

import nats.errors

from streams.client import BusClient
from streams.connection import BusConnection
from streams.first_answer import first_answer

_SAY_SECONDS = 1.0
_AGAIN_SECONDS, _IDLE_SECONDS = 1.0, 10.0
_SUBJECTS_MAX = 1_000


class OtherServers:
    """Connections beside that of `client`; each ends when nothing has been said for ten seconds."""

    def __init__(self, client: BusClient, connection: BusConnection, name: str) -> None:
        self._client = client
        self._servers = {each: _Server(each, connection, name) for each in connection.servers}

    def tell(self, subject: str, payload: bytes) -> None:
        """It is said soon, to each that can be reached then; of a subject that is told of meanwhile, the newest."""
        for server in self._others():
            server.tell(subject, payload)

    @property
    def known(self) -> bool:
        """Whether there are any."""
        return any(True for _ in self._others())

    async def reached(self) -> bool:
        """Whether one of them takes a connection, within a second."""
        return await first_answer(each.reached() for each in self._others()) is not None

    def _others(self) -> Iterator[_Server]:
        return (server for address, server in self._servers.items() if address != self._client.server)

    async def close(self) -> None:
        for server in self._servers.values():
            await server.close()


class _Server:
    def __init__(self, address: str, connection: BusConnection, name: str) -> None:
        self._address = address
        self._connection = connection
        self._name = f"{name}-beside"
        self._waiting: dict[str, bytes] = {}
        self._wake = asyncio.Event()
        self._saying: asyncio.Task[None] | None = None
        self._closed = False

    def tell(self, subject: str, payload: bytes) -> None:
        if self._closed or (len(self._waiting) >= _SUBJECTS_MAX and subject not in self._waiting):
            return
        self._waiting[subject] = payload
        self._wake.set()
        if self._saying is None or self._saying.done():
            self._saying = asyncio.create_task(self._keep_saying(), name="bus-other-server")

    async def reached(self) -> str | None:
        """Its address, if it takes a connection."""
        try:
            client = await BusClient.reaching(self._connection, self._address, self._name)
        except (nats.errors.Error, OSError, TimeoutError, ValueError):
            return None
        await client.leave()
        return self._address

    async def close(self) -> None:
        self._closed = True
        if self._saying is not None:
            self._saying.cancel()
            await asyncio.wait([self._saying])

    async def _keep_saying(self) -> None:
        client: BusClient | None = None
        try:
            while await self._told():
                try:
                    client = await self._reached(client)
                    async with asyncio.timeout(_SAY_SECONDS):
                        await self._say(client)
                except (nats.errors.Error, OSError, TimeoutError, ValueError):
                    if client is not None:
                        await client.leave()
                        client = None
                    # What is said meanwhile isn't kept: it is told again.
                    await asyncio.sleep(_AGAIN_SECONDS)
        finally:
            if client is not None:
                await client.leave()

    async def _told(self) -> bool:
        """False when nothing is told any more."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_IDLE_SECONDS):
                await self._wake.wait()
        return self._wake.is_set()

    async def _reached(self, client: BusClient | None) -> BusClient:
        if client is not None and client.is_connected:
            return client
        if client is not None:
            await client.leave()
        return await BusClient.reaching(self._connection, self._address, self._name)

    async def _say(self, client: BusClient) -> None:
        self._wake.clear()
        waiting, self._waiting = self._waiting, {}
        for subject, payload in waiting.items():
            await client.publish(subject, payload)
        await client.flush(_SAY_SECONDS)  # type: ignore[arg-type] # it takes fractions
