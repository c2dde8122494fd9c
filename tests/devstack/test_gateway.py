"""The gateway passes on what comes, as it comes, to the service that the path names."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from devstack.gateway.proxy import CONTROL_PLANE, PREFIXES, Gateway
from devstack.ports import free_port

PATIENCE_SECONDS = 30


class Service:
    """Tells what it was asked; `/stream` goes on until the client leaves, `/pieces` says each piece that it got."""

    def __init__(self) -> None:
        self.left = asyncio.Event()
        self.piece = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        headers = [(b"set-cookie", b"a=1"), (b"set-cookie", b"b=2"), *_told(scope)]
        if scope["path"] == "/pieces":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            more = True
            while more:
                message = await receive()
                more = message["more_body"]
                await send({"type": "http.response.body", "body": message["body"], "more_body": True})
                self.piece.set()
            await send({"type": "http.response.body"})
            return
        await receive()
        await send({"type": "http.response.start", "status": 207, "headers": headers})
        if scope["path"] == "/stream":
            await send({"type": "http.response.body", "body": b"data: 1\n\n", "more_body": True})
            while (await receive())["type"] != "http.disconnect":
                """Nothing else is sent."""
            self.left.set()
        await send({"type": "http.response.body", "body": scope["raw_path"] + b"?" + scope["query_string"]})


def _told(scope: Scope) -> list[tuple[bytes, bytes]]:
    return [(b"x-seen-" + name, value) for name, value in scope["headers"]]


@contextlib.asynccontextmanager
async def served(app: Any, port: int) -> AsyncIterator[str]:
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=port,
        log_level="critical",
        lifespan="auto",
        proxy_headers=False,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    ticking = asyncio.ensure_future(server.main_loop())
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await ticking
        await server.shutdown()


@pytest.fixture
def ports() -> dict[str, int]:
    return {name: free_port() for name in (CONTROL_PLANE, *PREFIXES)}


@pytest.fixture
async def client(ports: dict[str, int]) -> AsyncIterator[httpx.AsyncClient]:
    """Of a gateway before four services, of which none runs."""
    services = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    async with (
        served(Gateway(services), free_port()) as origin,
        httpx.AsyncClient(base_url=origin, timeout=PATIENCE_SECONDS) as client,
    ):
        yield client


@pytest.mark.parametrize(
    ("path", "name", "there"),
    [
        ("/p/shop/flags?a=%2F&b", CONTROL_PLANE, "/p/shop/flags?a=%2F&b"),
        ("/api/v1/me", CONTROL_PLANE, "/api/v1/me?"),
        ("/edges", CONTROL_PLANE, "/edges?"),
        ("/edge/v1/flags/a%2Fb?x=1", "edge", "/v1/flags/a%2Fb?x=1"),
        ("/edge", "edge", "/?"),
        ("/analytics/v1/results", "analytics", "/v1/results?"),
        ("/events/v1/batch", "events", "/v1/batch?"),
    ],
)
async def test_the_first_part_of_a_path_names_the_service(
    ports: dict[str, int], client: httpx.AsyncClient, path: str, name: str, there: str
) -> None:
    async with served(Service(), ports[name]):
        answer = await client.get(path)
    assert (answer.status_code, answer.text) == (207, there)


async def test_headers_go_both_ways_and_say_where_the_request_came_from(
    ports: dict[str, int], client: httpx.AsyncClient
) -> None:
    async with served(Service(), ports["edge"]):
        sent = {"Host": "flags.example.com", "X-Forwarded-For": "192.0.2.7", "Connection": "x-own", "X-Own": "1"}
        answer = await client.get("/edge/v1", headers=sent)
    seen = answer.headers
    assert seen.get_list("set-cookie") == ["a=1", "b=2"]
    assert seen["x-seen-host"] == seen["x-seen-x-forwarded-host"] == "flags.example.com"
    assert seen["x-seen-x-forwarded-for"] == "192.0.2.7, 127.0.0.1"
    assert seen["x-seen-x-forwarded-proto"] == "http"
    assert seen["x-seen-x-forwarded-prefix"] == "/edge"
    assert "x-seen-x-own" not in seen


async def test_a_stream_flows_and_the_service_learns_when_its_client_leaves(
    ports: dict[str, int], client: httpx.AsyncClient
) -> None:
    service = Service()
    async with served(service, ports["edge"]):
        async with client.stream("GET", "/edge/stream") as answer:
            assert await anext(answer.aiter_text()) == "data: 1\n\n"
            assert not service.left.is_set()
        async with asyncio.timeout(PATIENCE_SECONDS):
            await service.left.wait()


async def test_a_body_flows_before_its_end_is_sent(ports: dict[str, int], client: httpx.AsyncClient) -> None:
    service = Service()

    async def pieces() -> AsyncIterator[bytes]:
        yield b"one "
        async with asyncio.timeout(PATIENCE_SECONDS):
            await service.piece.wait()
        yield b"two"

    async with served(service, ports[CONTROL_PLANE]):
        answer = await client.put("/pieces", content=pieces())
    assert answer.text == "one two"


async def test_a_service_that_is_away_is_said_and_found_again(ports: dict[str, int], client: httpx.AsyncClient) -> None:
    answer = await client.get("/analytics/v1")
    assert answer.status_code == 502
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"] == "service_unreachable"
    assert "analytics" in problem["detail"]
    assert problem["request_id"] == answer.headers["x-request-id"]
    for _ in range(2):
        async with served(Service(), ports["analytics"]):
            assert (await client.get("/analytics/v1")).status_code == 207
    assert (await client.post("/analytics/v1", content=b"{}")).status_code == 502
