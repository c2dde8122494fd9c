"""The reason for a request comes by a header, is checked at the door, and is carried as the address is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import quote

import httpx
import pytest
from service_kit.http import Shell
from service_kit.origins import current_address, current_reason, current_right, note_right
from service_kit.reasons import REASON_HEADER, REASON_LENGTH_MAX
from service_kit.telemetry import new_registry
from service_kit.typed_app import create_app

GIVEN = {
    "nothing": (None, ""),
    "plain": (b"OPS-12 roll out", "OPS-12 roll out"),
    "encoded": (quote("Größe: 50 % → 60 %").encode(), "Größe: 50 % → 60 %"),
    "as the terminal sends it": ("weil Kärnten fehlt".encode(), "weil Kärnten fehlt"),
    "a plus is a plus": (b"1+1", "1+1"),
    "two lines": (b"first%0Asecond", "first\nsecond"),
    "blanks around it": (b"%20 because %20", "because"),
    "blanks alone": (b"%20%20", ""),
    "as long as may be": (quote("ü" * REASON_LENGTH_MAX).encode(), "ü" * REASON_LENGTH_MAX),
}
REFUSED = {
    "a bare percent sign": (b"50% more", "not_percent_encoded"),
    "half of a code": (b"%4", "not_percent_encoded"),
    "no UTF-8": (b"%ff", "not_utf8"),
    "a lone surrogate": (b"%ed%a0%80", "not_utf8"),
    "NUL": (b"a%00b", "control_character"),
    "an escape": (b"a%1b[31m", "control_character"),
    "too long": (b"x" * (REASON_LENGTH_MAX + 1), "string_too_long"),
}


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = create_app("test", Shell(registry=new_registry(), takes_reasons=True), checks={})

    @app.post("/things")
    async def make() -> dict[str, str]:
        told = {"address": current_address(), "reason": current_reason(), "right": current_right()}
        note_right("thing:create")
        return told

    @app.get("/things")
    async def read() -> str:
        return current_right()

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        yield client


@pytest.mark.parametrize(("sent", "reason"), [pytest.param(*each, id=name) for name, each in GIVEN.items()])
async def test_a_reason_is_read(client: httpx.AsyncClient, sent: bytes | None, reason: str) -> None:
    headers = [] if sent is None else [(REASON_HEADER.encode(), sent)]
    for _ in range(2):
        told = (await client.post("/things", headers=headers)).json()
        assert told == {"address": "127.0.0.1", "reason": reason, "right": ""}


@pytest.mark.parametrize(("sent", "code"), [pytest.param(*each, id=name) for name, each in REFUSED.items()])
async def test_what_is_no_reason_is_refused_by_the_name_of_the_header(
    client: httpx.AsyncClient, sent: bytes, code: str
) -> None:
    answer = await client.post("/things", headers=[(REASON_HEADER.encode(), sent)])
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    [error] = answer.json()["errors"]
    assert (error["field"], error["code"]) == (REASON_HEADER, code)
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


async def test_two_reasons_are_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post("/things", headers=[(REASON_HEADER, "one"), (REASON_HEADER, "two")])
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "repeated")


async def test_a_reason_and_a_right_are_of_one_request(client: httpx.AsyncClient) -> None:
    await client.post("/things", headers={REASON_HEADER: "because"})
    assert (await client.post("/things")).json()["reason"] == ""
    assert (await client.get("/things")).json() == ""


async def test_writes_document_the_header(client: httpx.AsyncClient) -> None:
    operations = (await client.get("/openapi.json")).json()["paths"]["/things"]
    assert [each["name"] for each in operations["post"]["parameters"]] == [REASON_HEADER]
    assert "parameters" not in operations["get"]


async def test_where_nothing_is_recorded_nothing_is_asked() -> None:
    app = create_app("test", Shell(registry=new_registry()), checks={})
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        assert (await client.get("/healthz", headers={REASON_HEADER: "%"})).status_code == 200
