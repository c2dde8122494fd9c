"""The one guard of typed addresses: what is refused as it is written, as it resolves, and as it is connected to."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpcore
import httpx
import pytest
from service_kit.outbound import AddressRefused, AnswerLimits, OutboundGuard, target_of

from tests.certificates import Authority

HOST, PUBLIC, OTHER_PUBLIC = "hooks.example.com", "93.184.216.34", "2606:4700::1111"


class Names:
    """A resolver whose answers change: each look-up takes the next, the last one stays."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if not answer:
            raise OSError("unknown")
        return answer


class Internet(httpcore.AsyncNetworkBackend):
    """Notes who is connected to; every address leads to one port of this machine, except those that are down."""

    def __init__(self, port: int = 0, down: Sequence[str] = ()) -> None:
        self.port = port
        self.down = down
        self.connected: list[tuple[str, int]] = []
        self._machine = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the port's
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        self.connected.append((host, port))
        if host in self.down or not self.port:
            raise httpcore.ConnectError("refused")
        return await self._machine.connect_tcp("127.0.0.1", self.port, timeout, local_address, socket_options)


class Receiver:
    """A server of this machine that answers every request in one way."""

    def __init__(self, answer: bytes, *, hold: bool = False) -> None:
        self.answer = answer
        self.hold = hold
        self.requests: list[bytes] = []
        self.port = 0

    @asynccontextmanager
    async def serving(self, tls: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=tls)
        self.port = server.sockets[0].getsockname()[1]
        async with server:
            yield self

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.requests.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(self.answer)
        await writer.drain()
        if self.hold:
            await reader.read()
        writer.close()


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("", "bad_url"),
        ("hooks.example.com", "bad_url"),
        ("ftp://hooks.example.com", "bad_url"),
        ("file:///etc/passwd", "bad_url"),
        ("https://", "bad_url"),
        ("https:///path", "bad_url"),
        ("https://hooks.example.com#part", "bad_url"),
        ("https://hooks.example.com/a b", "bad_url"),
        ("https://hooks.example.com\\@127.0.0.1/", "credentials_in_url"),
        ("https://hooks.example.com/\r\nHost: a", "bad_url"),
        ("https://hööks.example.com", "bad_url"),
        ("https://１２７.0.0.1", "bad_url"),
        ("https://hooks%2eexample.com", "bad_url"),
        ("https://[fe80::1%25eth0]/", "bad_url"),
        ("https://[::1", "bad_url"),
        ("https://127.1", "bad_url"),
        ("https://2130706433", "bad_url"),
        ("https://0x7f000001", "bad_url"),
        ("https://0177.0.0.1", "bad_url"),
        ("https://127.0.0.1.", "bad_url"),
        ("https://hooks..example.com", "bad_url"),
        (f"https://{'a' * 64}.example.com", "bad_url"),
        (f"https://hooks.example.com/{'a' * 2048}", "bad_url"),
        ("https://user@hooks.example.com", "credentials_in_url"),
        ("https://user:password@hooks.example.com", "credentials_in_url"),
        ("https://hooks.example.com@127.0.0.1", "credentials_in_url"),
        ("https://hooks.example.com:0", "port_not_allowed"),
        ("https://hooks.example.com:65536", "port_not_allowed"),
        ("https://hooks.example.com:22", "port_not_allowed"),
        ("https://hooks.example.com:80", "port_not_allowed"),
        ("http://hooks.example.com", "scheme_not_allowed"),
    ],
)
async def test_what_is_refused_as_it_is_written(url: str, code: str) -> None:
    resolve = Names([PUBLIC])

    async def by_form(host: str, port: int) -> Sequence[str]:
        return [host] if host[0].isdigit() else await resolve(host, port)

    internet = Internet()
    guard = OutboundGuard(resolve=by_form, network=internet)
    with pytest.raises(AddressRefused) as refused:
        await guard.check(url)
    assert refused.value.code == code
    async with guard.client() as client:
        with pytest.raises((httpx.HTTPError, httpx.InvalidURL)):
            await client.post(url)
    assert {host for host, _ in internet.connected} <= {PUBLIC}, "a client may read it otherwise, and is judged by that"


@pytest.mark.parametrize(
    "url", ["https://hooks.example.com", "HTTPS://Hooks.Example.com:443/a?b=%20c", "https://hooks.example.com:8443/"]
)
async def test_what_passes(url: str) -> None:
    resolve = Names([PUBLIC, OTHER_PUBLIC])
    await OutboundGuard(resolve=resolve).check(url)
    assert resolve.asked == [HOST]
    assert target_of(url).host == HOST


@pytest.mark.parametrize(
    "found",
    [[], ["127.0.0.1"], [PUBLIC, "10.0.0.1"], ["::ffff:169.254.169.254"], ["fe80::1%eth0"], [OTHER_PUBLIC, "::1"]],
    ids=str,
)
async def test_one_address_inside_is_enough_and_nothing_is_told(found: list[str]) -> None:
    internet = Internet()
    guard = OutboundGuard(resolve=Names(found), network=internet)
    with pytest.raises(AddressRefused) as refused:
        await guard.check("https://hooks.example.com")
    assert refused.value.code == "not_public"
    assert "10." not in refused.value.reason
    async with guard.client() as client:
        with pytest.raises(AddressRefused):
            await client.post("https://hooks.example.com")
    assert internet.connected == []


