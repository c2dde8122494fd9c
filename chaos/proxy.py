"""A TCP relay of our own: it stands between two parts and is slow, silent or cut when it is told to be."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from devstack.ports import free_port

_PIECE_BYTES = 64 * 1024
_ERRORS = (OSError, ConnectionError, asyncio.IncompleteReadError)


class _Connection:
    """One connection through the proxy, with a pump in each direction."""

    def __init__(self, proxy: FaultProxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._proxy = proxy
        self._near = (reader, writer)
        self._far: asyncio.StreamWriter | None = None
        self.forgotten = False

    async def run(self) -> None:
        """Returns when either side has closed."""
        reader, writer = self._near
        try:
            await self._proxy.passable()
            far_reader, self._far = await asyncio.open_connection("127.0.0.1", self._proxy.target)
            pumps = [
                asyncio.create_task(self._pump(reader, self._far)),
                asyncio.create_task(self._pump(far_reader, writer)),
            ]
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            if self.forgotten:
                # The far end is gone and the near one learns of it when it next sends something.
                await asyncio.wait(pumps[:1])
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
        except _ERRORS:
            pass
        finally:
            self.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(*_ERRORS):
            while piece := await reader.read(_PIECE_BYTES):
                if self.forgotten:
                    return
                await self._proxy.passable()
                if self._proxy.latency_seconds:
                    await asyncio.sleep(self._proxy.latency_seconds)
                writer.write(piece)
                await writer.drain()

    def forget(self) -> None:
        """As a router that has lost its table: the far end is told, the near one is not."""
        self.forgotten = True
        if self._far is not None:
            self._far.transport.abort()

    def abort(self) -> None:
        """Resets both sides."""
        for writer in (self._near[1], self._far):
            if writer is not None:
                writer.transport.abort()


class FaultProxy:
    """Listens on `port` and passes everything on to `target`, both on the loopback interface."""

    def __init__(self, name: str, target: int) -> None:
        self.name = name
        self.target = target
        self.port = free_port()
        self.latency_seconds = 0.0
        self._open = asyncio.Event()
        self._open.set()
        self._refusing = False
        self._connections: set[_Connection] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listens from now on."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)

    async def close(self) -> None:
        """Ends everything that passes through."""
        self._open.set()
        self._reset_all()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def passable(self) -> None:
        """Returns unless, and until no longer, the proxy is a black hole."""
        await self._open.wait()

    def cut(self) -> None:
        """Resets every connection and refuses new ones until `mend`."""
        self._refusing = True
        self._reset_all()

    def swallow(self) -> None:
        """A black hole: connections stay open, and nothing arrives until `mend`."""
        self._open.clear()

    def forget(self) -> None:
        """Connections of now never carry anything again, and nobody is told (see `_Connection.forget`)."""
        for connection in self._connections:
            connection.forget()

    def mend(self) -> None:
        """Everything passes again, at once; what was swallowed arrives, as TCP sends it again."""
        self.latency_seconds = 0.0
        self._refusing = False
        self._open.set()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refusing:
            writer.transport.abort()
            return
        connection = _Connection(self, reader, writer)
        self._connections.add(connection)
        try:
            await connection.run()
        finally:
            self._connections.discard(connection)

    def _reset_all(self) -> None:
        for connection in list(self._connections):
            connection.abort()
