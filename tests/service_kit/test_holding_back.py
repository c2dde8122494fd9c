"""Who is refused for asking too much is read later; others, and whoever comes by a proxy, are not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import ClassVar

import pytest
import uvicorn
from prometheus_client import CollectorRegistry
from service_kit.http import RequestEnvelope
from service_kit.slow_clients import PatientHttpProtocol
from service_kit.telemetry import HttpTelemetry
from starlette.types import Receive, Scope, Send

from tests.waiting import PATIENCE_SECONDS, until


class LongHeldProtocol(PatientHttpProtocol):
    held_back_seconds: ClassVar[float] = 3600.0


class BrieflyHeldProtocol(PatientHttpProtocol):
    held_back_seconds: ClassVar[float] = 0.01


class Refusing:
    """Answers with the status that the first part of the path names."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        self.asked.append(scope["path"])
        headers = [(b"content-length", b"0")]
        await send({"type": "http.response.start", "status": int(scope["path"].split("/")[1]), "headers": headers})
        await send({"type": "http.response.body", "body": b""})


class Running:
    def __init__(self, app: Refusing, port: int) -> None:
        self.app = app
        self.port = port
        self._writers: list[asyncio.StreamWriter] = []

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self._writers.append(writer)
        return reader, writer

    def close(self) -> None:
        for writer in self._writers:
            writer.transport.abort()


@pytest.fixture
async def running(request: pytest.FixtureRequest) -> AsyncIterator[Running]:
    app = Refusing()
    served = RequestEnvelope(app, telemetry=HttpTelemetry(CollectorRegistry()), body_limit_bytes=1024)
    config = uvicorn.Config(
        served,
        port=0,
        http=request.param,
        log_config=None,
        lifespan="off",
        proxy_headers=True,
        forwarded_allow_ips="127.0.0.1",
    )
    server = uvicorn.Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    running = Running(app, server.servers[0].sockets[0].getsockname()[1])
    yield running
    running.close()
    await server.shutdown()


def asking(path: str, *headers: str) -> bytes:
    lines = "".join(f"{each}\r\n" for each in headers)
    return f"GET {path} HTTP/1.1\r\nHost: x\r\n{lines}\r\n".encode()


async def answered(reader: asyncio.StreamReader) -> bytes:
    async with asyncio.timeout(PATIENCE_SECONDS):
        return await reader.readuntil(b"\r\n\r\n")


@pytest.mark.parametrize("running", [pytest.param(LongHeldProtocol, id="long")], indirect=True)
async def test_who_was_refused_waits_and_others_do_not(running: Running) -> None:
    reader, writer = await running.connect()
    writer.write(asking("/429/first"))
    assert b" 429 " in await answered(reader)
    writer.write(asking("/429/second"))
    other_reader, other = await running.connect()
    for number in range(20):
        other.write(asking(f"/200/{number}"))
        assert b" 200 " in await answered(other_reader)
    assert running.app.asked.count("/429/second") == 0


@pytest.mark.parametrize("running", [pytest.param(LongHeldProtocol, id="long")], indirect=True)
async def test_a_proxy_brings_the_requests_of_others(running: Running) -> None:
    reader, writer = await running.connect()
    for number in range(3):
        writer.write(asking(f"/429/{number}", "X-Forwarded-For: 192.0.2.1"))
        assert b" 429 " in await answered(reader)


@pytest.mark.parametrize("running", [pytest.param(BrieflyHeldProtocol, id="briefly")], indirect=True)
async def test_it_is_read_on_afterwards(running: Running) -> None:
    reader, writer = await running.connect()
    for number in range(3):
        writer.write(asking(f"/429/{number}"))
        assert b" 429 " in await answered(reader)
    writer.write(asking("/200/at-last"))
    assert b" 200 " in await answered(reader)

    async def all_there() -> bool:
        return len(running.app.asked) == 4

    await until(all_there)
