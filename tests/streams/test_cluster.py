"""The bus on three servers, of which one is cut off from the others while clients reach it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from streams import BusError, BusUnavailable, Delivered, ExpectedLast, StreamSpec, WrongLastSequence
from streams.connection import BusConnection
from streams.jetstream import JetStreamBus
from streams.stream_configuration import stream_details

from chaos.bus_links import BusLinks
from devstack.nats_cluster import NatsNode
from devstack.stack import Stack
from tests.waiting import until

SPEC = StreamSpec("S", ("s.>",), max_bytes=1_000_000)


@dataclass
class Cluster:
    links: BusLinks
    undo: AsyncExitStack

    @property
    def nodes(self) -> tuple[NatsNode, ...]:
        return self.links.cluster.nodes

    async def bus(self, first: NatsNode) -> JetStreamBus:
        """Connected to that node."""
        bus = JetStreamBus(BusConnection(servers=tuple(node.url for node in self.nodes)), name="test")
        await bus._keep_connecting()
        self.undo.push_async_callback(bus.close)
        if bus._client.server != first.url:
            await bus._client.move(first.url)
            await until(lambda: at(bus, first))
        return bus

    async def leader(self) -> NatsNode:
        await until(lambda: asyncio.to_thread(self.links.cluster.is_whole))
        found = await asyncio.to_thread(self.links.cluster.leader, SPEC.name)
        assert found is not None
        return found


async def at(bus: JetStreamBus, node: NatsNode) -> bool:
    return bus.connected and bus._client.server == node.url


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[Cluster]:
    async with AsyncExitStack() as undo:
        stack = Stack(tmp_path, ("nats",), durable=False, nats_nodes=3)
        assert stack.nats_cluster is not None
        links = BusLinks(stack.nats_cluster)
        await links.start()
        undo.push_async_callback(links.close)
        await asyncio.to_thread(stack.start)
        undo.push_async_callback(asyncio.to_thread, stack.stop)
        yield Cluster(links, undo)


async def replicas(bus: JetStreamBus) -> int:
    return int((await stream_details(bus._context, SPEC.name))["config"]["num_replicas"])


async def test_a_stream_of_one_server_is_given_three_and_outlives_its_leader_cut_off(cluster: Cluster) -> None:
    """What was acknowledged stays, and whoever is connected to the one that is cut off goes to another one."""
    ordinary = await cluster.bus(cluster.nodes[0])
    await ordinary.ensure_stream(SPEC)
    await ordinary.publish("s.before", b"1")
    assert await replicas(ordinary) == 1
    await ordinary.ensure_stream(replace(SPEC, replicas=3))
    assert await replicas(ordinary) == 3

    leader = await cluster.leader()
    bus = await cluster.bus(leader)
    heard: set[bytes] = set()
    following = asyncio.create_task(follow(bus, heard))
    await bus.publish("s.three", b"2")
    await until(lambda: held(heard, {b"1", b"2"}))
    with cluster.links.cut_off(leader):
        await until(lambda: published(bus))
        assert not await at(bus, leader)
        await until(lambda: held(heard, {b"1", b"2", b"3"}))
        last = await bus.last_message(SPEC.name, "s.three")
        assert last is not None
        assert last.payload == b"3"
    following.cancel()


async def test_a_server_that_lost_the_others_confirms_nothing(cluster: Cluster) -> None:
    ordinary = await cluster.bus(cluster.nodes[0])
    await ordinary.ensure_stream(replace(SPEC, replicas=3))
    leader = await cluster.leader()
    alone = JetStreamBus(BusConnection(servers=(leader.url,)), name="alone")
    await alone._keep_connecting()
    cluster.undo.push_async_callback(alone.close)
    await alone.time(SPEC.name)
    with cluster.links.cut_off(leader):
        await until(lambda: refuses(alone))
        with pytest.raises(BusUnavailable):
            await alone.state(SPEC.name)


async def refuses(bus: JetStreamBus) -> bool:
    try:
        await bus.time(SPEC.name)
    except BusUnavailable:
        return True
    return False


async def published(bus: JetStreamBus) -> bool:
    with suppress(BusError):
        await bus.publish("s.three", b"3", message_id="three")
        return True
    return False


async def held(heard: set[bytes], wanted: set[bytes]) -> bool:
    return wanted <= heard


async def follow(bus: JetStreamBus, heard: set[bytes]) -> None:
    async for event in bus.follow(SPEC.name, "s.>"):
        if isinstance(event, Delivered):
            heard.add(event.payload)


async def test_messages_that_expect_the_same_are_all_stored(cluster: Cluster) -> None:
    """A replicated stream refuses the second one while the first is under way."""
    bus = await cluster.bus(cluster.nodes[0])
    await bus.ensure_stream(replace(SPEC, replicas=3))
    manifest = await bus.publish("s.manifest", b"1")
    expected = ExpectedLast(manifest.sequence, "s.manifest")
    writes = [bus.publish(f"s.{number}", b"1", expected=expected) for number in range(100)]
    acks = await asyncio.gather(*writes)
    assert len({each.sequence for each in acks}) == 100
    assert (await bus.publish("s.manifest", b"2", expected=expected)).sequence > max(each.sequence for each in acks)
    with pytest.raises(WrongLastSequence):
        await bus.publish("s.1", b"2", expected=expected)


async def test_what_is_told_everywhere_is_heard_on_both_sides_of_a_cut(cluster: Cluster) -> None:
    apart, other, _ = cluster.nodes
    listeners = {node: await cluster.bus(node) for node in (apart, other)}
    heard: dict[NatsNode, list[bytes]] = {apart: [], other: []}

    async def listen(node: NatsNode) -> None:
        async for payload in listeners[node].listen("told.*"):
            heard[node].append(payload)

    teller = await cluster.bus(apart)
    async with asyncio.TaskGroup() as group:
        listening = [group.create_task(listen(node)) for node in listeners]
        with cluster.links.cut_off(apart):

            async def told() -> bool:
                await teller.tell("told.1", b"1", everywhere=True)
                return all(heard.values())

            await until(told)
        for each in listening:
            each.cancel()


async def test_nobody_waits_for_a_server_that_reads_nothing(cluster: Cluster) -> None:
    teller = await cluster.bus(cluster.nodes[0])
    listener = await cluster.bus(cluster.nodes[0])
    heard = asyncio.Event()

    async def listen() -> None:
        async for _ in listener.listen("told.*"):
            heard.set()

    listening = asyncio.create_task(listen())

    async def told() -> bool:
        await teller.tell("told.1", b"1" * 400_000, everywhere=True)
        return heard.is_set()

    await until(told)
    others = cluster.nodes[1:]
    for node in others:
        node.pause()
    try:
        async with asyncio.timeout(30):
            for _ in range(40):
                heard.clear()
                await teller.tell("told.1", b"1" * 400_000, everywhere=True)
                await heard.wait()
            await teller._others.close()
    finally:
        for node in others:
            node.resume()
    listening.cancel()