@pytest.mark.parametrize(
    "url", ["https://[::1]/", "https://127.0.0.1/", "https://[::ffff:7f00:1]/", "https://169.254.169.254/"]
)
async def test_an_address_itself_is_judged_by_the_machines_resolver(url: str) -> None:
    with pytest.raises(AddressRefused, match="no public address"):
        await OutboundGuard().check(url)
    with pytest.raises(AddressRefused, match="no public address"):
        await OutboundGuard().check("https://localhost/")


async def test_a_name_that_changes_after_the_check_is_not_reached() -> None:
    internet = Internet()
    guard = OutboundGuard(resolve=Names([PUBLIC], ["127.0.0.1"]), network=internet)
    await guard.check("https://hooks.example.com")
    async with guard.client() as client:
        with pytest.raises(AddressRefused):
            await client.post("https://hooks.example.com")
    assert internet.connected == []


async def test_a_name_that_changes_after_the_judgement_is_connected_to_what_was_judged() -> None:
    resolve = Names([PUBLIC], ["127.0.0.1"])
    internet = Internet()
    async with OutboundGuard(resolve=resolve, network=internet).client() as client:
        with pytest.raises(httpx.ConnectError):
            await client.post("https://hooks.example.com")
    assert internet.connected == [(PUBLIC, 443)]
    assert resolve.asked == [HOST]


async def test_the_connection_has_the_name_in_its_host_and_certificate(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    files = authority.issue("server", host=HOST)
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(files.certificate, files.key)
    trusted = ssl.create_default_context(cafile=authority.certificate)
    async with Receiver(OK).serving(served) as receiver:
        internet = Internet(receiver.port, down=[OTHER_PUBLIC])
        guard = OutboundGuard(resolve=Names([OTHER_PUBLIC, PUBLIC]), network=internet, tls=trusted)
        async with guard.client() as client:
            answer = await client.post(f"https://{HOST}/a?b=c", content=b"hello")
            assert (answer.status_code, answer.text) == (200, "ok")
            with pytest.raises(httpx.ConnectError, match="CERTIFICATE"):
                await client.post("https://other.example.com/")
    assert internet.connected[:2] == [(OTHER_PUBLIC, 443), (PUBLIC, 443)]
    assert receiver.requests[0].startswith(b"POST /a?b=c HTTP/1.1\r\nHost: hooks.example.com\r\n")
    assert b"identity" in receiver.requests[0]


async def test_what_the_operator_allows_is_reached_by_http_on_any_port() -> None:
    async with Receiver(OK).serving() as receiver:
        for allowed in ("127.0.0.1", "127.0.0.0/8", "hooks.internal"):
            url = f"http://{'hooks.internal' if allowed == 'hooks.internal' else '127.0.0.1'}:{receiver.port}/"
            guard = OutboundGuard([allowed], resolve=Names(["127.0.0.1"]))
            async with guard.client() as client:
                assert (await client.get(url)).text == "ok"
        with pytest.raises(AddressRefused):
            await OutboundGuard(["10.0.0.0/8", "other.internal"]).check(f"http://127.0.0.1:{receiver.port}/")


async def test_a_redirect_is_not_followed_and_would_be_judged() -> None:
    moved = (
        b"HTTP/1.1 302 Found\r\nLocation: https://169.254.169.254/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    )
    async with Receiver(moved).serving() as receiver:
        url = f"http://hooks.internal:{receiver.port}/"
        guard = OutboundGuard(["hooks.internal"], resolve=Names(["127.0.0.1"], ["127.0.0.1"], ["169.254.169.254"]))
        async with guard.client() as client:
            assert (await client.get(url)).status_code == 302
            with pytest.raises(AddressRefused):
                await client.get(url, follow_redirects=True)


async def test_an_answer_has_a_size() -> None:
    endless = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + b"x" * 5000
    async with Receiver(endless).serving() as receiver:
        guard = OutboundGuard(["127.0.0.1"])
        async with guard.client(AnswerLimits(bytes=4096)) as client:
            with pytest.raises(httpx.ReadError, match="larger than 4096 bytes"):
                await client.get(f"http://127.0.0.1:{receiver.port}/")


@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nslow"], ids=["silent", "halfway"]
)
async def test_an_answer_has_a_time(answer: bytes) -> None:
    async with Receiver(answer, hold=True).serving() as receiver:
        guard = OutboundGuard(["127.0.0.1"])
        async with guard.client(AnswerLimits(seconds=0.2)) as client:
            with pytest.raises(httpx.TimeoutException):
                await client.get(f"http://127.0.0.1:{receiver.port}/")


async def test_a_compressed_answer_is_not_unpacked() -> None:
    packed = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\nConnection: close\r\n\r\n\x1f\x8b\x08"
    async with Receiver(packed).serving() as receiver, OutboundGuard(["127.0.0.1"]).client() as client:
        answer = await client.get(f"http://127.0.0.1:{receiver.port}/", headers={"Accept-Encoding": "gzip"})
        assert answer.content == b"\x1f\x8b\x08"
    assert b"gzip" not in receiver.requests[0]
