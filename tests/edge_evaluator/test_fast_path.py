"""The fast path answers byte for byte what FastAPI answers, and only what it should."""

from __future__ import annotations

import asyncio
import re

import pytest
from edge_evaluator.settings import EdgeSettings

from tests.edge_evaluator.one_piece import read_response, request_bytes
from tests.edge_evaluator.plain_posts import BASE, BEARER, BULK, CONTEXTS, MOMENT, SINGLE, exchange, post
from tests.edge_evaluator.running_edge import CLIENT_KEY, SERVER_KEY, RunningEdge, running_edge
from tests.edge_evaluator.sample_flags import FLAGS, REMOTE_CONFIGS, SEGMENTS, boolean
from tests.edge_evaluator.test_ofrep import BAD_BODIES, GOOD_BODIES
from tests.waiting import PATIENCE_SECONDS, turns, until


@pytest.mark.parametrize("key", [SERVER_KEY, CLIENT_KEY])
async def test_every_answer_is_the_same_byte_for_byte(both: tuple[RunningEdge, RunningEdge], key: str) -> None:
    fast, slow = both
    auth = ("authorization", f"Bearer {key}")
    targets = [*(SINGLE + flag.key for flag in (*FLAGS, *REMOTE_CONFIGS)), SINGLE + "unknown", BULK]
    bodies = [*CONTEXTS, *GOOD_BODIES.values(), *(body for body in BAD_BODIES.values() if len(body) < 20_000)]
    requests = [post(target, body, auth=auth) for target in targets for body in bodies]
    expected = await exchange(slow, *requests)
    assert await exchange(fast, *requests) == expected
    assert await exchange(fast, *requests) == expected  # heads that are known by now
    assert await fast.fast_answers() > 2 * len(FLAGS)
    assert await slow.fast_answers() == 0


async def test_entity_tags_are_the_same(both: tuple[RunningEdge, RunningEdge]) -> None:
    (first,) = await exchange(both[0], post(BULK, CONTEXTS[1]))
    etag = re.search(rb'etag: W/("[^"]+")', first)[1].decode()  # type: ignore[index]
    forms = [etag, f"W/{etag}", etag.strip('"'), f'"x", {etag}', "*", '"other"', ""]
    requests = [post(BULK, CONTEXTS[1], ("if-none-match", form)) for form in forms]
    fast, slow = [await exchange(each, *requests) for each in both]
    assert fast == slow
    assert [answer.split(b" ")[1] for answer in fast] == [b"304"] * 5 + [b"200"] * 2


ODD_HEADERS: dict[str, list[tuple[str, str]]] = {
    "expect": [("expect", "100-continue")],
    "upgrade": [("connection", "upgrade"), ("upgrade", "h2c")],
    "the offer of a JDK": [
        ("Connection", "Upgrade, HTTP2-Settings"),
        ("HTTP2-Settings", "AAEAAEAA"),
        ("Upgrade", "h2c"),
    ],
    "two hosts": [("host", "other")],
    "both keys": [("x-api-key", CLIENT_KEY)],
    "two keys": [BEARER],
    "a bad request id": [("x-request-id", "no good")],
    "forwarded": [("x-forwarded-proto", "https"), ("x-forwarded-for", "10.0.0.1")],
    "identity": [("content-encoding", "identity")],
    "traceparent": [("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")],
    "odd case": [("X-Whatever", "Y"), ("ACCEPT-LANGUAGE", "de")],
}


@pytest.mark.parametrize("name", ODD_HEADERS)
async def test_odd_headers_make_no_difference(both: tuple[RunningEdge, RunningEdge], name: str) -> None:
    requests = [post(target, CONTEXTS[2], *ODD_HEADERS[name]) for target in (SINGLE + "ruled", BULK)]
    answers = [[(await exchange(edge, request))[0] for request in requests] for edge in both]
    assert [head.split(b"\r\n")[0] for head in answers[0]] == [head.split(b"\r\n")[0] for head in answers[1]]
    if name not in ("a bad request id", "expect"):
        assert answers[0] == answers[1]


