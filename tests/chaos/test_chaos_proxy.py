"""The relay passes bytes on, and cuts, swallows and forgets when it is told to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from chaos.proxy import FaultProxy


class Echo:
    """A server that sends back what it gets; `ended` tells that a connection has ended."""

    def __init__(self) -> None:
        self.received = b""
        self.ended = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while piece := await reader.read(1000):
                self.received += piece
                writer.write(piece)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            self.ended.set()
            writer.close()


@pytest.fixture
async def echo() -> AsyncIterator[tuple[Echo, FaultProxy]]:
    made = Echo()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    proxy = FaultProxy("test", server.sockets[0].getsockname()[1])
    await proxy.start()
    yield made, proxy
    await proxy.close()
    server.close()


async def connect(proxy: FaultProxy) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", proxy.port)


async def test_bytes_pass_both_ways(echo: tuple[Echo, FaultProxy]) -> None:
    _, proxy = echo
    reader, writer = await connect(proxy)
    writer.write(b"x" * 300_000)
    assert await reader.readexactly(300_000) == b"x" * 300_000
    writer.close()


async def test_the_end_of_one_side_reaches_the_other(echo: tuple[Echo, FaultProxy]) -> None:
    made, proxy = echo
    _, writer = await connect(proxy)
    writer.write(b"hello")
    writer.close()
    async with asyncio.timeout(10):
        await made.ended.wait()


async def test_a_cut_resets_and_refuses_until_it_is_mended(echo: tuple[Echo, FaultProxy]) -> None:
    _, proxy = echo
    reader, writer = await connect(proxy)
    writer.write(b"a")
    await reader.readexactly(1)
    proxy.cut()
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await reader.readexactly(1)
    late, late_writer = await connect(proxy)
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await late.readexactly(1)
    proxy.mend()
    again, again_writer = await connect(proxy)
    again_writer.write(b"b")
    assert await again.readexactly(1) == b"b"
    for each in (writer, late_writer, again_writer):
        each.close()


async def test_a_black_hole_keeps_what_was_sent_and_delivers_it_later(echo: tuple[Echo, FaultProxy]) -> None:
    made, proxy = echo
    reader, writer = await connect(proxy)
    writer.write(b"a")
    await reader.readexactly(1)
    proxy.swallow()
    writer.write(b"b")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.readexactly(1), 0.2)
    assert made.received == b"a"
    proxy.mend()
    assert await reader.readexactly(1) == b"b"
    writer.close()


async def test_a_forgotten_connection_is_silent_and_reset_when_it_speaks(echo: tuple[Echo, FaultProxy]) -> None:
    made, proxy = echo
    reader, writer = await connect(proxy)
    writer.write(b"a")
    await reader.readexactly(1)
    proxy.swallow()
    proxy.forget()
    proxy.mend()
    await made.ended.wait()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.read(1), 0.2)
    writer.write(b"b")
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await reader.readexactly(1)
    assert made.received == b"a"
    writer.close()


async def test_latency_delays(echo: tuple[Echo, FaultProxy]) -> None:
    _, proxy = echo
    proxy.latency_seconds = 0.1
    reader, writer = await connect(proxy)
    started = asyncio.get_running_loop().time()
    writer.write(b"a")
    await reader.readexactly(1)
    assert asyncio.get_running_loop().time() - started >= 0.2
    writer.close()
