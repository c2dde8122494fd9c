"""TXT records, as a name server sends them: one of our own answers on a real socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import dns.asyncresolver
import dns.message
import dns.rcode
import dns.rrset
import pytest
from control_plane.people.domain_records import text_records
from service_kit.problems import Unavailable

RECORDS = {
    "_verdict.example.com.": ['"verdict-domain=abc"', '"in " "two parts"'],
    "_verdict.bytes.example.": [r'"\255"'],
}


class NameServer(asyncio.DatagramProtocol):
    transport: asyncio.DatagramTransport
    broken = False

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        asked = dns.message.from_wire(data)
        answer = dns.message.make_response(asked)
        name = str(asked.question[0].name)
        if self.broken:
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif name in RECORDS:
            answer.answer.append(dns.rrset.from_text_list(name, 60, "IN", "TXT", RECORDS[name]))
        elif "missing" in name:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        self.transport.sendto(answer.to_wire(), addr)


@pytest.fixture
async def server() -> AsyncIterator[NameServer]:
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(NameServer, local_addr=("127.0.0.1", 0))
    yield server
    transport.close()


def resolver_of(server: NameServer) -> dns.asyncresolver.Resolver:
    resolver = dns.asyncresolver.Resolver(configure=False)
    resolver.nameservers = ["127.0.0.1"]
    resolver.port = server.transport.get_extra_info("sockname")[1]
    return resolver


async def test_each_record_is_one_text(server: NameServer) -> None:
    found = await text_records("_verdict.example.com", resolver_of(server))
    # They come in any order.
    assert sorted(found) == ["in two parts", "verdict-domain=abc"]


async def test_bytes_that_are_no_text_hurt_nobody(server: NameServer) -> None:
    assert await text_records("_verdict.bytes.example", resolver_of(server)) == ["\ufffd"]


@pytest.mark.parametrize("name", ["_verdict.missing.example", "_verdict.without.example", "a." * 200 + "example"])
async def test_where_there_is_nothing_there_are_none(server: NameServer, name: str) -> None:
    assert await text_records(name, resolver_of(server)) == ()


async def test_a_server_that_fails_is_told(server: NameServer) -> None:
    server.broken = True
    with pytest.raises(Unavailable, match="gives no answer"):
        await text_records("_verdict.example.com", resolver_of(server))
