"""nginx before the services: one origin, whose streams pass as they come (with a real nginx)."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from devstack.ports import free_port
from tests.deploy.nginx_server import configured, program, running
from tests.devstack.test_gateway import served

NAMES = ("control-plane", "edge-evaluator", "event-ingestor", "analytics")


class Told:
    """Answers what it was asked. `/stream` says one event, and the next when it is let."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.go_on = asyncio.Event()
        self.came = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        path = scope["raw_path"].decode() + (f"?{scope['query_string'].decode()}" if scope["query_string"] else "")
        if path == "/stream":
            await self._stream(send)
            return
        if path == "/upload":
            message = await receive()
            self.came.set()
            while message.get("more_body"):
                message = await receive()
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        body = json.dumps({"service": self.name, "path": path, "headers": headers, "padding": "x" * 2000}).encode()
        status = 503 if path == "/refused" else 200
        kind = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": kind})
        await send({"type": "http.response.body", "body": body})

    async def _stream(self, send: Send) -> None:
        kind = [(b"content-type", b"text/event-stream")]
        await send({"type": "http.response.start", "status": 200, "headers": kind})
        await send({"type": "http.response.body", "body": b"data: 1\n\n", "more_body": True})
        await self.go_on.wait()
        await send({"type": "http.response.body", "body": b"data: 2\n\n"})


class Origin:
    def __init__(self, client: httpx.AsyncClient, services: dict[str, Told], log: Path) -> None:
        self.client, self.services, self.log = client, services, log


@pytest.fixture
async def origin(tmp_path: Path) -> AsyncIterator[Origin]:
    services = {name: Told(name) for name in NAMES}
    async with AsyncExitStack() as stack:
        addresses = {}
        for name, each in services.items():
            port = free_port()
            await stack.enter_async_context(served(each, port))
            addresses[name] = f"127.0.0.1:{port}"
        address = stack.enter_context(running(tmp_path, addresses))
        client = await stack.enter_async_context(httpx.AsyncClient(base_url=address, timeout=30))
        yield Origin(client, services, tmp_path / "log")
        for each in services.values():
            each.go_on.set()


def test_the_configuration_is_one(tmp_path: Path) -> None:
    path = configured(tmp_path, free_port(), dict.fromkeys(NAMES, "127.0.0.1:1"))
    checked = subprocess.run([program(), "-t", "-p", tmp_path, "-c", path], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize(
    ("asked", "service", "path"),
    [
        ("/", "control-plane", "/"),
        ("/p/shop/flags?q=a%20b", "control-plane", "/p/shop/flags?q=a%20b"),
        ("/api/v1/projects/a%2Fb", "control-plane", "/api/v1/projects/a%2Fb"),
        ("/edges", "control-plane", "/edges"),
        ("/analytics/v1/results?x=1", "analytics", "/v1/results?x=1"),
        ("/events/v1/events", "event-ingestor", "/v1/events"),
        ("/edge/ofrep/v1/evaluate/flags/a%2Fb", "edge-evaluator", "/ofrep/v1/evaluate/flags/a%2Fb"),
        (
            "/edge/ofrep/v1/evaluate/flags/%C3%A4%20b?user_id=1",
            "edge-evaluator",
            "/ofrep/v1/evaluate/flags/%C3%A4%20b?user_id=1",
        ),
        ("/edge/", "edge-evaluator", "/"),
        ("/edge", "edge-evaluator", "/"),
        ("/edge?a=/analytics/", "edge-evaluator", "/?a=/analytics/"),
    ],
)
async def test_the_path_names_the_service(origin: Origin, asked: str, service: str, path: str) -> None:
    told = (await origin.client.get(asked)).json()
    assert (told["service"], told["path"]) == (service, path)


async def test_services_are_told_who_asks_and_at_which_name(origin: Origin) -> None:
    faked = {"X-Forwarded-For": "1.2.3.4", "Host": "verdict.example.com"}
    headers = (await origin.client.get("/edge/x", headers=faked)).json()["headers"]
    assert headers["x-forwarded-for"] == "127.0.0.1"
    assert headers["x-forwarded-proto"] == "http"
    assert headers["host"] == "verdict.example.com"


async def test_an_event_comes_before_the_next_one_is_there(origin: Origin) -> None:
    async with origin.client.stream("GET", "/edge/stream", headers={"Accept-Encoding": "gzip"}) as answer:
        events = answer.aiter_text()
        assert "content-encoding" not in answer.headers
        assert await anext(events) == "data: 1\n\n"
        origin.services["edge-evaluator"].go_on.set()
        assert await anext(events) == "data: 2\n\n"


async def test_a_body_reaches_the_service_before_its_end(origin: Origin) -> None:
    service = origin.services["control-plane"]

    async def pieces() -> AsyncIterator[bytes]:
        yield b"a" * 10_000
        await service.came.wait()
        yield b"b"

    assert (await origin.client.post("/upload", content=pieces())).status_code == 200


async def test_long_answers_are_packed_and_what_a_service_refuses_passes(origin: Origin) -> None:
    packed = await origin.client.get("/analytics/x", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.json()["service"] == "analytics"
    refused = await origin.client.get("/analytics/refused")
    assert (refused.status_code, refused.json()["service"]) == (503, "analytics")


async def test_a_service_that_is_away_is_told_as_a_problem_and_the_others_go_on(tmp_path: Path) -> None:
    async with served(Told("edge-evaluator"), port := free_port()):
        addresses = dict.fromkeys(NAMES, f"127.0.0.1:{free_port()}") | {"edge-evaluator": f"127.0.0.1:{port}"}
        with running(tmp_path, addresses) as address:
            async with httpx.AsyncClient(base_url=address) as client:
                away = await client.get("/api/v1/me")
                there = await client.get("/edge/x")
    assert (away.status_code, away.headers["content-type"]) == (503, "application/problem+json")
    assert away.json()["code"] == "service_unavailable"
    assert away.headers["retry-after"] == "2"
    assert there.json()["service"] == "edge-evaluator"


async def test_no_key_of_a_beacon_is_logged(origin: Origin) -> None:
    await origin.client.post("/events/v1/events?client_key=sdk-client-hidden", content=b"[]")
    assert (await origin.client.get("/front/healthz")).json() == {"status": "ok"}
    text = origin.log.read_text()
    assert '"path":"/events/v1/events"' in text
    assert "hidden" not in text
