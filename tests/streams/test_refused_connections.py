"""A server that takes connections and ends them: each is given back before the next one is tried."""

from __future__ import annotations

import asyncio
import gc

from streams.client import BusClient
from streams.connection import BusConnection

from tests.waiting import until

INFO = b'INFO {"server_id":"S","version":"2.10.0","max_payload":1048576,"proto":1,"headers":true}\r\n'


class HalfServer:
    """Greets the first connection and ends it when it is told to; to others it says nothing and ends its own half."""

    def __init__(self) -> None:
        self.begun = self.given_back = 0
        self.end_first = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.begun += 1
        if self.begun == 1:
            writer.write(INFO)
            await reader.readuntil(b"PING\r\n")
            writer.write(b"PONG\r\n")
            await self.end_first.wait()
        else:
            writer.write_eof()
            await reader.read()
            self.given_back += 1
        writer.close()


async def _ignore(_: Exception) -> None:
    pass


async def test_a_connection_that_is_refused_is_given_back() -> None:
    half = HalfServer()
    listening = await asyncio.start_server(half.serve, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    client = BusClient(BusConnection(servers=(f"nats://127.0.0.1:{port}",)), "test")
    gc.disable()
    try:
        await client.connect_once(error_cb=_ignore)
        half.end_first.set()
        await until(lambda: half.given_back >= 2)
    finally:
        gc.enable()
        await client.leave()
        listening.close()