WAYS: list[tuple[int, list[tuple[str, str]]]] = [
    (200, [("x-api-key", SERVER_KEY)]),
    (200, [("x-api-key", f"  {SERVER_KEY} ")]),
    (200, [("authorization", f"Bearer {SERVER_KEY}")]),
    (200, [("authorization", f"bearer {SERVER_KEY}")]),
    (200, [("authorization", f"Bearer  {SERVER_KEY} ")]),
    (200, [("authorization", f"Bearer {SERVER_KEY}"), ("x-api-key", "wrong")]),
    (200, [("x-api-key", "wrong"), ("authorization", f"Bearer {SERVER_KEY}")]),
    (200, [("x-api-key", SERVER_KEY), ("x-api-key", "wrong")]),
    (401, []),
    (401, [("authorization", f"Basic {SERVER_KEY}")]),
    (401, [("authorization", f"Basic {SERVER_KEY}"), ("x-api-key", SERVER_KEY)]),
    (401, [("x-api-key", SERVER_KEY), ("authorization", f"Basic {SERVER_KEY}")]),
    (401, [("authorization", SERVER_KEY)]),
    (401, [("authorization", "")]),
    (401, [("authorization", "Bearer")]),
    (401, [("authorization", "Bearer  ")]),
    (401, [("authorization", "Bearer wrong")]),
    (401, [("x-api-key", "")]),
    (401, [("x-api-key", "  ")]),
]


async def test_the_key_is_read_in_one_way(both: tuple[RunningEdge, RunningEdge]) -> None:
    length = ("content-length", "2")
    requests = [request_bytes("POST", SINGLE + "plain", [*BASE, length, *way], b"{}") for _, way in WAYS]
    fast, slow = [await exchange(each, *requests) for each in both]
    assert fast == slow
    assert [int(answer.split(b" ")[1]) for answer in fast] == [status for status, _ in WAYS]


async def test_pipelined_requests_are_answered_in_order(both: tuple[RunningEdge, RunningEdge]) -> None:
    targets = [SINGLE + "plain", SINGLE + "unknown", SINGLE + "greeting", BULK, SINGLE + "plain", "/v1/environment"]
    burst = b"".join(post(target, b"{}") for target in targets)
    answers = []
    for edge in both:
        reader, writer = await asyncio.open_connection("127.0.0.1", edge.port)
        found = []
        for _ in range(2):
            writer.write(burst)
            found.append([MOMENT.sub(b"", await read_response(reader)) for _ in targets])
        answers.append(found)
        writer.close()
    assert answers[0] == answers[1]
    statuses = [b"200", b"404", b"200", b"200", b"200", b"405"]
    assert [[answer.split(b" ")[1] for answer in found] for found in answers[0]] == [statuses] * 2


@pytest.mark.parametrize("size", [1, 7, 60])
async def test_requests_in_pieces_are_served(both: tuple[RunningEdge, RunningEdge], size: int) -> None:
    request = post(SINGLE + "ruled", CONTEXTS[2]) + post(BULK, CONTEXTS[1])
    answers = []
    for edge in both:
        reader, writer = await asyncio.open_connection("127.0.0.1", edge.port)
        writer.write(post(SINGLE + "ruled", CONTEXTS[2]))
        await read_response(reader)
        for start in range(0, len(request), size):
            writer.write(request[start : start + size])
            await writer.drain()
            await turns()
        answers.append([MOMENT.sub(b"", await read_response(reader)) for _ in range(2)])
        writer.close()
    assert answers[0] == answers[1]
    assert all(b" 200 OK" in answer for answer in answers[0])


