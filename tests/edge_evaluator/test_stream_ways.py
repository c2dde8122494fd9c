"""Event streams on the fast path and on the slow one: the same bytes, the same refusals, the same ends."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator

import pytest
from edge_evaluator.settings import EdgeSettings
from service_kit.connections import LimitedProtocol

from tests.edge_evaluator.conftest import StartEdge
from tests.edge_evaluator.one_piece import read_response, request_bytes
from tests.edge_evaluator.running_edge import CLIENT_KEY, SERVER_KEY, RunningEdge, running_edge
from tests.edge_evaluator.sample_flags import boolean
from tests.edge_evaluator.test_event_streams import following, stream, stream_path
from tests.environment_writer import publish
from tests.waiting import PATIENCE_SECONDS, until

ROUTE = '"/ofrep/v1/events"'
BASE = [("host", "edge.example"), ("x-request-id", "same-for-both")]
MOMENT = re.compile(rb"date: [^\r]*\r\n|[0-9a-f]+\r\n(?=retry: |: the SDK key)|retry: \d+|\"lastModified\":\d+")
Headers = list[tuple[str, str]]


@pytest.fixture
async def both() -> AsyncIterator[tuple[RunningEdge, RunningEdge]]:
    """An edge with the fast path and one without, which hold the same."""
    async with (
        running_edge(EdgeSettings(edge_fast_path=True)) as fast,
        running_edge(EdgeSettings(edge_fast_path=False)) as slow,
    ):
        yield fast, slow


async def metric(edge: RunningEdge, line: str) -> float:
    lines = (await edge.get("/metrics")).text.splitlines()
    return next(float(each.rsplit(" ", 1)[1]) for each in lines if each.startswith(line))


async def fast_streams(edge: RunningEdge) -> int:
    return int(await metric(edge, f"verdict_edge_fast_requests_total{{route={ROUTE}"))


async def read_events(reader: asyncio.StreamReader, events: int) -> bytes:
    """An answer up to the end of so many events, without its moments."""
    found = b""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while found.count(b"\n\n\r\n") < events:
            found += await reader.readuntil(b"\n\n\r\n")
    return MOMENT.sub(b"", found)


async def told(edge: RunningEdge, request: bytes, enabled: bool) -> bytes:
    """What a stream says at first, and of one edit."""
    reader, writer = await asyncio.open_connection("127.0.0.1", edge.port)
    writer.write(request)
    found = await read_events(reader, 1)
    await edge.write(flags=[boolean("visible", client_visible=True, enabled=enabled)])
    found += await read_events(reader, 1)
    writer.close()
    return found


PLAIN: dict[str, Headers] = {
    "nothing more": [],
    "a page": [("origin", "https://page.example")],
    "what a browser sends": [
        ("Accept", "text/event-stream"),
        ("Cache-Control", "no-cache"),
        ("Accept-Encoding", "gzip, deflate, br"),
        ("Connection", "keep-alive"),
        ("Origin", "https://edge.example"),
    ],
    "another key": [("authorization", f"Bearer {SERVER_KEY}")],
    "traceparent": [("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")],
    "forwarded": [("x-forwarded-for", "10.0.0.1"), ("x-forwarded-proto", "https")],
}
ODD: dict[str, Headers] = {
    "to be closed": [("connection", "close")],
    "an empty body": [("content-length", "0")],
}


@pytest.mark.parametrize("name", [*PLAIN, *ODD])
async def test_a_stream_has_the_same_bytes_on_both_ways(both: tuple[RunningEdge, RunningEdge], name: str) -> None:
    path = await stream_path(both[0], CLIENT_KEY)
    assert path == await stream_path(both[1], CLIENT_KEY)
    request = request_bytes("GET", path, [*BASE, *(PLAIN | ODD)[name]])
    fast, slow = [await told(edge, request, enabled=False) for edge in both]
    assert fast == slow
    assert fast.startswith(b"HTTP/1.1 200 OK\r\n")
    assert (await fast_streams(both[0]), await metric(both[1], "verdict_edge_event_streams_open")) == (name in PLAIN, 0)


LAST = ["", "1", '"1-598e888ae16dd0cf.1"', "0-abc.7", "W/0", "nonsense", "1-ü"]


@pytest.mark.parametrize("last", [*([each] for each in LAST), ["1-aa.0", "2-bb.0"]], ids=" then ".join)
async def test_a_last_event_is_read_in_one_way(both: tuple[RunningEdge, RunningEdge], last: list[str]) -> None:
    named = [("last-event-id", each) for each in last]
    request = request_bytes("GET", await stream_path(both[0], CLIENT_KEY), [*BASE, *named])
    answers = []
    for edge in both:
        reader, writer = await asyncio.open_connection("127.0.0.1", edge.port)
        writer.write(request)
        answers.append(await read_events(reader, 2))
        writer.close()
    assert answers[0] == answers[1]
    assert await fast_streams(both[0]) == (len(last) == 1)


@pytest.mark.parametrize("form", ["/{}", "//{}", "{}"])
async def test_paths_of_streams(both: tuple[RunningEdge, RunningEdge], form: str) -> None:
    path, _, query = (await stream_path(both[0], CLIENT_KEY)).partition("?")
    target = f"{form.format(path[1:])}{'/' if form == '{}' else ''}?{query}"
    request = request_bytes("GET", target if form != "{}" else f"/{target}", BASE)
    fast, slow = [await told(edge, request, enabled=False) for edge in both]
    assert fast == slow
    assert await fast_streams(both[0]) == 1


async def test_refusals_are_the_slow_way_s_own(both: tuple[RunningEdge, RunningEdge]) -> None:
    path = await stream_path(both[0], CLIENT_KEY)
    targets = [path[:-1], path.partition("?")[0], f"{path}&token=1", f"{path}&more=1", f"{path}%20", path + "#x"]
    for target in [*targets, path.replace("events", "event")]:
        request = request_bytes("GET", target, BASE)
        answers = []
        for edge in both:
            reader, writer = await asyncio.open_connection("127.0.0.1", edge.port)
            writer.write(request)
            if target.endswith("#x"):
                answers.append(await read_events(reader, 1))
            else:
                answers.append(MOMENT.sub(b"", await read_response(reader)))
            writer.close()
        assert answers[0] == answers[1]
    assert await fast_streams(both[0]) == 0


@pytest.mark.parametrize(
    "limits",
    [
        {"edge_streams_per_key_max": 1},
        {"edge_connections_per_key_max": 1},
    ],
    ids=["streams", "connections"],
)
async def test_one_too_many_is_refused(start_edge: StartEdge, limits: dict[str, int]) -> None:
    edge = await start_edge(**limits)
    path = await stream_path(edge, CLIENT_KEY)
    (reader, writer), (other, write) = [await asyncio.open_connection("127.0.0.1", edge.port) for _ in range(2)]
    request = request_bytes("GET", path, BASE)

    async def opens() -> bool:
        nonlocal reader, writer
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 200 OK" not in head:
            writer.close()
            reader, writer = await asyncio.open_connection("127.0.0.1", edge.port)
        return b" 200 OK" in head

    await until(opens)
    write.write(request)
    assert b" 429 Too Many Requests" in await read_response(other)
    writer.close()
    write.close()


async def test_streams_count_as_requests(start_edge: StartEdge) -> None:
    edge = await start_edge(edge_requests_per_key_per_second=1)
    path = await stream_path(edge, CLIENT_KEY)
    statuses = []
    for _ in range(30):
        reader, writer = await asyncio.open_connection("127.0.0.1", edge.port)
        writer.write(request_bytes("GET", path, BASE))
        statuses.append((await reader.readuntil(b"\r\n")).split(b" ")[1])
        writer.close()
    assert set(statuses) == {b"200", b"429"}


@pytest.mark.usefixtures("one_window")
@pytest.mark.parametrize("trusted", ["127.0.0.0/8", "10.0.0.0/8", ""])
@pytest.mark.parametrize("chain", ["203.0.113.7", "6.6.6.6, 203.0.113.7", "203.0.113.7:4711", " , ", "127.0.0.9"])
async def test_whose_streams_are_counted_behind_a_proxy(
    start_edge: StartEdge, fast_path: bool, trusted: str, chain: str
) -> None:
    edge = await start_edge(trusted_proxies=trusted, edge_requests_per_address_per_second=1)
    path = await stream_path(edge, CLIENT_KEY)
    counted = {name: each.taken for name, each in edge.edge.admission.addresses.counted()}
    reader, writer = await asyncio.open_connection("127.0.0.1", edge.port)
    writer.write(request_bytes("GET", path, [*BASE, ("x-forwarded-for", chain), ("x-forwarded-proto", "https")]))
    assert b" 200 OK" in await reader.readuntil(b"\r\n\r\n")
    writer.close()
    after = {name: each.taken for name, each in edge.edge.admission.addresses.counted()}
    named = "203.0.113.7" if "203" in chain else "127.0.0.9" if "9" in chain else "127.0.0.1"
    whose = named if trusted.startswith("127") else "127.0.0.1"
    assert {name for name in after if after[name] > counted.get(name, 0)} == {whose}
    assert not fast_path or await fast_streams(edge) == 1


async def test_requests_are_answered_between_slices(start_edge: StartEdge) -> None:
    edge = await start_edge(edge_fast_path=True, edge_refetches_per_second=1_000_000)
    streams = edge.edge.event_streams
    key = next(each for each in edge.edge.memory.environments["env-1"].config.sdk_keys if each.is_client)
    slices = [0]

    class Transport:
        def write(self, _: bytes) -> None:
            slices[-1] += 1

    class Connection:
        transport = Transport()

        def end_stream(self, _: bytes) -> None:
            raise AssertionError("the key is valid")

    def turn() -> None:
        slices.append(0)
        ticking[0] = asyncio.get_running_loop().call_soon(turn)

    opened = [streams.begin(key, Connection(), None)[0] for _ in range(1000)]  # type: ignore[arg-type]
    ticking = [asyncio.get_running_loop().call_soon(turn)]
    await edge.write(flags=[boolean("visible", client_visible=True, enabled=False)])
    await until(lambda: sum(slices) >= 1000)
    ticking[0].cancel()
    assert (max(slices), sum(slices)) == (64, 1000)
    for each in opened:
        streams.leave(each)


async def test_a_connection_goes_on_when_its_stream_has_ended(both: tuple[RunningEdge, RunningEdge]) -> None:
    path = await stream_path(both[0], CLIENT_KEY)
    begins = request_bytes("GET", path, BASE)
    asks = [
        request_bytes("POST", "/ofrep/v1/evaluate/flags/plain", [*BASE, auth, ("content-length", "2")], b"{}")
        for auth in [("authorization", f"Bearer {SERVER_KEY}"), ("authorization", f"Bearer {CLIENT_KEY}")]
    ]
    answers = []
    for edge in both:
        reader, writer = await asyncio.open_connection("127.0.0.1", edge.port)
        writer.write(begins)
        await read_events(reader, 1)
        writer.write(asks[0])  # before the stream has ended
        await publish(edge.bus, edge.writer.rewrite_keys([(SERVER_KEY, "server")]))
        ended = await reader.readuntil(b"0\r\n\r\n")
        found = [MOMENT.sub(b"", ended), MOMENT.sub(b"", await read_response(reader))]
        for request in [*asks, begins]:
            writer.write(request)
            found.append(MOMENT.sub(b"", await read_response(reader)))
        answers.append(found)
        writer.close()
    assert answers[0] == answers[1]
    assert [answer.split(b" ")[1] for answer in answers[0][1:]] == [b"200", b"200", b"401", b"401"]


async def test_what_follows_in_one_piece_is_answered_after_the_stream(both: tuple[RunningEdge, RunningEdge]) -> None:
    path = await stream_path(both[0], CLIENT_KEY)
    piece = request_bytes("GET", path, BASE) + request_bytes("GET", "/healthz", BASE)
    answers = []
    for edge in both:
        reader, writer = await asyncio.open_connection("127.0.0.1", edge.port)
        writer.write(piece)
        await read_events(reader, 1)
        await publish(edge.bus, edge.writer.rewrite_keys([(SERVER_KEY, "server")]))
        await reader.readuntil(b"0\r\n\r\n")
        answers.append(MOMENT.sub(b"", await read_response(reader)))
        writer.close()
    assert answers[0] == answers[1]
    assert b" 200 OK" in answers[0]


async def test_a_client_that_does_not_read_is_dropped_and_the_others_are_told(start_edge: StartEdge) -> None:
    edge = await start_edge(edge_stream_unread_bytes_max=1024)
    path = await stream_path(edge, CLIENT_KEY)
    slow = socket.socket()
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    slow.connect(("127.0.0.1", edge.port))
    slow.sendall(request_bytes("GET", path, BASE))

    async def is_open() -> bool:
        return await metric(edge, "verdict_edge_event_streams_open") == 1

    await until(is_open)
    (connection,) = [
        each
        for each in edge.server.server_state.connections
        if isinstance(each, LimitedProtocol) and each.client == slow.getsockname()
    ]
    connection.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2048)
    async with stream(edge, path) as source:
        edits = 0

        async def is_dropped() -> bool:
            nonlocal edits
            edits += 1
            await edge.write(flags=[boolean("visible", client_visible=True, enabled=edits % 2 == 0)])
            await following(source)
            return await metric(edge, "verdict_edge_event_streams_dropped_total") == 1

        await until(is_dropped)
        await until(is_open)
    slow.settimeout(PATIENCE_SECONDS)
    found = b""
    while more := slow.recv(65536):
        found += more
    assert not found.endswith(b"0\r\n\r\n")
    slow.close()


async def test_who_is_not_told_anything_hears_that_the_edge_is_there(start_edge: StartEdge) -> None:
    edge = await start_edge(edge_fast_path=True)
    reader, writer = await asyncio.open_connection("127.0.0.1", edge.port)
    writer.write(request_bytes("GET", await stream_path(edge, CLIENT_KEY), BASE))
    await read_events(reader, 1)
    for _ in range(15):
        await edge.edge.event_streams._keep_alive()
    told = await reader.readuntil(b"\n\n\r\n")
    assert re.fullmatch(rb"[0-9a-f]+\r\n: still here\nretry: \d+\n\n\n?\r\n", told)
    writer.close()
