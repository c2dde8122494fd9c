"""Server-sent events: OFREP's re-fetch, and the configuration for server keys."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
import pytest
from bucketing.document import flagset_from_document
from bucketing.flagset import Target
from edge_evaluator.endpoints import event_streams
from messages.sdk_keys import KeyKind

from tests.edge_evaluator.conftest import StartEdge
from tests.edge_evaluator.running_edge import CLIENT_KEY, SERVER_KEY, RunningEdge
from tests.edge_evaluator.sample_flags import boolean
from tests.environment_writer import publish
from tests.waiting import until

Event = dict[str, str]


@asynccontextmanager
async def stream(edge: RunningEdge, path: str, **headers: str) -> AsyncIterator[AsyncIterator[Event]]:
    async with (
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{edge.port}", timeout=10) as client,
        client.stream(
            "GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()}
        ) as answer,
    ):
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield events(answer)


async def events(answer: httpx.Response) -> AsyncIterator[Event]:
    event: Event = {}
    async for line in answer.aiter_lines():
        if line:
            name, _, value = line.partition(":")
            event[name] = value.removeprefix(" ")
        else:
            if "data" in event:
                yield event
            event = {}


async def following(source: AsyncIterator[Event]) -> Event:
    return await asyncio.wait_for(anext(source), 10)


async def stream_path(edge: RunningEdge, key: str) -> str:
    url = (await edge.bulk({}, key=key)).json()["eventStreams"][0]["url"]
    return str(url).removeprefix(f"http://127.0.0.1:{edge.port}")


async def test_a_change_asks_to_refetch_and_the_refetch_is_new(edge: RunningEdge) -> None:
    async with stream(edge, await stream_path(edge, CLIENT_KEY)) as source:
        await edge.write(flags=[boolean("visible", enabled=False, client_visible=True)])
        event = await following(source)
        data = json.loads(event["data"])
        assert data["type"] == "refetchEvaluation"
        assert abs(data["lastModified"] - time.time()) < 60
        answer = await edge.post(
            f"/ofrep/v1/evaluate/flags?flagConfigEtag={data['etag']}&flagConfigLastModified=1", key=CLIENT_KEY
        )
        assert answer.json()["metadata"]["version"] == "2"
        assert SERVER_KEY not in str(event)


async def test_a_missed_change_is_told_when_the_client_comes_back(edge: RunningEdge) -> None:
    path = await stream_path(edge, CLIENT_KEY)
    async with stream(edge, path) as source:
        await edge.write(flags=[boolean("one", client_visible=True)])
        seen = (await following(source))["id"]
    await edge.write(flags=[boolean("two", client_visible=True)])
    async with stream(edge, path, last_event_id=seen) as source:
        assert json.loads((await following(source))["data"])["etag"].startswith('"3-')


async def test_what_changed_before_the_first_stream_was_open_is_told(
    edge: RunningEdge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_streams, "RECENT_SECONDS", 30.0)
    path = await stream_path(edge, CLIENT_KEY)
    await edge.write(flags=[boolean("visible", client_visible=True, enabled=False)])
    async with stream(edge, path) as source:
        assert json.loads((await following(source))["data"])["etag"].startswith('"2-')
    edge.edge.memory.environments["env-1"].views[KeyKind.CLIENT].since -= 31_000
    await edge.write(metrics=["purchase"])
    async with stream(edge, path) as source:
        await edge.write(flags=[boolean("visible", client_visible=True)])
        assert json.loads((await following(source))["data"])["etag"].startswith('"4-')


async def test_a_stream_without_an_event_names_its_state_for_the_next(edge: RunningEdge) -> None:
    async with (
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{edge.port}", timeout=10) as client,
        client.stream("GET", await stream_path(edge, CLIENT_KEY)) as answer,
    ):
        lines = answer.aiter_lines()
        named = [await anext(lines) for _ in range(3)]
    assert named[0].startswith("retry: ")
    told = named[2].removeprefix("id: ")
    assert told.startswith("1-")
    await edge.write(flags=[boolean("visible", client_visible=True, enabled=False)])
    async with stream(edge, await stream_path(edge, CLIENT_KEY), last_event_id=told) as source:
        assert json.loads((await following(source))["data"])["etag"].startswith('"2-')


async def test_an_expiring_target_asks_to_refetch_and_changes_the_etag(edge: RunningEdge) -> None:
    expires = time.time_ns() // 1_000_000 + 1500
    target = boolean("timed", client_visible=True, targets=(Target("u", "off", expires),))
    await edge.write(flags=[target])
    context = {"targetingKey": "u"}
    before = await edge.bulk(context)
    async with stream(edge, await stream_path(edge, CLIENT_KEY)) as source:
        assert (await edge.flag("timed", context)).json()["variant"] == "off"
        await following(source)
        after = await edge.bulk(context, headers={"if-none-match": before.headers["etag"]})
        assert after.status_code == 200
        assert (await edge.flag("timed", context)).json()["variant"] == "on"


async def test_a_wrong_token_opens_nothing(edge: RunningEdge) -> None:
    for token in ("", "x", SERVER_KEY):
        answer = await edge.get(f"/ofrep/v1/events?token={token}", key=None)
        assert (answer.status_code, answer.json()["errorCode"]) == (401, "GENERAL")


async def test_a_stream_ends_with_its_key(edge: RunningEdge) -> None:
    async with stream(edge, await stream_path(edge, CLIENT_KEY)) as source:
        await publish(edge.bus, edge.writer.rewrite_keys([(SERVER_KEY, "server")]))
        assert [event async for event in source] == []


@pytest.mark.parametrize("path", ["/v1/stream", "/ofrep/v1/events"])
async def test_a_stream_says_that_its_key_was_revoked_and_the_next_is_refused(edge: RunningEdge, path: str) -> None:
    address = path if path == "/v1/stream" else await stream_path(edge, SERVER_KEY)
    headers = {"authorization": f"Bearer {SERVER_KEY}"}
    async with (
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{edge.port}", timeout=10) as client,
        client.stream("GET", address, headers=headers) as answer,
    ):
        lines = answer.aiter_lines()
        assert (await anext(lines)).startswith("retry: ")
        await publish(edge.bus, edge.writer.rewrite_keys([(CLIENT_KEY, "client")]))
        said = [line async for line in lines if line]
    assert ": the SDK key was revoked or has expired" in said
    assert (await edge.get(address)).status_code == 401


async def test_sdks_are_told_within_which_time_to_come_back(edge: RunningEdge, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the streams that are open, at the start and with each heartbeat."""
    monkeypatch.setattr(event_streams, "HEARTBEAT_SECONDS", 0.01)
    streams = edge.edge.open_streams
    key = next(each for each in edge.edge.memory.environments["env-1"].config.sdk_keys if not each.is_client)
    for _ in range(99):
        streams.enter(key)
    async with (
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{edge.port}", timeout=10) as client,
        client.stream("GET", "/v1/stream", headers={"authorization": f"Bearer {SERVER_KEY}"}) as answer,
    ):
        told = (line async for line in answer.aiter_lines() if line.startswith((":", "retry: ")))
        assert [await anext(told) for _ in range(3)] == ["retry: 18000", ": still here", "retry: 18000"]
        for _ in range(60):
            streams.leave(key)
        while await anext(told) != "retry: 7200":
            pass
    for _ in range(39):
        streams.leave(key)