async def test_a_part_of_a_head_is_never_taken_for_a_head(both: tuple[RunningEdge, RunningEdge]) -> None:
    request = post(SINGLE + "plain", b"{}")
    line, _, rest = request.partition(b"\r\n")
    for pieces, alone in (((line + b"\r\n", rest), rest), ((request[:-1], b"}" + request), b"}" + request)):
        answers = []
        for edge in both:
            reader, writer = await asyncio.open_connection("127.0.0.1", edge.port)
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                await turns()
            for _ in range(b"".join(pieces).count(b"POST")):
                assert b" 200 OK" in await read_response(reader)
            writer.write(request)
            assert b" 200 OK" in await read_response(reader)
            writer.write(alone)
            answers.append(MOMENT.sub(b"", await read_response(reader)))
            writer.close()
        assert answers[0] == answers[1]
        assert b" 400 Bad Request" in answers[0]


async def test_chunked_bodies_are_served(both: tuple[RunningEdge, RunningEdge]) -> None:
    body = CONTEXTS[2]
    chunks = b"%x\r\n%b\r\n5\r\n     \r\n0\r\n\r\n" % (len(body), body)
    request = request_bytes("POST", SINGLE + "ruled", [*BASE, BEARER, ("transfer-encoding", "chunked")], chunks)
    fast, slow = [await exchange(each, request, post(SINGLE + "ruled", body)) for each in both]
    assert fast == slow
    assert fast[0] == fast[1]


@pytest.mark.parametrize("line", [b"\r\n", b"\r\nconnection: upgrade\r\nupgrade: h2c\r\n"], ids=["plain", "offer"])
async def test_a_body_in_a_segment_of_its_own_is_read(both: tuple[RunningEdge, RunningEdge], line: bytes) -> None:
    request = post(SINGLE + "ruled", CONTEXTS[2]).replace(b"\r\n", line, 1)
    expected = (await exchange(both[1], post(SINGLE + "ruled", CONTEXTS[2])))[0]
    head = len(request) - len(CONTEXTS[2])
    for edge in both:
        reader, writer = await asyncio.open_connection("127.0.0.1", edge.port)
        for pieces in (
            (request,),
            (request[:head], request[head:]),
            (request[:40], request[40:] + request),
            (request,),
        ):
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                await turns()
            for _ in range(b"".join(pieces).count(b"POST")):
                assert MOMENT.sub(b"", await read_response(reader)) == expected
        writer.close()


async def test_a_known_head_with_an_offer_is_answered_here(both: tuple[RunningEdge, RunningEdge]) -> None:
    offer = ODD_HEADERS["the offer of a JDK"]
    requests = [post(target, body, *offer) for body in CONTEXTS[:2] for target in (SINGLE + "plain", BULK)] * 2
    fast, slow = [await exchange(each, *requests) for each in both]
    assert fast == slow
    assert await both[0].fast_answers() == len(requests)


PATHS = {
    SINGLE + "plain/": SINGLE + "plain",
    "/" + SINGLE + "plain": SINGLE + "plain",
    "/" + SINGLE + "plain/": SINGLE + "plain",
    SINGLE + "%70lain": SINGLE + "plain",
    "/" + SINGLE + "a%2E%62/": SINGLE + "a.b",
    SINGLE + "%75nknown/": SINGLE + "unknown",
    BULK + "/": BULK,
    "/" + BULK: BULK,
    "/" + BULK + "/": BULK,
}


@pytest.mark.parametrize("path", PATHS)
async def test_a_path_in_another_form_is_answered_alike(both: tuple[RunningEdge, RunningEdge], path: str) -> None:
    for edge in both:
        await edge.write(flags=[*FLAGS, boolean("a.b")], segments=SEGMENTS)
    bodies = [*CONTEXTS, b"[", b'{"context": 7}']
    expected = await exchange(both[1], *(post(PATHS[path], body) for body in bodies))
    for edge in both:
        for _ in range(2):
            assert await exchange(edge, *(post(path, body) for body in bodies)) == expected
    counted = await both[0].fast_answers()
    assert (counted >= 2) == ("nknown" not in path)


@pytest.mark.parametrize("path", [SINGLE + "plain//", "///" + SINGLE[1:] + "plain", SINGLE + "plain%2F", "//v1/config"])
async def test_other_paths_are_none(both: tuple[RunningEdge, RunningEdge], path: str) -> None:
    fast, slow = [await exchange(each, post(path, CONTEXTS[1])) for each in both]
    assert fast == slow
    assert fast[0].split(b" ")[1] in (b"404", b"307")


