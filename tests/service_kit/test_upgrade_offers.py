"""An offer to upgrade changes nothing: the body is read once, as that of any request, and what follows it is next."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator

import pytest
import uvicorn
from service_kit.serving import Server
from service_kit.settings import ServiceSettings
from starlette.types import Receive, Scope, Send

from tests.waiting import turns, until

HEADERS_OF_OFFERS = {
    "none": b"",
    "h2c": b"Connection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAEAAEAA\r\nUpgrade: h2c\r\n",
    "websocket": b"connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: eA==\r\n",
    "two": b"connection: keep-alive, upgrade\r\nupgrade: h2c\r\nUPGRADE: websocket\r\n",
}
BODY = b"GET /smuggled HTTP/1.1\r\nhost: x\r\n\r\n"
CHUNKS = b"%x\r\n%b\r\n%x;x=y\r\n%b\r\n0\r\ntrailer: t\r\n\r\n" % (5, BODY[:5], len(BODY) - 5, BODY[5:])
LAST = b"GET /last HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with one line of JSON: what this request was."""
    assert scope["type"] == "http"
    body, more = b"", True
    while more:
        message = await receive()
        body += message["body"]
        more = message.get("more_body", False)
    names = [name.decode() for name, _ in scope["headers"]]
    seen = {"asked": f"{scope['method']} {scope['path']}", "body": body.decode(), "headers": names}
    answer = json.dumps(seen).encode() + b"\n"
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(answer))]})
    await send({"type": "http.response.body", "body": answer})


@pytest.fixture
async def port() -> AsyncIterator[int]:
    server: uvicorn.Server = Server(echo, ServiceSettings(port=0))
    server.config.lifespan = "off"
    serving = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    async with asyncio.timeout(20):
        await serving


async def answers(port: int, *segments: bytes) -> bytes:
    """All that comes until the service ends the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for segment in segments:
        writer.write(segment)
        await writer.drain()
        await turns()
    async with asyncio.timeout(20):
        found = await reader.read()
    writer.close()
    return found


def requests_in(found: bytes) -> list[tuple[str, str]]:
    lines = [json.loads(line) for line in found.splitlines() if line.startswith(b'{"asked"')]
    return [(line["asked"], line["body"]) for line in lines]


def head(offer: bytes, *lines: bytes, version: bytes = b"1.1") -> bytes:
    return b"POST /first HTTP/%b\r\nHost: x\r\n%b%b\r\n" % (version, offer, b"".join(line + b"\r\n" for line in lines))


LENGTH = b"Content-Length: %d" % len(BODY)
CHUNKED = b"Transfer-Encoding: chunked"
EXPECTED = [("POST /first", BODY.decode()), ("GET /last", "")]


@pytest.mark.parametrize("offer", HEADERS_OF_OFFERS.values(), ids=HEADERS_OF_OFFERS)
class TestOffer:
    async def test_the_body_in_the_same_segment(self, port: int, offer: bytes) -> None:
        assert requests_in(await answers(port, head(offer, LENGTH) + BODY + LAST)) == EXPECTED

    async def test_the_body_in_a_second_segment(self, port: int, offer: bytes) -> None:
        assert requests_in(await answers(port, head(offer, LENGTH), BODY + LAST)) == EXPECTED
        assert requests_in(await answers(port, head(offer, LENGTH), BODY[:7], BODY[7:], LAST)) == EXPECTED

    async def test_the_head_in_two_segments(self, port: int, offer: bytes) -> None:
        whole = head(offer, LENGTH) + BODY + LAST
        for cut in (3, 30, 70, len(head(offer, LENGTH)) - 1):
            assert requests_in(await answers(port, whole[:cut], whole[cut:])) == EXPECTED

    async def test_a_chunked_body(self, port: int, offer: bytes) -> None:
        assert requests_in(await answers(port, head(offer, CHUNKED) + CHUNKS + LAST)) == EXPECTED
        assert requests_in(await answers(port, head(offer, CHUNKED), CHUNKS, LAST)) == EXPECTED

    async def test_no_body(self, port: int, offer: bytes) -> None:
        get = head(offer).replace(b"POST", b"GET")
        assert requests_in(await answers(port, get + LAST)) == [("GET /first", ""), ("GET /last", "")]

    async def test_requests_behind_each_other(self, port: int, offer: bytes) -> None:
        request = head(offer, LENGTH) + BODY
        assert requests_in(await answers(port, request * 300 + LAST)) == [EXPECTED[0]] * 300 + [EXPECTED[1]]

    async def test_a_body_that_waits_for_the_word_to_go_on(self, port: int, offer: bytes) -> None:
        found = await answers(port, head(offer, LENGTH, b"Expect: 100-continue"), BODY + LAST)
        assert found.startswith(b"HTTP/1.1 100 Continue\r\n\r\n")
        assert found.count(b"100 Continue") == 1
        assert requests_in(found) == EXPECTED

    @pytest.mark.parametrize("version", [b"1.0", b"1.1"])
    async def test_a_connection_that_is_to_be_closed(self, port: int, offer: bytes, version: bytes) -> None:
        found = await answers(port, head(offer, LENGTH, b"Connection: close", version=version) + BODY)
        assert requests_in(found) == EXPECTED[:1]
        assert b"\r\nconnection: close\r\n" in found

    async def test_the_app_sees_the_same_headers(self, port: int, offer: bytes) -> None:
        found = await answers(port, head(offer, LENGTH, b"X-Mine: 1", b"X-Mine: 2") + BODY + LAST)
        (first, *_) = [json.loads(line) for line in found.splitlines() if line.startswith(b"{")]
        assert first["headers"].count("x-mine") == 2
        assert "upgrade" not in first["headers"]

    @pytest.mark.parametrize(
        "lines",
        [(LENGTH, CHUNKED), (LENGTH, b"Content-Length: 1"), (b"Transfer-Encoding: chunked, x",), (b"a b: c",)],
        ids=["both lengths", "two lengths", "chunked not last", "a name with a space"],
    )
    async def test_what_is_wrong_is_refused(self, port: int, offer: bytes, lines: tuple[bytes, ...]) -> None:
        found = await answers(port, head(offer, *lines) + BODY + LAST)
        assert found.startswith(b"HTTP/1.1 400 ")
        assert requests_in(found) == []


@pytest.mark.parametrize("target", [b"x:80", b"/last", b"http://x/last"])
async def test_connect_is_refused(port: int, target: bytes) -> None:
    found = await answers(port, b"CONNECT %b HTTP/1.1\r\nhost: x\r\n\r\n" % target + LAST)
    assert found.startswith(b"HTTP/1.1 400 ")
    assert requests_in(found) == []
