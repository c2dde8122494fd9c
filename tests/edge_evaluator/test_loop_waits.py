"""An edge that is held up says so, although each of its answers takes no time."""

from __future__ import annotations

import asyncio

import pytest
from edge_evaluator.loop_waits import LoopWaits
from prometheus_client import CollectorRegistry
from service_kit.clock import ManualClock

from tests.edge_evaluator.running_edge import RunningEdge
from tests.waiting import turns, until

FIGURE = "verdict_edge_loop_wait_seconds"


@pytest.mark.parametrize(
    ("passed", "late"), [pytest.param(0.1, 0.0, id="in time"), pytest.param(0.18, 0.08, id="held up for 80 ms")]
)
async def test_what_a_turn_is_late_by_is_told(passed: float, late: float) -> None:
    registry, clock = CollectorRegistry(), ManualClock()
    looking = asyncio.create_task(LoopWaits(registry, clock).run())
    await turns()
    clock.advance(passed)
    await until(lambda: registry.get_sample_value(f"{FIGURE}_count"))
    looking.cancel()
    assert registry.get_sample_value(f"{FIGURE}_sum") == pytest.approx(late)


async def test_an_edge_tells_it(edge: RunningEdge) -> None:
    async def told() -> bool:
        lines = (await edge.http.get("/metrics")).text.splitlines()
        return any(each.startswith(f"{FIGURE}_count ") and not each.endswith(" 0.0") for each in lines)

    await until(told)
