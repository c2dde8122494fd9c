"""`navigator.sendBeacon` sends no headers: the client key stands in the address, and a server key never may."""

from __future__ import annotations

import json
import logging

import httpx
import pytest

from tests.event_ingestor.events import exposure, metric, receipt
from tests.event_ingestor.test_app import ORIGIN, bus, client, clock

__all__ = ["bus", "client", "clock"]
BODY = json.dumps([exposure(), metric()]).encode()


@pytest.fixture
def beacon(client: httpx.AsyncClient) -> httpx.AsyncClient:
    del client.headers["authorization"]
    return client


@pytest.mark.parametrize(
    "media_type", [None, "text/plain;charset=UTF-8", "application/octet-stream", "application/json"]
)
async def test_a_beacon_is_taken_whatever_a_browser_calls_it(beacon: httpx.AsyncClient, media_type: str | None) -> None:
    headers = {"origin": ORIGIN} | ({} if media_type is None else {"content-type": media_type})
    answer = await beacon.post("/v1/events?client_key=client", content=BODY, headers=headers)
    assert (answer.status_code, receipt(answer)) == (202, {"accepted": 2, "rejected": []})
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("client_key=server", 403, "client_key_required"),
        ("client_key=unknown", 401, "sdk_key_invalid"),
        ("client_key=", 401, "credentials_missing"),
        ("client_key=client&client_key=client", 422, "invalid_input"),
        ("client_key=client&user=anna", 422, "invalid_input"),
        ("key=client", 401, "credentials_missing"),
    ],
)
async def test_another_key_in_the_address_is_refused(
    beacon: httpx.AsyncClient, query: str, status: int, code: str
) -> None:
    answer = await beacon.post(f"/v1/events?{query}", content=BODY)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_the_key_of_the_headers_counts_where_there_is_one(beacon: httpx.AsyncClient) -> None:
    for key, status in (("server", 202), ("unknown", 401)):
        answer = await beacon.post("/v1/events?client_key=client", content=BODY, headers={"x-api-key": key})
        assert answer.status_code == status


@pytest.mark.parametrize("path", ["/v1/events/tail", "/v1/events/counts"])
async def test_nothing_else_is_opened_by_an_address(beacon: httpx.AsyncClient, path: str) -> None:
    assert (await beacon.get(f"{path}?client_key=client")).status_code == 401


async def test_the_key_is_in_no_log(beacon: httpx.AsyncClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for body in (BODY, b"[", b"\xff"):
        await beacon.post("/v1/events?client_key=client-key-to-look-for", content=body)
        await beacon.post("/v1/events?client_key=client", content=body)
    ours = [record for record in caplog.records if not record.name.startswith("httpx")]
    told = " ".join(f"{record.getMessage()} {vars(record)}" for record in ours)
    assert "client-key-to-look-for" not in told
    assert "client_key=client" not in told
