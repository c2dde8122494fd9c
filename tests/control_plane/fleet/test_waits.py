"""Who waits for edges: for those that are live, as long as they live, and no longer than there is somebody to tell."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any
from uuid import UUID, uuid4

import pytest
from control_plane.changes import Written
from control_plane.fleet.telemetry import FleetTelemetry
from control_plane.fleet.waits import LAGGARDS_NAMED_MAX, Propagation, PropagationWaits
from prometheus_client import CollectorRegistry
from service_kit.clock import ManualClock

from tests.control_plane.fleet.edges import HeardFleet
from tests.waiting import turns, until

ENVIRONMENT, OTHER = uuid4(), uuid4()
ACME, GLOBEX = uuid4(), uuid4()


class Stand:
    """A fleet of three edges at version 1 that has been heard for long enough; or of which nothing was heard so far."""

    def __init__(self, most: int = 8, *, known: bool = True) -> None:
        self.heard = HeardFleet(ManualClock())
        self.registry = CollectorRegistry()
        self.waits = PropagationWaits(self.heard.fleet, FleetTelemetry(self.registry), most)
        self.left = asyncio.Event()
        if known:
            self.heard.pass_seconds(5)
            self.serve(1, "a", "b", "c")

    def serve(self, version: int, *edges: str, environment: UUID = ENVIRONMENT) -> None:
        for edge in edges:
            self.heard.hear(edge, version, str(environment))

    def wait(
        self, *, seconds: float = 60, organization: UUID = ACME, **versions: int
    ) -> Coroutine[Any, Any, Propagation | None]:
        wanted = {ENVIRONMENT: versions.get("version", 2)} | ({OTHER: versions["other"]} if "other" in versions else {})
        written = Written(wanted, {organization})
        return self.waits.propagated(written, self.heard.clock.monotonic(), seconds, self.left)

    async def begun(self, **asked: Any) -> asyncio.Task[Propagation | None]:
        before = self.waits.open
        task = asyncio.create_task(self.wait(**asked))
        await until(lambda: self.waits.open > before or task.done())
        return task

    def outcome(self, name: str) -> float:
        return self.registry.get_sample_value("verdict_propagation_waits_total", {"outcome": name}) or 0.0


async def test_it_ends_when_the_last_edge_serves_it() -> None:
    stand = Stand()
    task = await stand.begun()
    stand.serve(2, "a")
    stand.heard.pass_seconds(1)
    stand.serve(3, "b")
    await turns()
    assert not task.done()
    stand.serve(2, "c")
    assert await task == Propagation(edges=3, confirmed=3, milliseconds=1000, laggards=())
    assert (stand.waits.open, stand.outcome("confirmed")) == (0, 1)


async def test_it_ends_at_once_where_all_serve_it_already() -> None:
    assert await Stand().wait(version=1) == Propagation(edges=3, confirmed=3, milliseconds=0, laggards=())


async def test_it_ends_at_once_without_an_edge() -> None:
    stand = Stand()
    for edge in ("a", "b", "c"):
        stand.heard.hear(edge, 1, leaving=True)
    assert await stand.wait() == Propagation(edges=0, confirmed=0, milliseconds=0, laggards=())


async def test_of_several_environments_all_have_to_be_there() -> None:
    stand = Stand()
    task = await stand.begun(other=4)
    stand.serve(2, "a", "b", "c")
    stand.serve(4, "a", "b", environment=OTHER)
    await turns()
    assert not task.done()
    stand.serve(4, "c", environment=OTHER)
    assert await task == Propagation(edges=3, confirmed=3, milliseconds=0, laggards=())


async def test_at_the_limit_laggards_are_named() -> None:
    stand = Stand()
    task = asyncio.create_task(stand.wait(seconds=0.01))
    stand.serve(2, "b")
    assert await task == Propagation(edges=3, confirmed=1, milliseconds=0, laggards=("a", "c"))
    assert stand.outcome("late") == 1


async def test_an_edge_that_is_lost_holds_nobody_and_is_not_said_to_serve_it() -> None:
    stand = Stand()
    task = await stand.begun()
    stand.serve(2, "a")
    for _ in range(3):
        stand.heard.pass_seconds(4)
        stand.serve(2, "b")
    found = await task
    assert found is not None
    assert (found.edges, found.confirmed, found.laggards) == (3, 2, ("c",))


async def test_an_edge_that_stops_in_order_is_not_waited_for() -> None:
    stand = Stand()
    task = await stand.begun()
    stand.serve(2, "a", "b")
    stand.heard.hear("c", 1, leaving=True)
    assert await task == Propagation(edges=2, confirmed=2, milliseconds=0, laggards=())


async def test_an_edge_that_starts_meanwhile_is_not_waited_for() -> None:
    stand = Stand()
    task = await stand.begun()
    stand.serve(1, "new")
    stand.serve(2, "a", "b", "c")
    assert await task == Propagation(edges=3, confirmed=3, milliseconds=0, laggards=())


async def test_who_has_just_begun_to_hear_waits_until_it_knows_who_is_there() -> None:
    stand = Stand(known=False)
    task = await stand.begun()
    stand.serve(2, "a")
    stand.heard.pass_seconds(2)
    await turns()
    assert not task.done()
    stand.serve(2, "b")
    stand.heard.pass_seconds(0.5)
    found = await task
    assert found is not None
    assert (found.edges, found.confirmed) == (2, 2)


async def test_who_never_heard_anything_claims_nothing() -> None:
    stand = Stand(known=False)
    assert await stand.wait(seconds=0.01) is None
    assert stand.outcome("unknown") == 1


async def test_a_client_that_leaves_ends_it() -> None:
    stand = Stand()
    task = await stand.begun()
    stand.left.set()
    await task
    assert (stand.waits.open, stand.outcome("left")) == (0, 1)


async def test_a_process_that_stops_ends_all_and_begins_none() -> None:
    stand = Stand()
    tasks = [await stand.begun() for _ in range(2)]
    stand.waits.close()
    for task in tasks:
        found = await task
        assert found is not None
        assert found.laggards == ("a", "b", "c")
    assert await stand.wait() is None


async def test_only_so_many_wait_and_a_tenant_has_a_quarter_of_them() -> None:
    stand = Stand(most=8)
    tasks = [await stand.begun() for _ in range(2)]
    assert await stand.wait() is None
    tasks += [await stand.begun(organization=GLOBEX) for _ in range(2)]
    tasks += [await stand.begun(organization=uuid4()) for _ in range(4)]
    assert (stand.waits.open, await stand.wait(organization=uuid4())) == (8, None)
    assert stand.outcome("over_limit") == 2
    stand.serve(2, "a", "b", "c")
    assert all(await asyncio.gather(*tasks))
    assert await stand.wait(version=2) is not None


async def test_where_none_may_wait_nobody_does() -> None:
    assert await Stand(most=0).wait() is None


async def test_a_hundred_laggards_are_named() -> None:
    stand = Stand()
    stand.serve(1, *(f"edge-{number:03}" for number in range(LAGGARDS_NAMED_MAX + 50)))
    found = await stand.wait(seconds=0.01)
    assert found is not None
    assert (found.edges, found.confirmed, len(found.laggards)) == (LAGGARDS_NAMED_MAX + 53, 0, LAGGARDS_NAMED_MAX)


@pytest.mark.parametrize("cancelled", [1, 3])
async def test_a_cancelled_wait_leaves_room_for_others(cancelled: int) -> None:
    stand = Stand(most=4)
    for _ in range(cancelled):
        task = await stand.begun()
        task.cancel()
        await asyncio.wait([task])
    assert (stand.waits.open, await stand.wait(version=1)) == (0, Propagation(3, 3, 0, ()))
