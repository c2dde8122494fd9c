"""Bodies are read and unpacked within limits, and what they hold together is counted."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from collections.abc import Iterator

import pytest
from event_ingestor.bodies import BODY_BYTES_MAX, BodyBudget, ClientGone, UnsupportedEncoding, read_body
from service_kit.problems import BadRequest, TooLarge, TooManyRequests
from starlette.types import Message, Receive, Scope


def scope(encoding: str | None = None) -> Scope:
    return {"type": "http", "headers": [(b"content-encoding", encoding.encode())] if encoding else []}


def sending(*chunks: bytes, gone: bool = False) -> Receive:
    def messages() -> Iterator[Message]:
        for index, chunk in enumerate(chunks):
            yield {"type": "http.request", "body": chunk, "more_body": gone or index < len(chunks) - 1}
        yield {"type": "http.disconnect"}

    waiting = messages()

    async def receive() -> Message:
        return next(waiting)

    return receive


async def read(
    *chunks: bytes, encoding: str | None = None, gone: bool = False, budget: BodyBudget | None = None
) -> bytes:
    with (budget or BodyBudget(64 * 1024 * 1024)).share() as share:
        return await read_body(scope(encoding), sending(*chunks, gone=gone), share)


@pytest.mark.parametrize("encoding", [None, "identity"])
async def test_plain_bodies_arrive_in_any_pieces(encoding: str | None) -> None:
    assert await read(b"ab", b"", b"c", encoding=encoding) == b"abc"
    assert await read(b"", encoding=encoding) == b""


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "x-gzip"])
async def test_gzip_is_unpacked_with_all_its_members(encoding: str) -> None:
    packed = gzip.compress(b"one ") + gzip.compress(b"two")
    assert await read(packed[:5], packed[5:], encoding=encoding) == b"one two"


async def test_other_encodings_are_refused_before_the_body_is_read() -> None:
    with pytest.raises(UnsupportedEncoding), BodyBudget(10).share() as share:
        await read_body(scope("br"), sending(), share)


@pytest.mark.parametrize(
    "body", [b"plain", gzip.compress(b"cut off")[:-4], zlib.compress(b"zlib"), gzip.compress(b"a") + b"rest"]
)
async def test_what_is_not_gzip_is_refused(body: bytes) -> None:
    with pytest.raises(BadRequest) as refused:
        await read(body, encoding="gzip")
    assert refused.value.code == "invalid_gzip"


async def test_the_limit_counts_before_and_after_unpacking() -> None:
    full = b"x" * BODY_BYTES_MAX
    assert await read(full) == full
    assert await read(gzip.compress(full, 1), encoding="gzip") == full
    for body, encoding in ((full + b"x", None), (gzip.compress(full + b"x", 1), "gzip")):
        with pytest.raises(TooLarge):
            await read(body, encoding=encoding)


async def test_a_bomb_is_never_unpacked() -> None:
    bomb = gzip.compress(bytes(512 * 1024 * 1024), 9)
    many = gzip.compress(bytes(BODY_BYTES_MAX // 2), 9) * 50
    for body in (bomb, many):
        tracemalloc.start()
        with pytest.raises(TooLarge):
            await read(body, encoding="gzip")
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 5 * BODY_BYTES_MAX


async def test_a_client_that_goes_away_gives_its_room_back() -> None:
    budget = BodyBudget(100)
    with pytest.raises(ClientGone):
        await read(b"x" * 60, gone=True, budget=budget)
    assert budget.taken == 0


async def test_all_requests_share_one_room() -> None:
    budget = BodyBudget(100)
    with budget.share() as first:
        first.take(60)
        with pytest.raises(TooManyRequests) as refused:
            await read(b"x" * 30, b"x" * 30, budget=budget)
        assert refused.value.headers["Retry-After"] == "1"
        assert budget.taken == 60
        assert await read(b"x" * 40, budget=budget) == b"x" * 40
    assert budget.taken == 0
    with pytest.raises(TooManyRequests):
        await read(gzip.compress(b"x" * 1000), encoding="gzip", budget=budget)
    assert budget.taken == 0
