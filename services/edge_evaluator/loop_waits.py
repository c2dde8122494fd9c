"""Waits for the event loop: what each request waits before anybody measures its answer.

An edge that its limit of CPU holds up answers in microseconds, once it runs. That it did not run is seen here alone.
"""

from __future__ import annotations

import asyncio

from prometheus_client import CollectorRegistry, Histogram
from service_kit.clock import Clock

_LOOK_SECONDS = 0.1
_BOUNDS_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1)


class LoopWaits:
    """Looks ten times a second how late the loop comes to a look."""

    def __init__(self, registry: CollectorRegistry, clock: Clock) -> None:
        self._clock = clock
        self._late = Histogram(
            "verdict_edge_loop_wait_seconds",
            "How late the event loop came to what was due, ten times a second; requests wait as long",
            buckets=_BOUNDS_SECONDS,
            registry=registry,
        )

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            due = self._clock.monotonic() + _LOOK_SECONDS
            await asyncio.sleep(_LOOK_SECONDS)
            self._late.observe(max(0.0, self._clock.monotonic() - due))
