"""The index comes to the route that the framework would come to, and leaves refusals to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from service_kit.route_index import RouteIndex, index_routes

PATHS = [
    ("GET", "/api/things"),
    ("POST", "/api/things"),
    ("GET", "/api/things/new"),
    ("GET", "/api/things/{key}"),
    ("GET", "/api/things/mine"),
    ("PUT", "/api/things/{key}"),
    ("GET", "/api/{kind}/{key}/parts/{part}"),
    ("GET", "/api/things/{key}/parts/first"),
    ("GET", "/api/files/{path:path}"),
    ("GET", "/api/numbers/{number:int}"),
    ("GET", "/api/dated-{day}/x"),
]
ADDRESSES = [
    "/api/things",
    "/api/things/",
    "/api/things/new",
    "/api/things/mine",
    "/api/things/other",
    "/api/things//",
    "/api//things",
    "/api/things/%7B%7D",
    "/api/things/{}/parts/first",
    "/api/things/a%2Fb",
    "/api/things/a/parts/first",
    "/api/others/a/parts/second",
    "/api/files/a/b/c",
    "/api/numbers/7",
    "/api/numbers/seven",
    "/api/dated-2026/x",
    "/api/dated-/x",
    "/nowhere",
    "/",
]


def _told(number: int) -> Callable[[], Awaitable[int]]:
    async def endpoint() -> int:
        return number

    return endpoint


def app_of(*, indexed: bool) -> FastAPI:
    app = FastAPI()
    router = APIRouter()
    for number, (method, path) in enumerate(PATHS):
        router.add_api_route(path, _told(number), methods=[method], name=f"route-{number}")
    app.router.routes.extend(router.routes)
    if indexed:
        index_routes(app)
    return app


@pytest.fixture
async def both() -> AsyncIterator[list[httpx.AsyncClient]]:
    clients = [
        httpx.AsyncClient(transport=httpx.ASGITransport(app_of(indexed=each)), base_url="http://test")
        for each in (False, True)
    ]
    yield clients
    for client in clients:
        await client.aclose()


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
async def test_an_address_comes_to_the_same_route(both: list[httpx.AsyncClient], method: str) -> None:
    for address in ADDRESSES:
        plain, indexed = [await client.request(method, address) for client in both]
        told = [(each.status_code, each.content, each.headers.get("allow")) for each in (plain, indexed)]
        assert told[0] == told[1], (method, address, told)


def test_the_document_is_the_same() -> None:
    assert app_of(indexed=True).openapi() == app_of(indexed=False).openapi()


def test_below_another_path_it_knows_nothing() -> None:
    index = app_of(indexed=True).router.routes[0]
    assert isinstance(index, RouteIndex)
    scope = {"type": "http", "method": "GET", "path": "/api/things", "root_path": "/below"}
    assert index.matches(scope)[0].name == "NONE"
