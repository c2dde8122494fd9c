"""Bodies are read and unpacked within limits, and what they hold together is counted."""

from __future__ import annotations

import asyncio
import gzip
import tracemalloc
import zlib
from collections.abc import Awaitable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from event_ingestor.bodies import (
    BODY_BYTES_MAX,
    GZIP_MEMBERS_MAX,
    ClientGone,
    UnsupportedEncoding,
    read_body,
)
from service_kit.fair_work import FairWork, Steps
from service_kit.problems import BadRequest, TooLarge, TooManyRequests
from service_kit.room import Room, RoomLimits
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


def work(steps: Steps[bytes]) -> Awaitable[bytes]:
    """A step in each round."""
    return FairWork(slice_seconds=0).done("org", steps)


async def read(*chunks: bytes, encoding: str | None = None, gone: bool = False, room: Room | None = None) -> bytes:
    with (room or Room(RoomLimits(64 * 1024 * 1024, {}))).share() as share:
        return await read_body(scope(encoding), sending(*chunks, gone=gone), share, work)


@pytest.mark.parametrize("encoding", [None, "identity"])
async def test_plain_bodies_arrive_in_any_pieces(encoding: str | None) -> None:
    assert await read(b"ab", b"", b"c", encoding=encoding) == b"abc"
    assert await read(b"", encoding=encoding) == b""


@pytest.mark.parametrize("encodings", [(b"gzip", b"identity"), (b"identity", b"gzip"), (b"gzip", b"gzip")])
async def test_an_encoding_given_twice_is_taken_in_no_way(encodings: tuple[bytes, ...]) -> None:
    headers = [(b"content-encoding", each) for each in encodings]
    with Room(RoomLimits(1024, {})).share() as share, pytest.raises(UnsupportedEncoding):
        await read_body({"type": "http", "headers": headers}, sending(gzip.compress(b"[]")), share, work)


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "x-gzip"])
async def test_gzip_is_unpacked_with_all_its_members(encoding: str) -> None:
    packed = gzip.compress(b"one ") + gzip.compress(b"two")
    assert await read(packed[:5], packed[5:], encoding=encoding) == b"one two"


async def test_other_encodings_are_refused_before_the_body_is_read() -> None:
    with pytest.raises(UnsupportedEncoding), Room(RoomLimits(10, {})).share() as share:
        await read_body(scope("br"), sending(), share, work)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"plain", id="plain"),
        pytest.param(gzip.compress(b"cut off")[:-4], id="cut off"),
        pytest.param(zlib.compress(b"zlib"), id="zlib"),
        pytest.param(gzip.compress(b"a") + b"rest", id="something after it"),
    ],
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


@dataclass
class Unpacking:
    """What zlib was asked to do."""

    members: int = 0
    steps: list[tuple[int, int]] = field(default_factory=list)
    """Bytes handed in and got out, call by call."""

    def begin(self, *args: Any) -> Any:
        self.members += 1
        return _Watched(self, _begin(*args))


@dataclass
class _Watched:
    unpacking: Unpacking
    inner: Any

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def decompress(self, data: bytes, *limit: int) -> bytes:
        got: bytes = self.inner.decompress(data, *limit)
        self.unpacking.steps.append((len(data), len(got)))
        return got


_begin = zlib.decompressobj


@pytest.fixture
def unpacking(monkeypatch: pytest.MonkeyPatch) -> Unpacking:
    watched = Unpacking()
    monkeypatch.setattr("event_ingestor.bodies.zlib.decompressobj", watched.begin)
    return watched


async def test_a_body_of_nothing_but_members_costs_next_to_nothing(unpacking: Unpacking) -> None:
    body = gzip.compress(b"") * 245_000
    with pytest.raises(BadRequest) as refused:
        await read(body, encoding="gzip")
    assert refused.value.code == "invalid_gzip"
    assert str(GZIP_MEMBERS_MAX) in refused.value.detail
    assert unpacking.members == GZIP_MEMBERS_MAX
    assert sum(given for given, _ in unpacking.steps) < len(body)


async def test_many_members_are_unpacked_in_a_time_that_their_bytes_make_necessary(unpacking: Unpacking) -> None:
    part = b"x" * (BODY_BYTES_MAX // GZIP_MEMBERS_MAX - 1024)
    body = gzip.compress(part, 0) * GZIP_MEMBERS_MAX
    assert await read(body, encoding="gzip") == part * GZIP_MEMBERS_MAX
    assert sum(given for given, _ in unpacking.steps) < 2 * len(body)


async def test_no_step_of_unpacking_is_long_and_others_have_their_turn_in_between(unpacking: Unpacking) -> None:
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    waiting = asyncio.create_task(other())
    # Blocks that hold nothing cost time and give no byte; zeros give a thousand bytes for one.
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    empty = b"".join(packer.compress(b"x") + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(100_000)) + packer.flush()
    for body in (empty, gzip.compress(bytes(BODY_BYTES_MAX))):
        turns, steps = 0, len(unpacking.steps)
        await read(body, encoding="gzip")
        assert turns >= len(unpacking.steps) - steps > 10
    waiting.cancel()
    assert max(given for given, _ in unpacking.steps) <= 16 * 1024
    assert max(got for _, got in unpacking.steps) <= 256 * 1024


async def test_a_client_that_goes_away_gives_its_room_back() -> None:
    room = Room(RoomLimits(100, {}))
    with pytest.raises(ClientGone):
        await read(b"x" * 60, gone=True, room=room)
    assert room.taken == 0


async def test_all_requests_share_one_room() -> None:
    room = Room(RoomLimits(100, {}))
    with room.share() as first:
        first.take(60)
        with pytest.raises(TooManyRequests) as refused:
            await read(b"x" * 30, b"x" * 30, room=room)
        assert refused.value.headers["Retry-After"] == "1"
        assert room.taken == 60
        assert await read(b"x" * 40, room=room) == b"x" * 40
    assert room.taken == 0
    with pytest.raises(TooManyRequests):
        await read(gzip.compress(b"x" * 1000), encoding="gzip", room=room)
    assert room.taken == 0
