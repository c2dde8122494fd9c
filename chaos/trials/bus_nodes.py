"""One of three servers of NATS is killed, stopped or cut off, under load: everything goes on with the other two."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum

from messages.subjects import CONFIG, EVENTS

from chaos.edge_client import EdgeClient
from chaos.harness import Harness
from chaos.tenant import FLAG
from chaos.waiting import until
from devstack.nats_cluster import ALL, NatsCluster, NatsNode

_POLL_SECONDS = 0.02
_LONGER_SECONDS = 2.0
_SETTINGS = f"flags/{FLAG}/environments/production"


class NodeFault(StrEnum):
    """STOP is orderly: the server hands on what it leads. CUT OFF: it hears nothing of the others, and is reached."""

    KILL = "kill -9"
    STOP = "SIGTERM"
    CUT_OFF = "cut off"


@dataclass(frozen=True, slots=True)
class Passed:
    """What a fault cost, in seconds from when it began.

    `leader`: until the others had elected those of CONFIG and of all servers, 0 where the node was neither; `edit`:
    until an edit of after it was on every edge; `events`: until a batch was acknowledged; `ready`: from the end of the
    fault until every part said that it is ready."""

    fault: str
    node: str
    led: tuple[str, ...]
    leader: float
    edit: float
    events: float
    ready: float


async def bus_nodes(harness: Harness, faults: Sequence[tuple[NodeFault, str]]) -> list[Passed]:
    """Does one after another; a node is its name, or the stream that it leads."""
    return [await _pass_through(harness, fault, name) for fault, name in faults]


async def _pass_through(harness: Harness, fault: NodeFault, name: str) -> Passed:
    cluster = harness.bed.stack.nats_cluster
    assert cluster is not None
    # A second fault before the first one's node has caught up would take the majority away.
    await until(lambda: asyncio.to_thread(cluster.is_whole))
    leaders = {stream: await _led_by(cluster, stream) for stream in (CONFIG, EVENTS, ALL)}
    node = leaders[name] if name in leaders else cluster.node(name)
    led = tuple(stream for stream, leader in leaders.items() if leader is node)
    acknowledged, began = harness.ledger.acknowledged, time.monotonic()

    async def stored() -> bool:
        return harness.ledger.acknowledged > acknowledged

    async with _inflicted(harness, fault, node):
        began, acknowledged = time.monotonic(), harness.ledger.acknowledged
        async with asyncio.TaskGroup() as group:
            leader = group.create_task(_elected(cluster, node, [each for each in (CONFIG, ALL) if each in led], began))
            edit = group.create_task(_edited(harness, began))
            events = group.create_task(_since(began, stored))
        await _edited(harness, began)
        # Who was cut off learns of it within twenty seconds only: what it says until then is looked at.
        await asyncio.sleep(_LONGER_SECONDS)
    ended = time.monotonic()
    await harness.supervisor.all_ready()
    await until(lambda: asyncio.to_thread(cluster.is_whole))
    await _edited(harness, began)
    return Passed(fault, node.name, led, leader.result(), edit.result(), events.result(), time.monotonic() - ended)


@asynccontextmanager
async def _inflicted(harness: Harness, fault: NodeFault, node: NatsNode) -> AsyncIterator[None]:
    if fault is NodeFault.KILL:
        async with harness.supervisor.down(node.name):
            yield
    elif fault is NodeFault.STOP:
        async with harness.supervisor.stopped(node.name):
            yield
    else:
        assert harness.bed.links is not None
        with harness.bed.links.cut_off(node):
            yield


async def _led_by(cluster: NatsCluster, stream: str) -> NatsNode:
    found: list[NatsNode] = []

    async def agreed() -> bool:
        leader = await asyncio.to_thread(cluster.leader, stream)
        found.extend([leader] if leader is not None else [])
        return bool(found)

    await until(agreed)
    return found[0]


async def _elected(cluster: NatsCluster, lost: NatsNode, groups: Sequence[str], began: float) -> float:
    if not groups:
        return 0.0
    others = tuple(each for each in cluster.nodes if each is not lost)

    async def another() -> bool:
        leaders = [await asyncio.to_thread(cluster.leader, each, others) for each in groups]
        return all(leader is not None and leader is not lost for leader in leaders)

    return await _since(began, another)


async def _edited(harness: Harness, began: float) -> float:
    """Until an edit that is made now is on every edge."""
    enabled = harness.tenant.version % 2 == 0
    condition = {"attribute": "edit", "operator": "eq", "value": harness.tenant.version}
    rules = [{"if": condition, "then": {"variation": "on" if enabled else "off"}}]
    await harness.tenant.change_stubbornly(_SETTINGS, {"rules": rules})
    version = harness.tenant.version
    await asyncio.gather(*(_held(edge, version) for edge in harness.edges))
    return time.monotonic() - began


async def _held(edge: EdgeClient, version: int) -> None:
    async def holds() -> bool:
        held = await edge.environment()
        return held is not None and held[0] >= version

    await until(holds, poll_seconds=_POLL_SECONDS)


async def _since(began: float, condition: Callable[[], Awaitable[object]]) -> float:
    await until(condition, poll_seconds=_POLL_SECONDS)
    return time.monotonic() - began