async def test_a_connection_to_be_closed_is_closed(both: tuple[RunningEdge, RunningEdge]) -> None:
    request = post(SINGLE + "plain", b"{}", ("connection", "close"))
    old = request.replace(b"HTTP/1.1", b"HTTP/1.0")
    for each in (request, old):
        answers = [MOMENT.sub(b"", await edge.raw(each)) for edge in both]
        assert answers[0] == answers[1]
        assert b"connection: close" in answers[0]


async def test_what_is_not_http_is_refused(both: tuple[RunningEdge, RunningEdge]) -> None:
    good = post(SINGLE + "plain", b"{}")
    for bad in (b"nonsense\r\n\r\n", good.replace(b"content-length: 2", b"content-length: x")):
        answers = [MOMENT.sub(b"", await edge.raw(bad)) for edge in both]
        assert answers[0] == answers[1]
        assert b"HTTP/1.1 400 Bad Request" in answers[0]
    after_a_good_one = await both[0].raw(good + b"nonsense\r\n\r\n")
    assert [line.split(b" ")[1] for line in after_a_good_one.split(b"\r\n") if b"HTTP/1.1" in line] == [b"200", b"400"]


async def test_which_requests_it_answers(both: tuple[RunningEdge, RunningEdge]) -> None:
    edge = both[0]
    page = ("origin", "https://example.com")
    plain = [
        post(SINGLE + "plain", b"{}"),
        post(BULK, b"{}"),
        post(SINGLE + "half", CONTEXTS[1], ("traceparent", "x")),
        post(SINGLE + "plain", b"{}", page),
        post(BULK, b"{}", page, ("accept-encoding", "gzip, deflate, br")),
    ]
    others = [
        post(SINGLE + "unknown", b"{}"),
        post(SINGLE + "half", b"{}"),
        post(SINGLE + "plain?expose=true", b"{}"),
        post(SINGLE + "plain", b"["),
        post(SINGLE + "plain", b"{}", auth=("authorization", "Bearer wrong")),
    ]
    await exchange(edge, *others)
    assert await edge.fast_answers() == 0
    await exchange(edge, *plain)
    assert await edge.fast_answers() == len(plain)


async def test_a_revoked_key_is_forgotten_on_an_open_connection(both: tuple[RunningEdge, RunningEdge]) -> None:
    edge = both[0]
    reader, writer = await asyncio.open_connection("127.0.0.1", edge.port)
    statuses = []
    for _ in range(2):
        writer.write(post(SINGLE + "plain", b"{}"))
        statuses.append((await read_response(reader)).split(b" ")[1])
        for subject, payload in edge.writer.rewrite_keys([("another", "server")]):
            await edge.bus.publish(subject, payload)
        await edge.serves(edge.writer.version)
    writer.close()
    assert statuses == [b"200", b"401"]


async def test_an_idle_connection_is_ended_and_a_used_one_is_not() -> None:
    async with running_edge(EdgeSettings(edge_header_seconds_max=0.4), keep_alive_seconds=1) as edge:
        (used, use), (idle, leave) = [await asyncio.open_connection("127.0.0.1", edge.port) for _ in range(2)]
        leave.write(post(SINGLE + "plain", b"{}"))
        assert b" 200 OK" in await read_response(idle)
        ending = asyncio.create_task(idle.read())
        served = 0

        async def is_served_until_the_other_ends() -> bool:
            nonlocal served
            use.write(post(SINGLE + "plain", b"{}"))
            assert b" 200 OK" in await read_response(used)
            served += 1
            return ending.done()

        await until(is_served_until_the_other_ends)
        assert await ending == b""
        assert await edge.fast_answers() == served + 1
        async with asyncio.timeout(PATIENCE_SECONDS):
            assert await used.read() == b""
        leave.close()
        use.close()
