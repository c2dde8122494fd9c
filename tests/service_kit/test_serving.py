"""One way to serve: headers of every answer, whose word counts about addresses, the admin port, and the way to stop."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from service_kit.http import Shell
from service_kit.listeners import Availability, MetricsAccess, public_listener
from service_kit.serving import Server
from service_kit.settings import ServiceSettings, load_settings
from service_kit.telemetry import new_registry
from service_kit.typed_app import create_app

from devstack.ports import free_port
from tests.waiting import until

FORWARDED = {"x-forwarded-for": "203.0.113.9", "x-forwarded-proto": "https"}
# What a drain may take at most here; the tests end it by the second signal where they have seen what they wanted.
DRAIN_SECONDS = 3.0


class Gate:
    """Lets the test hold a request open."""

    def __init__(self) -> None:
        self.entered = asyncio.Event()
        self.opened = asyncio.Event()


def build_app(gate: Gate) -> FastAPI:
    app = create_app("test", Shell(registry=new_registry()), checks={})

    @app.get("/client")
    async def client(request: Request) -> dict[str, str]:
        assert request.client is not None
        return {"host": request.client.host, "scheme": request.url.scheme}

    @app.get("/cached")
    async def cached() -> Response:
        return Response("x", headers={"Cache-Control": "max-age=60"})

    @app.get("/broken")
    async def broken() -> None:
        raise RuntimeError

    @app.get("/slow")
    async def slow() -> str:
        gate.entered.set()
        await gate.opened.wait()
        return "done"

    return app


class Running:
    def __init__(self, server: Server, gate: Gate, port: int, admin_port: int) -> None:
        self.server = server
        self.gate = gate
        self.port = port
        self.address = f"http://127.0.0.1:{port}"
        self.admin_address = f"http://127.0.0.1:{admin_port}"
        self.serving: asyncio.Task[None]


@asynccontextmanager
async def running(**settings: Any) -> AsyncIterator[Running]:
    gate = Gate()
    server = Server(build_app(gate), ServiceSettings(port=0, **settings))
    serving = asyncio.create_task(server.serve())
    await until(lambda: server.started or serving.done())
    port = server.servers[0].sockets[0].getsockname()[1]
    each = Running(server, gate, port, settings.get("admin_port", 0))
    each.serving = serving
    try:
        yield each
    finally:
        gate.opened.set()
        server.should_exit = True
        async with asyncio.timeout(20):
            await serving


@pytest.mark.parametrize("path", ["/client", "/nowhere", "/broken", "/healthz", "/cached"])
async def test_every_answer_carries_the_same_headers(path: str) -> None:
    async with running() as service, httpx.AsyncClient(base_url=service.address) as http:
        answer = await http.get(path)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers.get_list("cache-control") == ["max-age=60" if path == "/cached" else "no-store"]
    assert "server" not in answer.headers


async def test_what_is_no_http_is_answered_with_them_too() -> None:
    async with running() as service:
        reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
        writer.write(b"\x00\r\n\r\n")
        async with asyncio.timeout(20):
            answer = await reader.read()
        writer.close()
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"x-content-type-options: nosniff\r\n" in answer


@pytest.mark.parametrize(
    ("trusted", "seen"),
    [
        ("", {"host": "127.0.0.1", "scheme": "http"}),
        ("10.0.0.0/8", {"host": "127.0.0.1", "scheme": "http"}),
        ("10.0.0.0/8, 127.0.0.0/8", {"host": "203.0.113.9", "scheme": "https"}),
    ],
    ids=["nobody", "another", "this one"],
)
async def test_a_forwarded_address_counts_from_a_trusted_proxy_alone(trusted: str, seen: dict[str, str]) -> None:
    async with running(trusted_proxies=trusted) as service, httpx.AsyncClient(base_url=service.address) as http:
        assert (await http.get("/client", headers=FORWARDED)).json() == seen


@pytest.mark.parametrize("value", ["*", "localhost", "10.0.0.1/8", "10.0.0.0/33"])
def test_a_proxy_is_an_address_or_a_network(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("FF_PORT", "1")
    monkeypatch.setenv("FF_TRUSTED_PROXIES", value)
    with pytest.raises(SystemExit, match="FF_TRUSTED_PROXIES: must be IP addresses or networks"):
        load_settings(ServiceSettings)


async def test_health_and_metrics_stand_on_the_port_where_there_is_no_other() -> None:
    async with running() as service, httpx.AsyncClient(base_url=service.address) as http:
        assert [(await http.get(path)).status_code for path in ("/metrics", "/healthz", "/readyz")] == [200, 200, 200]


async def test_an_admin_port_takes_the_metrics_and_shows_nothing_else_of_the_app() -> None:
    async with running(admin_port=free_port()) as service, httpx.AsyncClient() as http:
        public, admin = [
            [(await http.get(address + path)).status_code for path in ("/client", "/metrics", "/healthz", "/readyz")]
            for address in (service.address, service.admin_address)
        ]
        assert public == [200, 404, 200, 200]
        assert admin == [404, 200, 200, 200]
        text = (await http.get(f"{service.admin_address}/metrics")).text
        assert 'route="/client"' in text
        assert (await http.get(f"{service.admin_address}/client")).headers["x-frame-options"] == "DENY"


async def test_an_admin_port_that_is_taken_is_said_before_anything_is_served() -> None:
    async with running() as service:
        server = Server(FastAPI(), ServiceSettings(port=0, admin_port=service.port))
        with pytest.raises(SystemExit):
            await server.serve()
        assert not server.started


async def test_readiness_says_no_while_requests_have_no_port_yet() -> None:
    starting, go_on = asyncio.Event(), asyncio.Event()

    @asynccontextmanager
    async def slow_start(_: FastAPI) -> AsyncIterator[None]:
        starting.set()
        await go_on.wait()
        yield

    app = create_app("test", Shell(registry=new_registry(), lifespan=slow_start), checks={})
    admin_port = free_port()
    server = Server(app, ServiceSettings(port=0, admin_port=admin_port))
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(20), httpx.AsyncClient(base_url=f"http://127.0.0.1:{admin_port}") as admin:
        await starting.wait()
        assert (await admin.get("/healthz")).status_code == 200
        assert (await admin.get("/readyz")).status_code == 503
        go_on.set()
        await until(lambda: server.started)
        assert (await admin.get("/readyz")).status_code == 200
        server.should_exit = True
        await serving


async def test_a_connection_that_nobody_uses_is_closed_after_the_time_that_was_set() -> None:
    async with running(idle_connection_seconds=1) as service, asyncio.timeout(30):
        reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
        for _ in range(2):
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 ")
            await reader.readexactly(int(re.findall(rb"content-length: (\d+)", head)[0]))
        assert await reader.read() == b""
        writer.close()
        assert service.server.config.timeout_keep_alive == 1


async def test_a_stop_drains_first_then_closes_then_waits_for_what_is_open() -> None:
    async with (
        running(drain_seconds=DRAIN_SECONDS, admin_port=free_port()) as service,
        httpx.AsyncClient(base_url=service.address) as http,
        httpx.AsyncClient(base_url=service.admin_address) as admin,
    ):
        open_request = asyncio.create_task(http.get("/slow"))
        await service.gate.entered.wait()
        assert (await http.get("/client")).headers.get("connection") is None
        service.server.should_exit = True

        async def is_ready(client: httpx.AsyncClient) -> bool:
            return (await client.get("/readyz")).status_code == 200

        async def is_draining() -> bool:
            return not await is_ready(http)

        await until(is_draining)
        assert not await is_ready(admin)
        answer = await http.get("/client")
        assert (answer.status_code, answer.headers["connection"]) == (200, "close")

        await until(lambda: not service.server.servers[0].is_serving())
        with pytest.raises(httpx.ConnectError):
            await http.get("/client")
        assert (await admin.get("/healthz")).status_code == 200
        assert not open_request.done()
        service.gate.opened.set()
        assert (await open_request).json() == "done"
        async with asyncio.timeout(20):
            await service.serving
        with pytest.raises(httpx.ConnectError):
            await admin.get("/healthz")


async def test_a_second_interrupt_ends_a_drain() -> None:
    async with running(drain_seconds=300) as service:
        service.server.should_exit = service.server.force_exit = True
        async with asyncio.timeout(20):
            await service.serving


OF_METRICS = [
    pytest.param("", "127.0.0.1", {}, True, id="the same machine"),
    pytest.param("", "::1", {}, True, id="the same machine by IPv6"),
    pytest.param("", "10.0.0.7", {}, False, id="another machine"),
    pytest.param("", "", {}, False, id="nobody knows who"),
    pytest.param("", "127.0.0.1", {"x-forwarded-for": "127.0.0.1"}, False, id="through a proxy"),
    pytest.param("", "127.0.0.1", {"via": "1.1 proxy"}, False, id="through another proxy"),
    pytest.param("a-token", "10.0.0.7", {"authorization": "Bearer a-token"}, True, id="with the token"),
    pytest.param("a-token", "10.0.0.7", {"authorization": "Bearer another"}, False, id="with another token"),
    pytest.param("a-token", "127.0.0.1", {}, False, id="without the token"),
]


@pytest.mark.parametrize(("token", "address", "headers", "told"), OF_METRICS)
async def test_who_reads_metrics_on_a_public_port(
    token: str, address: str, headers: dict[str, str], told: bool
) -> None:
    listener = public_listener(build_app(Gate()), Availability(), MetricsAccess(token))
    transport = httpx.ASGITransport(listener, client=(address, 1000))
    async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers) as client:
        assert (await client.get("/metrics")).status_code == (200 if told else 404)
        assert (await client.get("/healthz")).status_code == 200
