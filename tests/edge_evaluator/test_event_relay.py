"""Events that SDKs send to the edge: they reach the ingestor as they came, and its answer comes back as it is."""

from __future__ import annotations

import asyncio
import gzip
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from edge_evaluator import event_relay
from edge_evaluator.settings import EdgeSettings
from service_kit.room import Allotment, Room, RoomLimits

from tests.edge_evaluator.running_edge import CLIENT_KEY, SERVER_KEY, RunningEdge, running_edge

PAGE = {"origin": "https://shop.example"}


class Ingestor:
    """Takes one request after another, remembers it and gives `answer`."""

    def __init__(self) -> None:
        self.heads: list[dict[str, str]] = []
        self.bodies: list[bytes] = []
        self.answer = (
            b'HTTP/1.1 202 Accepted\r\ncontent-type: application/json\r\ncontent-length: 14\r\n\r\n{"accepted":1}'
        )

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).decode():
                first, *lines = head.rstrip().split("\r\n")
                fields = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
                self.heads.append(fields | {"": first})
                self.bodies.append(await reader.readexactly(int(fields["content-length"])))
                writer.write(self.answer)
        except asyncio.IncompleteReadError:
            writer.close()


@asynccontextmanager
async def edge_with(ingestor: Ingestor, **changes: object) -> AsyncIterator[RunningEdge]:
    server = await asyncio.start_server(ingestor.serve, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with running_edge(EdgeSettings(ingestor_url=address, **changes)) as edge:  # type: ignore[arg-type]
        yield edge
    server.close()


async def test_a_batch_goes_on_as_it_came_and_the_answer_comes_back() -> None:
    ingestor, body = Ingestor(), gzip.compress(b"[]")
    async with edge_with(ingestor) as edge:
        headers = {"content-encoding": "gzip", "verdict-sdk": "web/1.0", "x-request-id": "mine", **PAGE}
        answer = await edge.post("/v1/events", body, key=CLIENT_KEY, headers=headers)
    assert (answer.status_code, answer.json()) == (202, {"accepted": 1})
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert ingestor.bodies == [body]
    told = ingestor.heads[0]
    assert told[""] == "POST /v1/events HTTP/1.1"
    assert (told["authorization"], told["content-encoding"]) == (f"Bearer {CLIENT_KEY}", "gzip")
    assert (told["verdict-sdk"], told["x-request-id"]) == ("web/1.0", "mine")
    assert told["x-forwarded-for"] == "127.0.0.1"


@pytest.mark.parametrize("trusted", ["127.0.0.0/8", ""])
async def test_the_ingestor_is_told_for_whom_a_request_is(trusted: str) -> None:
    ingestor = Ingestor()
    async with edge_with(ingestor, trusted_proxies=trusted) as edge:
        await edge.post("/v1/events", b"[]", headers={"x-forwarded-for": "203.0.113.7"})
    assert ingestor.heads[0]["x-forwarded-for"] == ("203.0.113.7" if trusted else "127.0.0.1")


async def test_a_refusal_comes_back_as_it_is() -> None:
    ingestor = Ingestor()
    ingestor.answer = (
        b"HTTP/1.1 429 Too Many Requests\r\nretry-after: 7\r\ncontent-type: application/problem+json\r\n"
        b'content-length: 13\r\n\r\n{"code": "c"}'
    )
    async with edge_with(ingestor) as edge:
        answer = await edge.post("/v1/events", b"[]")
    assert (answer.status_code, answer.headers["retry-after"], answer.json()) == (429, "7", {"code": "c"})
    assert answer.headers["content-type"] == "application/problem+json"


async def test_without_an_ingestor_a_sender_is_told_to_come_back_later() -> None:
    for address, code in (("", "ingestor_unset"), ("http://127.0.0.1:1", "ingestor_unavailable")):
        async with running_edge(EdgeSettings(ingestor_url=address)) as edge:
            answer = await edge.post("/v1/events", b"[]")
        assert (answer.status_code, answer.json()["code"]) == (503, code)
        assert int(answer.headers["retry-after"]) > 0


async def test_a_beacon_has_its_client_key_in_the_address(caplog: pytest.LogCaptureFixture) -> None:
    ingestor = Ingestor()
    with caplog.at_level(logging.DEBUG):
        async with edge_with(ingestor) as edge:
            for query, status, code in (
                (f"client_key={CLIENT_KEY}", 202, None),
                (f"client_key={SERVER_KEY}", 403, "client_key_required"),
                ("client_key=unknown", 401, "sdk_key_invalid"),
                ("client_key=", 401, "credentials_missing"),
                (f"client_key={CLIENT_KEY}&more=1", 422, "invalid_input"),
            ):
                answer = await edge.post(f"/v1/events?{query}", b"[]", key=None, headers=PAGE)
                assert (answer.status_code, answer.json().get("code")) == (status, code)
            answer = await edge.post("/v1/events?client_key=unknown", b"[]")
            assert answer.status_code == 202
    assert [each["authorization"] for each in ingestor.heads] == [f"Bearer {CLIENT_KEY}", f"Bearer {SERVER_KEY}"]
    assert {each[""] for each in ingestor.heads} == {"POST /v1/events HTTP/1.1"}
    asking = f":{edge.port}/"
    told = [text for each in caplog.records if asking not in (text := each.getMessage())]
    assert any("202" in each for each in told)
    assert not [each for each in told if CLIENT_KEY in each or SERVER_KEY in each]


async def test_bodies_are_bounded_by_request_and_by_key(monkeypatch: pytest.MonkeyPatch) -> None:
    ingestor = Ingestor()
    async with edge_with(ingestor, edge_body_limit_bytes=1024) as edge:
        large = b"[" + b" " * 2_000_000 + b"]"
        assert (await edge.post("/v1/events", large)).status_code == 202
        answer = await edge.post("/v1/events", b" " * (event_relay.BODY_BYTES_MAX + 1))
        assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
        assert (await edge.bulk({"a": "x" * 2000})).status_code == 413
        room = Room(RoomLimits(10_000, {event_relay.KEY_HOLDER: Allotment(bodies=1, bytes=1000)}))
        monkeypatch.setattr(edge.edge._relay, "room", room)
        answer = await edge.post("/v1/events", b" " * 1001)
        assert (answer.status_code, answer.json()["code"]) == (429, "too_much_in_flight")
        assert (await edge.post("/v1/events", b" " * 1000)).status_code == 202
    assert [len(body) for body in ingestor.bodies] == [2_000_002, 1000]
