"""The replay's HTTP client: every request answered once, passing refusals repeated, others reported."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress

import pytest

from examples.cookie_cats.errors import RequestFailedError
from examples.cookie_cats.lanes import Endpoint, Request, post_all

Answer = Callable[[dict[str, int]], tuple[int, str]]


@asynccontextmanager
async def listening(
    talk: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[str]:
    """A server that talks to each connection, closes it, and has ended all of them when this ends."""
    talks: set[asyncio.Task[None]] = set()

    async def whole(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        talks.add(task)
        await talk(reader, writer)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    server = await asyncio.start_server(whole, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    await asyncio.gather(*talks)


@asynccontextmanager
async def serving(answer: Answer) -> AsyncIterator[str]:
    """A keep-alive HTTP server that answers each JSON body with a status and extra headers."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await _head(reader):
            assert b"\r\nAuthorization: Bearer key\r\n" in head
            length = int(head.split(b"Content-Length: ")[1].split(b"\r\n")[0])
            body = json.loads(await reader.readexactly(length))
            status, headers = answer(body)
            payload = json.dumps(body).encode()
            top = f"HTTP/1.1 {status} x\r\n{headers}Content-Length: {len(payload)}\r\n\r\n"
            writer.write(top.encode() + payload)

    async with listening(talk) as url:
        yield url


async def _head(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionResetError):
        return b""


def requests(url: str, count: int) -> Iterator[Request[int]]:
    target = Endpoint(url, "/there", {"Authorization": "Bearer key"})
    return (target.request(n, {"n": n}) for n in range(count))


async def test_every_request_is_answered_once() -> None:
    answers: Counter[int] = Counter()

    def take(item: int, body: bytes) -> None:
        assert json.loads(body) == {"n": item}
        answers[item] += 1

    async with serving(lambda _: (200, "")) as url:
        await post_all(url, requests(url, 500), take, lanes=7)
    assert answers == dict.fromkeys(range(500), 1)


async def test_fewer_requests_than_lanes() -> None:
    answers: list[int] = []
    async with serving(lambda _: (202, "")) as url:
        await post_all(url, requests(url, 2), lambda item, _: answers.append(item), lanes=8)
        await post_all(url, requests(url, 0), lambda item, _: answers.append(item), lanes=8)
    assert sorted(answers) == [0, 1]


async def test_passing_refusals_are_repeated() -> None:
    seen: Counter[int] = Counter()

    def answer(body: dict[str, int]) -> tuple[int, str]:
        seen[body["n"]] += 1
        return (503 if seen[body["n"]] == 1 else 429, "Retry-After: 0\r\n") if seen[body["n"]] < 3 else (200, "")

    answers: list[int] = []
    async with serving(answer) as url:
        await post_all(url, requests(url, 20), lambda item, _: answers.append(item), lanes=4)
    assert sorted(answers) == list(range(20))
    assert set(seen.values()) == {3}


async def test_a_refusal_for_good_is_reported() -> None:
    async with serving(lambda body: (400 if body["n"] == 5 else 200, "")) as url:
        with pytest.raises(RequestFailedError, match=r'HTTP 400: \{"n": 5\}'):
            await post_all(url, requests(url, 50), lambda *_: None, lanes=4)


async def test_a_lost_connection_is_reported() -> None:
    async def hang_up(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await _head(reader)

    async with listening(hang_up) as url:
        with pytest.raises(RequestFailedError, match="the connection was lost"):
            await post_all(url, requests(url, 5), lambda *_: None, lanes=2)


async def test_an_error_of_the_caller_ends_the_work() -> None:
    def refuse(item: int, body: bytes) -> None:
        raise KeyError(item)

    async with serving(lambda _: (200, "")) as url:
        with pytest.raises(KeyError):
            await post_all(url, requests(url, 5), refuse, lanes=2)


def test_an_endpoint_below_a_path_is_asked_there() -> None:
    asked = Endpoint("https://verdict.example/edge/", "/v1/evaluate").request(1, {}).raw
    assert asked.startswith(b"POST /edge/v1/evaluate HTTP/1.1\r\nHost: verdict.example\r\n")
