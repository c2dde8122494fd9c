"""Too much of anything is refused in words, and the edge goes on."""

from __future__ import annotations

import asyncio

import pytest

from tests.edge_evaluator.conftest import StartEdge
from tests.edge_evaluator.one_piece import request_bytes
from tests.edge_evaluator.running_edge import CLIENT_KEY, SERVER_KEY
from tests.waiting import until

PLAIN = request_bytes(
    "POST",
    "/ofrep/v1/evaluate/flags/plain",
    [("host", "x"), ("authorization", f"Bearer {SERVER_KEY}"), ("content-length", "2")],
    b"{}",
)


@pytest.mark.usefixtures("one_window")
async def test_a_key_over_its_limit_is_told_when_to_come_back(start_edge: StartEdge) -> None:
    edge = await start_edge(edge_requests_per_key_per_second=1)
    answers = [await edge.flag("plain") for _ in range(12)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert 1 <= int(refused[0].headers["retry-after"]) <= 10
    assert refused[0].json()["errorCode"] == "GENERAL"
    assert (await edge.flag("visible", key=CLIENT_KEY)).status_code == 200


@pytest.mark.usefixtures("one_window")
async def test_an_address_over_its_limit_is_refused_whatever_its_key(start_edge: StartEdge) -> None:
    edge = await start_edge(edge_requests_per_address_per_second=1)
    statuses = [(await edge.flag("plain", key=f"guess-{n}")).status_code for n in range(12)]
    assert set(statuses) == {401, 429}
    assert (await edge.flag("plain")).status_code == 429


@pytest.mark.usefixtures("one_window")
@pytest.mark.parametrize("trusted", ["", "127.0.0.1"], ids=["of nobody", "of this proxy"])
async def test_whose_word_counts_for_an_address(start_edge: StartEdge, trusted: str) -> None:
    edge = await start_edge(edge_requests_per_address_per_second=1, trusted_proxies=trusted)
    named = [{"x-forwarded-for": f"203.0.113.{n}", "x-forwarded-proto": "https"} for n in range(12)]
    statuses = {(await edge.flag("plain", headers=headers)).status_code for headers in named}
    assert statuses == ({200} if trusted else {200, 429})


@pytest.mark.parametrize("trusted", ["", "127.0.0.1"], ids=["of nobody", "of this proxy"])
async def test_whose_word_counts_for_the_scheme_of_event_streams(start_edge: StartEdge, trusted: str) -> None:
    edge = await start_edge(trusted_proxies=trusted)
    answer = await edge.bulk(headers={"x-forwarded-proto": "https"})
    address = answer.json()["eventStreams"][0]["url"]
    assert address.startswith("https://" if trusted else "http://")


async def test_an_edge_that_stops_answers_on_and_ends_connections(start_edge: StartEdge) -> None:
    edge = await start_edge(drain_seconds=2)
    assert "connection" not in (await edge.flag("plain")).headers
    edge.server.should_exit = True

    async def ends_connections() -> bool:
        answer = await edge.flag("plain")
        assert (answer.status_code, answer.json()["variant"]) == (200, "on")
        return bool(answer.headers.get("connection") == "close")

    await until(ends_connections)
    assert (await edge.get("/readyz", key=None)).status_code == 503


async def test_too_many_connections_of_an_address_are_refused(start_edge: StartEdge) -> None:
    edge = await start_edge(edge_connections_per_address_max=2)
    held = [await asyncio.open_connection("127.0.0.1", edge.port) for _ in range(2)]
    for reader, writer in held:
        writer.write(PLAIN)
        assert b"200 OK" in await reader.readuntil(b"\r\n")
    assert (await edge.raw(PLAIN)).startswith(b"HTTP/1.1 429 ")
    for _, writer in held:
        writer.close()

    async def is_served() -> bool:
        answer = await edge.raw(PLAIN.replace(b"host: x", b"host: x\r\nconnection: close"))
        return not answer.startswith(b"HTTP/1.1 429")

    await until(is_served)


async def test_too_many_connections_of_a_key_are_refused(start_edge: StartEdge) -> None:
    edge = await start_edge(edge_connections_per_key_max=1)
    reader, writer = await asyncio.open_connection("127.0.0.1", edge.port)
    writer.write(PLAIN)
    assert b"200 OK" in await reader.readuntil(b"\r\n")
    refused = await edge.flag("plain")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    assert (await edge.flag("visible", key=CLIENT_KEY)).status_code == 200
    writer.close()


@pytest.mark.parametrize(
    "beginning", [b"POST /ofrep/v1/evaluate/flags/plain HTTP/1.1\r\nhost: x\r\n", b"PO", PLAIN[:-1]]
)
async def test_slow_senders_are_cut(start_edge: StartEdge, beginning: bytes) -> None:
    edge = await start_edge(edge_header_seconds_max=0.3, edge_body_seconds_max=0.3)
    answer = await edge.raw(beginning)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 408")
    assert (await edge.flag("plain")).status_code == 200


async def test_settings_bound_a_context(start_edge: StartEdge) -> None:
    edge = await start_edge(edge_context_attributes_max=3, edge_context_depth_max=2)
    assert (await edge.flag("plain", {"a": {"b": 1}})).status_code == 200
    assert (await edge.flag("plain", {"a": {"b": [1]}})).status_code == 400
    assert (await edge.flag("plain", {"a": 1, "b": 2, "c": 3, "d": 4})).status_code == 400
