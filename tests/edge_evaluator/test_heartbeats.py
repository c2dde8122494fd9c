"""An edge tells what it serves: at each swap and beat, and when it leaves; it serves all the same when it can't."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from edge_evaluator.feed import heartbeats
from edge_evaluator.feed.heartbeats import EdgeIdentity, Heartbeats
from edge_evaluator.memory.flag_memory import FlagMemory
from edge_evaluator.settings import EdgeSettings
from messages.generated.edge_pb2 import EdgeHeartbeat
from messages.subjects import edges_subject
from service_kit.clock import ManualClock
from service_kit.settings import WrongSettings
from service_kit.workers.worker import Worker
from streams.memory import MemoryBus

from tests.edge_evaluator.conftest import StartEdge
from tests.edge_evaluator.running_edge import RunningEdge
from tests.edge_evaluator.sample_flags import boolean
from tests.environment_writer import publish
from tests.waiting import until


class Listener:
    """Hears all edges of a bus."""

    def __init__(self) -> None:
        self.heard: list[EdgeHeartbeat] = []

    async def listen(self, bus: MemoryBus) -> None:
        async for payload in bus.listen(edges_subject("*")):
            self.heard.append(EdgeHeartbeat.FromString(payload))

    def versions(self) -> list[int]:
        return [each.version for each in self.heard]


@pytest.fixture
async def bus() -> MemoryBus:
    return MemoryBus()


@pytest.fixture
async def listener(bus: MemoryBus) -> AsyncIterator[Listener]:
    listener = Listener()
    listening = asyncio.create_task(listener.listen(bus))
    yield listener
    listening.cancel()
    await asyncio.wait([listening])


async def test_each_swap_is_told_with_what_is_served(edge: RunningEdge) -> None:
    listener = Listener()
    listening = asyncio.create_task(listener.listen(edge.bus))
    for _ in range(3):
        await edge.write(flags=[boolean("a")])
    await until(lambda: edge.writer.version in listener.versions())
    word = next(each for each in listener.heard if each.version == edge.writer.version)
    assert (word.environment_id, word.digest.hex(), word.epoch) == ("env-1", edge.writer.digest, 1)
    assert word.edge_id
    assert word.software_version
    assert 0 < word.published_at <= word.taken_at
    listening.cancel()


async def test_what_is_served_is_told_again_at_each_beat(
    monkeypatch: pytest.MonkeyPatch, start_edge: StartEdge
) -> None:
    monkeypatch.setattr("edge_evaluator.main.BEAT_SECONDS", 0.01)
    edge = await start_edge(region="eu-west-1")
    listener = Listener()
    listening = asyncio.create_task(listener.listen(edge.bus))
    await until(lambda: len(listener.heard) > 3)
    assert {(each.version, each.region) for each in listener.heard} == {(1, "eu-west-1")}
    assert len({each.edge_id for each in listener.heard}) == 1
    listening.cancel()


async def test_nothing_of_it_matters_to_requests_and_readiness_while_the_bus_is_away(
    monkeypatch: pytest.MonkeyPatch, start_edge: StartEdge
) -> None:
    monkeypatch.setattr("edge_evaluator.main.BEAT_SECONDS", 0.01)
    edge = await start_edge()
    edge.bus.connected = False
    edge.edge._heartbeats.swapped("env-1")
    assert (await edge.flag("visible")).status_code == 200
    assert (await edge.http.get("/readyz")).status_code == 200
    metrics = (await edge.http.get("/metrics")).text
    assert 'verdict_background_failures_total{work="heartbeats"} 0.0' in metrics
    assert 'verdict_background_failures_total{work="swaps"} 0.0' in metrics


async def test_an_edge_that_stops_says_so(edge: RunningEdge) -> None:
    listener = Listener()
    listening = asyncio.create_task(listener.listen(edge.bus))
    await until(lambda: listener.heard)
    edge.server.should_exit = True
    await until(lambda: any(each.leaving for each in listener.heard))
    listening.cancel()


async def test_many_environments_take_turns(
    monkeypatch: pytest.MonkeyPatch, edge: RunningEdge, bus: MemoryBus, listener: Listener
) -> None:
    monkeypatch.setattr(heartbeats, "BEAT_ENVIRONMENTS_MAX", 2)
    for number in range(2, 6):
        writer = type(edge.writer)(f"env-{number}", key=f"e{number}")
        await publish(edge.bus, writer.write(flags=[boolean("a")]))
    await until(lambda: len(edge.edge.memory.environments) == 5)
    beats = Heartbeats(edge.edge.memory, EdgeIdentity.of(Worker(), ""), ManualClock())
    for _ in range(5):
        await beats.beat(bus)
    await until(lambda: len(listener.heard) == 10)
    assert [each.environment_id for each in listener.heard] == [f"env-{1 + n % 5}" for n in range(10)]


async def test_an_edge_without_a_config_says_nothing(bus: MemoryBus, listener: Listener) -> None:
    beats = Heartbeats(FlagMemory(), EdgeIdentity.of(Worker(), ""), ManualClock())
    await beats.beat(bus)
    await beats.leave(bus)
    await bus.tell(edges_subject("end"), EdgeHeartbeat(edge_id="end").SerializeToString())
    await until(lambda: listener.heard)
    assert [each.edge_id for each in listener.heard] == ["end"]


def test_two_starts_are_two_edges() -> None:
    assert EdgeIdentity.of(Worker(), "").id != EdgeIdentity.of(Worker(), "").id


@pytest.mark.parametrize("region", ["a b", "é", "x" * 65, "a\n"])
def test_a_region_is_a_short_plain_word(region: str) -> None:
    with pytest.raises(WrongSettings, match="FF_REGION"):
        EdgeSettings(region=region)
