"""Answers by gzip: when they are asked for and worth it, the same bytes on both ways through the edge."""

from __future__ import annotations

import gzip
import json

import httpx
import pytest
from edge_evaluator.endpoints.compression import BESIDE_LOOP_BYTES_MIN, WORTH_BYTES_MIN, accepts_gzip, packed
from edge_evaluator.settings import EdgeSettings

from tests.edge_evaluator.plain_posts import BULK, CONTEXTS, SINGLE, exchange, post
from tests.edge_evaluator.running_edge import CLIENT_KEY, RunningEdge, running_edge
from tests.edge_evaluator.sample_flags import FLAGS, REMOTE_CONFIGS, boolean


@pytest.mark.parametrize(
    ("header", "asked"),
    [
        (None, False),
        ("", False),
        ("identity", False),
        ("gzip", True),
        ("GZIP", True),
        ("x-gzip", True),
        ("br, gzip;q=0.5", True),
        ("gzip;q=0", False),
        ("gzip; q=0.0, *", False),
        ("*", True),
        ("*;q=0", False),
        ("deflate, br", False),
        ("gzip;q=nonsense", False),
    ],
)
def test_who_asks_for_gzip(header: str | None, asked: bool) -> None:
    assert accepts_gzip(header) is asked


@pytest.mark.parametrize("size", [0, 1, WORTH_BYTES_MIN, 100_000, 5_000_000])
def test_what_is_packed_is_read_by_everybody(size: int) -> None:
    body = bytes(range(256)) * (size // 256 + 1)
    assert gzip.decompress(packed(body)) == body


async def test_packed_answers_are_the_same_on_both_ways(both: tuple[RunningEdge, RunningEdge]) -> None:
    ways = [("accept-encoding", each) for each in ("gzip", "br, gzip;q=0.2", "gzip;q=0", "identity", "*")]
    page = ("origin", "https://app.example")
    requests = [
        post(target, body, way, *more)
        for target in (BULK, SINGLE + "plain")
        for body in CONTEXTS
        for way in ways
        for more in ((), (page,))
    ]
    fast, slow = [await exchange(each, *requests * 2) for each in both]
    assert fast == slow
    assert await both[0].fast_answers() == len(requests) * 2
    assert sum(b"content-encoding: gzip" in answer for answer in fast) == 2 * len(CONTEXTS) * 3 * 2


async def test_an_answer_is_packed_if_it_is_worth_it(edge: RunningEdge) -> None:
    asking = {"accept-encoding": "gzip"}
    plain = await edge.bulk({}, headers={"accept-encoding": "identity"})
    answer = await edge.bulk({}, headers=asking)
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.json() == plain.json()
    assert int(answer.headers["content-length"]) < len(plain.content) / 3
    assert answer.headers["etag"] == plain.headers["etag"]
    for each in (plain, answer):
        assert "Accept-Encoding" in each.headers.get_list("vary", split_commas=True)
    unmodified = await edge.bulk({}, headers=asking | {"if-none-match": answer.headers["etag"]})
    assert (unmodified.status_code, unmodified.content) == (304, b"")
    small = await edge.flag("plain", headers=asking)
    assert "content-encoding" not in small.headers


async def test_a_large_answer_is_packed_beside_the_loop(both: tuple[RunningEdge, RunningEdge]) -> None:
    flags = [boolean(f"one-of-many-flags-with-a-long-name-{number}", client_visible=True) for number in range(1200)]
    request = post(BULK, b"{}", ("accept-encoding", "gzip"))
    for edge in both:
        await edge.write(flags=flags)
        for answer in await exchange(edge, request, request):
            head, _, body = answer.partition(b"\r\n\r\n")
            assert b"content-encoding: gzip" in head
            unpacked = gzip.decompress(body)
            assert len(unpacked) > BESIDE_LOOP_BYTES_MIN
            assert len(json.loads(unpacked)["flags"]) == len(flags) + len(FLAGS) + len(REMOTE_CONFIGS)
    assert await both[0].fast_answers() == 0


@pytest.mark.parametrize("path", ["/v1/config", "/openfeature/v0/manifest"])
async def test_what_tools_read_is_packed_too(path: str) -> None:
    async with running_edge(EdgeSettings()) as edge:
        await edge.write(flags=[boolean(f"flag-{number}") for number in range(50)])
        plain = await edge.get(path, accept_encoding="identity")
        answer = await edge.get(path, accept_encoding="gzip")
        assert (answer.headers["content-encoding"], answer.json()) == ("gzip", plain.json())


async def test_an_event_stream_is_not_packed(edge: RunningEdge) -> None:
    url = (await edge.bulk({}, key=CLIENT_KEY)).json()["eventStreams"][0]["url"]
    async with (
        httpx.AsyncClient() as client,
        client.stream("GET", url, headers={"accept-encoding": "gzip"}) as answer,
    ):
        assert "content-encoding" not in answer.headers
