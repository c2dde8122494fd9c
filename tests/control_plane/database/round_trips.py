"""Counts round trips to PostgreSQL on the wire, whoever makes them: our statements, or the driver for itself."""

from __future__ import annotations

import asyncio
from contextlib import suppress

_ENDS_A_TRIP = frozenset(b"QS")
"""Query and Sync: the client waits for the server after each."""
_SSL_REQUEST_BYTES = 8


class CountingWay:
    """A TCP relay to `target` that reads the client's messages as they pass."""

    def __init__(self, target: int) -> None:
        self._target = target
        self.port = 0
        self.trips = 0

    async def __aenter__(self) -> CountingWay:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        back = asyncio.create_task(_copy(far_reader, writer))
        with suppress(OSError, asyncio.IncompleteReadError):
            await self._forth(reader, far_writer)
        far_writer.close()
        back.cancel()
        writer.close()

    async def _forth(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        started = False
        while True:
            kind = await reader.readexactly(1) if started else b""
            length = await reader.readexactly(4)
            rest = await reader.readexactly(int.from_bytes(length, "big") - 4)
            started = started or int.from_bytes(length, "big") > _SSL_REQUEST_BYTES
            self.trips += kind != b"" and kind[0] in _ENDS_A_TRIP
            writer.write(kind + length + rest)
            await writer.drain()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await reader.read(65536):
            writer.write(piece)
            await writer.drain()
