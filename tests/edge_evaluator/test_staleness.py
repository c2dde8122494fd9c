"""An unchanged answer of an edge that has lost the bus says how old it is, and is never older than what was told."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

from bucketing.flagset import Target
from edge_evaluator.admission.streams import OpenStreams, StreamLimits
from edge_evaluator.memory.flag_memory import FlagMemory
from edge_evaluator.memory.states import State, state_of
from edge_evaluator.settings import EdgeSettings
from messages.sdk_keys import KeyKind, SdkKey
from prometheus_client import CollectorRegistry
from streams.memory import MemoryBus

from tests.edge_evaluator.conftest import StartEdge
from tests.edge_evaluator.running_edge import CLIENT_KEY, RunningEdge, running_edge
from tests.edge_evaluator.sample_flags import boolean
from tests.edge_evaluator.test_event_streams import following, stream, stream_path
from tests.waiting import until

AGE = "verdict-config-age"


def lose_the_bus(edge: RunningEdge) -> None:
    edge.bus.connected = False
    edge.edge.memory.environments["env-1"].confirmed -= 3600


async def test_a_304_of_a_stale_edge_says_how_old_its_configuration_is(edge: RunningEdge) -> None:
    fresh = await edge.bulk({})
    assert AGE not in fresh.headers
    lose_the_bus(edge)
    held = edge.edge.memory.environments["env-1"]
    await until(lambda: held.age_seconds > 0)
    stale = await edge.bulk({}, headers={"if-none-match": fresh.headers["etag"]})
    assert stale.status_code == 200
    assert stale.json()["metadata"]["ageSeconds"] >= 3600
    again = await edge.bulk({}, headers={"if-none-match": stale.headers["etag"]})
    assert (again.status_code, int(again.headers[AGE]) >= 3600) == (304, True)
    config = await edge.get("/v1/config")
    assert int(config.headers[AGE]) >= 3600
    assert int((await edge.get("/v1/config", if_none_match=config.headers["etag"])).headers[AGE]) >= 3600
    edge.bus.connected = True
    await until(lambda: held.age_seconds == 0)
    fresh_again = await edge.bulk({}, headers={"if-none-match": stale.headers["etag"]})
    assert (fresh_again.status_code, fresh_again.headers["etag"]) == (200, fresh.headers["etag"])
    assert AGE not in fresh_again.headers


async def test_a_refetch_at_an_edge_that_lags_behind_waits_for_what_was_told(start_edge: StartEdge) -> None:
    ahead = await start_edge()
    behind_bus = MemoryBus()
    async with running_edge(EdgeSettings(edge_fast_path=False), bus=behind_bus) as behind:
        async with stream(ahead, await stream_path(ahead, CLIENT_KEY)) as source:
            await ahead.write(flags=[boolean("visible", client_visible=True, enabled=False)])
            told = json.loads((await following(source))["data"])["etag"]
        path = f"/ofrep/v1/evaluate/flags?flagConfigEtag={told}"
        late = await behind.post(path, {}, key=CLIENT_KEY)
        assert (late.status_code, late.headers["retry-after"]) == (503, "1")
        asking = asyncio.create_task(behind.post(path, {}, key=CLIENT_KEY))
        await behind.write(flags=[boolean("visible", client_visible=True, enabled=False)])
        answer = (await asking).json()
        assert next(flag for flag in answer["flags"] if flag["key"] == "visible")["reason"] == "DISABLED"


async def test_what_is_told_of_an_unseen_version_is_here_already(start_edge: StartEdge) -> None:
    ahead, behind = await start_edge(), await start_edge()
    await ahead.write(metrics=["purchase"])
    view = ahead.edge.memory.environments["env-1"].views[KeyKind.CLIENT]
    told = view.state(0)
    assert told.version == 2
    answer = await behind.post(f'/ofrep/v1/evaluate/flags?flagConfigEtag="{told}"', {}, key=CLIENT_KEY)
    assert answer.status_code == 200


async def test_a_moment_that_another_clock_has_passed_is_waited_for(edge: RunningEdge) -> None:
    expires = edge.edge._clock.now() + 1500
    await edge.write(flags=[boolean("timed", client_visible=True, targets=(Target("u", "off", expires),))])
    view = edge.edge.memory.environments["env-1"].views[KeyKind.CLIENT]
    context = {"context": {"targetingKey": "u"}}
    for phase, variant in ((0, "off"), (1, "on")):
        told = f'"{replace_phase(view.state(0), phase)}"'
        answer = await edge.post(f"/ofrep/v1/evaluate/flags?flagConfigEtag={told}", context, key=CLIENT_KEY)
        assert {flag["key"]: flag["variant"] for flag in answer.json()["flags"] if "variant" in flag}[
            "timed"
        ] == variant


def replace_phase(state: State, phase: int) -> State:
    return state._replace(phase=phase)


def test_a_state_is_read_in_every_form() -> None:
    state = State(17, "0a1b", 2)
    assert state_of(str(state)) == state_of(f'"{state}"') == state_of(f'W/"{state}"') == state
    assert state_of("17") == State(17, "", 0)
    assert state_of("nonsense") is None
    assert state.same_as(state._replace(version=18))
    assert not state.same_as(None)
    assert state.follows(State(18, "0a1b", 2))
    assert not state.follows(State(18, "0a1b", 3))
    assert not state.follows(State(18, "ffff", 0))
    assert state.follows(State(17, "ffff", 9))


async def test_clients_are_asked_one_after_another_and_none_late() -> None:
    streams = OpenStreams(
        FlagMemory(),
        StreamLimits(per_key_max=10**6, refetches_per_second=100, unread_bytes_max=65536),
        CollectorRegistry(),
    )
    key = SdkKey("env-1", "key", KeyKind.CLIENT, b"")
    held = [streams.hold(key) for _ in range(200)]
    for each in held:
        each.__enter__()
    assert streams.spread_seconds == 2
    more = [streams.hold(replace(key, sha256=b"2")) for _ in range(5000)]
    for each in more:
        each.__enter__()
    assert streams.spread_seconds == 10
    streams.close()
    await asyncio.gather(*(streams.wait_for_turn() for _ in range(100)))
