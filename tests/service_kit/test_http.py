"""The shell around every service: problems, health, limits, request ids, metrics."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI
from pydantic import BaseModel, Field
from service_kit.cors import CorsPolicy, Pages, allow_browsers
from service_kit.http import Shell
from service_kit.problems import Conflict, FieldError, InvalidInput, TooManyRequests
from service_kit.telemetry import new_registry
from service_kit.typed_app import create_app

BUSY: list[str | None] = [None]


class Order(BaseModel):
    name: str
    amounts: list[int] = Field(default_factory=list)


def build_app() -> FastAPI:
    async def database() -> str | None:
        return BUSY[0]

    app = create_app("test", Shell(registry=new_registry(), body_limit_bytes=1000), checks={"database": database})

    @app.post("/orders")
    async def order(body: Order) -> Order:
        if body.name == "taken":
            raise Conflict("the name is taken", code="name_taken")
        if body.name == "busy":
            raise TooManyRequests("slow down", retry_after_seconds=7)
        if body.name == "odd":
            raise InvalidInput([FieldError("name", "odd_name", "must be even")])
        if body.name == "broken":
            raise RuntimeError("a secret detail")
        return body

    return app


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(build_app(), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as each:
        yield each


async def test_an_unexpected_error_carries_what_every_answer_does() -> None:
    app = build_app()
    policy = CorsPolicy(methods=("POST",), headers=(), exposed=(), setting="FF_CORS_ORIGINS")
    allow_browsers(app, Pages(("https://app.example",), policy))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        page = {"origin": "https://app.example"}
        answer = await client.post("/orders", json={"name": "broken"}, headers=page)
        counted = (await client.get("/metrics")).text
    assert answer.status_code == 500
    assert answer.headers["access-control-allow-origin"] == "https://app.example"
    assert answer.headers["x-request-id"] == answer.json()["request_id"]
    assert 'verdict_http_requests_total{method="POST",route="/orders",status="500"} 1.0' in counted


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [("taken", 409, "name_taken"), ("busy", 429, "too_many_requests"), ("odd", 422, "invalid_input")],
)
async def test_a_problem_is_rendered_with_its_code(
    client: httpx.AsyncClient, name: str, status: int, code: str
) -> None:
    answer = await client.post("/orders", json={"name": name})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == code
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert answer.headers.get("retry-after") == ("7" if name == "busy" else None)


async def test_an_unexpected_error_tells_nothing_of_itself(client: httpx.AsyncClient) -> None:
    answer = await client.post("/orders", json={"name": "broken"})
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert answer.json()["code"] == "internal_error"


async def test_a_wrong_field_is_named_by_its_path(client: httpx.AsyncClient) -> None:
    answer = await client.post("/orders", json={"name": "a", "amounts": [1, "x"]})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "amounts[1]"


async def test_broken_json_is_a_bad_request(client: httpx.AsyncClient) -> None:
    answer = await client.post("/orders", content=b"{", headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_json")


@pytest.mark.parametrize("declared", [True, False])
async def test_a_body_over_the_limit_is_refused(client: httpx.AsyncClient, declared: bool) -> None:
    body = json.dumps({"name": "x" * 2000}).encode()

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 400):
            yield body[start : start + 400]

    answer = await client.post(
        "/orders", content=body if declared else pieces(), headers={"content-type": "application/json"}
    )
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


async def test_readiness_names_what_is_missing(client: httpx.AsyncClient) -> None:
    assert (await client.get("/readyz")).status_code == 200
    BUSY[0] = "connection refused"
    try:
        answer = await client.get("/readyz")
    finally:
        BUSY[0] = None
    assert (answer.status_code, answer.json()["checks"]) == (503, {"database": "connection refused"})


async def test_metrics_count_by_route_template(client: httpx.AsyncClient) -> None:
    await client.post("/orders", json={"name": "a"})
    await client.get("/nowhere")
    text = (await client.get("/metrics")).text
    assert 'verdict_http_requests_total{method="POST",route="/orders",status="200"} 1.0' in text
    assert 'route="unmatched",status="404"' in text


async def test_a_request_id_is_taken_over_only_if_it_is_harmless(client: httpx.AsyncClient) -> None:
    assert (await client.get("/healthz", headers={"x-request-id": "abc-1"})).headers["x-request-id"] == "abc-1"
    assert len((await client.get("/healthz", headers={"x-request-id": "a b"})).headers["x-request-id"]) == 32