async def test_the_configuration_is_streamed_as_snapshot_and_changes(edge: RunningEdge) -> None:
    headers = {"authorization": f"Bearer {SERVER_KEY}"}
    async with stream(edge, "/v1/stream", **headers) as source:
        snapshot = await following(source)
        assert snapshot["event"] == "snapshot"
        assert "plain" in flagset_from_document(json.loads(snapshot["data"])).flags
        await edge.write(flags=[boolean("new")], removed=[("flag", "plain")])
        change = await following(source)
        assert change["event"] == "change"
        data = json.loads(change["data"])
        assert (data["version"], data["flags"]["plain"], data["flags"]["new"]["key"]) == (2, None, "new")
    for number in range(3):
        await edge.write(flags=[boolean(f"later-{number}")])
    async with stream(edge, "/v1/stream", last_event_id=change["id"], **headers) as source:
        later = [json.loads((await following(source))["data"]) for _ in range(3)]
        assert [(each["version"], list(each["flags"])) for each in later] == [
            (3, ["later-0"]),
            (4, ["later-1"]),
            (5, ["later-2"]),
        ]
    async with stream(edge, "/v1/stream", last_event_id="99-unknown", **headers) as source:
        assert (await following(source))["event"] == "snapshot"


async def test_a_stream_is_not_for_client_keys(edge: RunningEdge) -> None:
    assert (await edge.get("/v1/stream", key=CLIENT_KEY)).status_code == 403


