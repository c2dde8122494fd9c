"""An edge served on a real socket, fast path on and off, fed from a bus in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from edge_evaluator.endpoints import event_streams
from edge_evaluator.settings import EdgeSettings
from service_kit.clock import SystemClock

from tests.edge_evaluator.running_edge import RunningEdge, running_edge

StartEdge = Callable[..., Awaitable[RunningEdge]]


@pytest.fixture(autouse=True)
def nothing_is_recent(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream tells of what happens from now on; the tests of what happened just before set this themselves."""
    monkeypatch.setattr(event_streams, "RECENT_SECONDS", 0.0)


@pytest.fixture
def one_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """All that happens in the test happens at one moment, in one window of the limits."""
    now = SystemClock().now()
    monkeypatch.setattr(SystemClock, "now", lambda _: now)


@pytest.fixture(params=["fast", "slow"])
def fast_path(request: pytest.FixtureRequest) -> bool:
    return str(request.param) == "fast"


@pytest.fixture
async def start_edge(fast_path: bool) -> AsyncIterator[StartEdge]:
    """Starts an edge with other settings than the default; any number in one test."""
    running: list[Any] = []

    async def start(**changes: Any) -> RunningEdge:
        settings = EdgeSettings(**({"edge_fast_path": fast_path, "edge_anti_entropy_seconds": 0.1} | changes))
        context = running_edge(settings)
        running.append(context)
        return await context.__aenter__()

    yield start
    for context in reversed(running):
        await context.__aexit__(None, None, None)


@pytest.fixture
async def edge(start_edge: StartEdge) -> RunningEdge:
    """An edge that serves the sample flags."""
    return await start_edge()


@pytest.fixture
async def both() -> AsyncIterator[tuple[RunningEdge, RunningEdge]]:
    """An edge with the fast path and one without, which hold the same."""
    async with (
        running_edge(EdgeSettings(edge_fast_path=True)) as fast,
        running_edge(EdgeSettings(edge_fast_path=False)) as slow,
    ):
        yield fast, slow
