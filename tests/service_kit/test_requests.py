"""Bodies of strict routes: decoded beside the loop when they are large."""

from __future__ import annotations

import json
import threading
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request
from pydantic import BaseModel
from service_kit.json_text import decode_json
from service_kit.problems import install_problem_handlers
from service_kit.requests import new_router
from service_kit.validation_problems import install_validation_handler


class Body(BaseModel):
    text: str


async def anybody(_: Request) -> None:
    pass


@pytest.fixture
def app() -> FastAPI:
    app = FastAPI()
    install_problem_handlers(app)
    install_validation_handler(app)
    router = new_router("tests", anybody)

    @router.post("/length")
    async def length(body: Body) -> int:
        return len(body.text)

    app.include_router(router)
    return app


@pytest.mark.parametrize(("size", "beside"), [(1000, False), (200_000, True)])
async def test_a_large_body_is_decoded_beside_the_loop(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch, size: int, beside: bool
) -> None:
    threads: list[threading.Thread] = []

    def decode(body: bytes) -> Any:
        threads.append(threading.current_thread())
        return decode_json(body)

    monkeypatch.setattr("service_kit.requests.decode_json", decode)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        assert (await client.post("/length", json={"text": "x" * size})).json() == size
        refused = await client.post("/length", content=json.dumps({"text": "\ud800" + "x" * size}))
        assert refused.json()["errors"][0]["code"] == "lone_surrogate"
    assert [each is not threading.current_thread() for each in threads] == [beside, beside]
