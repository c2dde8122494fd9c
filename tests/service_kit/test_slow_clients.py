"""Connections that dawdle are ended; those that send whole requests, or wait for an answer, are not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import uvicorn
from service_kit.slow_clients import PatientHttpProtocol
from starlette.types import Receive, Scope, Send

from tests.waiting import PATIENCE_SECONDS, until


class ImpatientProtocol(PatientHttpProtocol):
    headers_seconds_max = 0.3
    body_seconds_max = 0.3
    unread_seconds_max = 0.3


class Echo:
    """Answers with the body, as soon as it may, and as often as it shall."""

    def __init__(self) -> None:
        self.times = 1
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = b""
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message["body"]
            if not message.get("more_body"):
                break
        await self.may_answer.wait()
        body *= self.times
        length = (b"content-length", b"%d" % len(body))
        await send({"type": "http.response.start", "status": 200, "headers": [length]})
        await send({"type": "http.response.body", "body": body})


@pytest.fixture
def echo() -> Echo:
    return Echo()


@pytest.fixture
async def server(echo: Echo) -> AsyncIterator[uvicorn.Server]:
    config = uvicorn.Config(
        echo, port=0, http=ImpatientProtocol, log_config=None, lifespan="off", timeout_keep_alive=30
    )
    server = uvicorn.Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    yield server
    await server.shutdown()


@pytest.fixture
def port(server: uvicorn.Server) -> int:
    found: int = server.servers[0].sockets[0].getsockname()[1]
    return found


REQUEST = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\nbody"


async def exchange(port: int, *pieces: bytes) -> bytes:
    """Sends the pieces and reads until the server ends the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for piece in pieces:
        writer.write(piece)
        await writer.drain()
    async with asyncio.timeout(PATIENCE_SECONDS):
        answer = await reader.read()
    writer.close()
    return answer


@pytest.mark.parametrize(
    "beginning",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"POST / HT", id="a part of the first line"),
        pytest.param(b"POST / HTTP/1.1\r\nhost: x\r\n", id="a part of the headers"),
        pytest.param(b"\r\n\r\n", id="line breaks alone"),
    ],
)
async def test_late_headers_get_408_and_the_connection_ends(port: int, beginning: bytes) -> None:
    answer = await exchange(port, beginning)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"x-content-type-options: nosniff\r\n" in answer


async def test_dripping_headers_do_not_extend_the_time(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def drip() -> None:
        writer.write(b"POST / HTTP/1.1\r\nx: ")
        while not writer.is_closing():
            writer.write(b"a")
            await asyncio.sleep(0.05)

    dripping = asyncio.create_task(drip())
    async with asyncio.timeout(PATIENCE_SECONDS):
        # Not to its end: what still drips in behind the answer may reset the connection.
        assert (await reader.readline()).startswith(b"HTTP/1.1 408 ")
    dripping.cancel()
    writer.close()


async def test_headers_that_never_end_are_cut_by_their_size(port: int) -> None:
    start = b"POST / HTTP/1.1\r\nx-filling: "
    over = ImpatientProtocol.headers_bytes_max + 1 - len(start)
    assert (await exchange(port, start, b"a" * over)).startswith(b"HTTP/1.1 431 ")
    assert (await exchange(port, start, b"a" * (over - 1))).startswith(b"HTTP/1.1 408 ")


async def test_a_late_body_ends_the_connection(port: int) -> None:
    assert await exchange(port, REQUEST[:-2]) == b""


async def test_a_whole_request_may_be_answered_later_than_the_limits(port: int, echo: Echo) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(2):
        echo.may_answer.clear()
        writer.write(REQUEST)
        # Others that began later meet both limits before this one is answered.
        assert (await exchange(port, b"POST / HT")).startswith(b"HTTP/1.1 408 ")
        assert await exchange(port, REQUEST[:-2]) == b""
        echo.may_answer.set()
        async with asyncio.timeout(PATIENCE_SECONDS):
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 ")
            assert await reader.readexactly(4) == b"body"
    writer.close()


async def test_line_breaks_after_an_answer_do_not_keep_the_connection(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(REQUEST)
    async with asyncio.timeout(PATIENCE_SECONDS):
        await reader.readuntil(b"\r\n\r\nbody")
        writer.write(b"\r\n")
        assert (await reader.read()).startswith(b"HTTP/1.1 408 ")
    writer.close()


async def test_an_answer_that_nobody_reads_ends_the_connection(echo: Echo, port: int, server: uvicorn.Server) -> None:
    echo.times = 8_000_000
    _, writer = await asyncio.open_connection("127.0.0.1", port, limit=4096)
    writer.write(REQUEST)
    await until(lambda: server.server_state.total_requests and not server.server_state.connections)
    writer.transport.abort()


async def test_an_answer_that_is_read_bit_by_bit_arrives_whole(echo: Echo, port: int) -> None:
    echo.times = 8_000_000
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=4096)
    writer.write(REQUEST)
    head = await reader.readuntil(b"\r\n\r\n")
    read = 0
    while read < 4 * echo.times:
        read += len(await reader.read(16_384))
    assert head.startswith(b"HTTP/1.1 200")
    writer.close()
