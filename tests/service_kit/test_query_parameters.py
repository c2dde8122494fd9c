"""How long the value of a query parameter may be: as long as its route says, and never without an end."""

from __future__ import annotations

from typing import Annotated

import httpx
import pytest
from fastapi import FastAPI, Query, Request
from service_kit.problems import install_problem_handlers
from service_kit.query_parameters import QUERY_VALUE_LENGTH_MAX
from service_kit.requests import new_router
from service_kit.validation_problems import install_validation_handler

LONG = 5000


async def anybody(_: Request) -> None:
    pass


@pytest.fixture
def app() -> FastAPI:
    app = FastAPI()
    install_problem_handlers(app)
    install_validation_handler(app)
    router = new_router("tests", anybody)

    @router.get("/lengths")
    async def lengths(
        plain: str = "",
        short: Annotated[str | None, Query(max_length=10)] = None,
        long: Annotated[str | None, Query(max_length=LONG)] = None,
    ) -> int:
        return len(plain) + len(short or "") + len(long or "")

    app.include_router(router)
    return app


@pytest.mark.parametrize(
    ("name", "most"), [("plain", QUERY_VALUE_LENGTH_MAX), ("short", 10), ("long", LONG)], ids=["plain", "short", "long"]
)
async def test_a_value_has_its_end(app: FastAPI, name: str, most: int) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        taken = await client.get("/lengths", params={name: "x" * most})
        assert (taken.status_code, taken.json()) == (200, most)
        refused = await client.get("/lengths", params={name: "x" * (most + 1)})
        assert refused.status_code == 422
        assert [each["field"] for each in refused.json()["errors"]] == [name]