async def test_a_key_has_only_so_many_streams(start_edge: StartEdge) -> None:
    edge = await start_edge(edge_streams_per_key_max=1)
    headers = {"authorization": f"Bearer {SERVER_KEY}"}
    async with stream(edge, "/v1/stream", **headers) as source:
        await following(source)
        refused = await edge.get("/v1/stream")
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_streams")

    async def opens_again() -> bool:
        answer = await edge.get("/ofrep/v1/events?token=")
        return answer.status_code != 429 and answer.json()["errorCode"] == "GENERAL"

    await until(opens_again)


async def test_after_a_full_reread_followers_begin_anew(edge: RunningEdge) -> None:
    headers = {"authorization": f"Bearer {SERVER_KEY}"}
    async with stream(edge, "/v1/stream", **headers) as source:
        await following(source)
        lost = "config.env-1.flag.plain"
        edge.writer.hold(lost, None)
        purged = edge.bus._streams["CONFIG"]
        purged.remove(purged.last(lost))
        await edge.write(flags=[boolean("new")])
        snapshot = await following(source)
        assert snapshot["event"] == "snapshot"
        flags = json.loads(snapshot["data"])["flags"]
        assert ("plain" in flags, "new" in flags) == (False, True)


async def test_head_of_a_stream_ends_and_leaves_its_place_to_others(start_edge: StartEdge) -> None:
    edge = await start_edge(edge_streams_per_key_max=1)
    paths = [await stream_path(edge, SERVER_KEY), "/v1/stream"]
    headers = {"authorization": f"Bearer {SERVER_KEY}"}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{edge.port}", timeout=10) as client:
        for path in paths * 2:
            answer = httpx.Response(429)

            async def has_room(path: str = path) -> bool:
                nonlocal answer
                answer = await client.head(path, headers=headers)
                return answer.status_code != 429

            await until(has_room)
            assert (answer.status_code, answer.content) == (200, b"")
            assert answer.headers["content-type"].startswith("text/event-stream")


async def test_streams_end_with_their_edge_and_are_spread_over_time_when_they_come_back(edge: RunningEdge) -> None:
    headers = {"authorization": f"Bearer {SERVER_KEY}"}
    hints = []
    async with (
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{edge.port}", timeout=10) as client,
        AsyncExitStack() as held,
    ):
        path = await stream_path(edge, SERVER_KEY)
        streams = [await held.enter_async_context(client.stream("GET", path, headers=headers)) for _ in range(8)]
        lines = [stream.aiter_lines() for stream in streams]
        edge.server.should_exit = True
        for each in lines:
            said = [line async for line in each if line]
            hints.append(said[-1])
    assert all(hint.startswith("retry: ") for hint in hints)
    assert len(set(hints)) > 1
