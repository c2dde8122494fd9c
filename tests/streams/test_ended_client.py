"""A client that comes back to a connection while it is ended leaves nothing behind."""

from __future__ import annotations

import asyncio

from streams.client import BusClient
from streams.connection import BusConnection


class ReturningClient(BusClient):
    """Its tasks begin anew while it is closed, as those of a reconnection do that was under way."""

    begun: asyncio.Task[bool]

    async def close(self) -> None:
        self.begun = asyncio.create_task(asyncio.Event().wait())
        self._flusher_task = self.begun


async def test_tasks_that_began_while_it_closed_are_ended() -> None:
    client = ReturningClient(BusConnection(servers=("nats://127.0.0.1:1",)), "returning")
    client._flush_queue = asyncio.Queue()
    await client.end()
    assert client.begun.cancelled()
