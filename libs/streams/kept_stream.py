"""A stream that a service makes: when it is missing, and again should it vanish."""

from __future__ import annotations

import asyncio
import logging
import random

from prometheus_client import CollectorRegistry, Gauge

from streams.port import Bus, BusError, StreamSpec

_RETRY_SECONDS = 1.0
_CHECK_SECONDS = 15.0
_log = logging.getLogger("kept_stream")


class KeptStream:
    """One per process. A reason that keeps it from being made is said once, told by readiness, and tried on."""

    def __init__(self, bus: Bus, spec: StreamSpec, registry: CollectorRegistry, *, size_setting: str) -> None:
        """`size_setting`: by whose name the operator gives the stream another size."""
        self._bus = bus
        self._spec = spec
        self._size_setting = size_setting
        self._problem: str | None = "not looked for yet"
        self._left: str | None = None
        self._there = Gauge(
            "verdict_stream_ready",
            "1 while the stream that this service makes is there",
            ["stream"],
            registry=registry,
            multiprocess_mode="livemin",
        ).labels(spec.name)

    async def check(self) -> str | None:
        """For readiness: None, or why there is no stream."""
        return self._problem

    async def keep(self) -> None:
        """Until it is cancelled."""
        while True:
            await self.look()
            pause = _CHECK_SECONDS if self._problem is None else _RETRY_SECONDS
            await asyncio.sleep(pause * (0.5 + random.random()))

    async def look(self) -> None:
        """Makes the stream if it is missing."""
        if not self._bus.connected and self._problem is None:
            # That the bus is away is told elsewhere; the stream is on its disk.
            return
        try:
            left = await self._bus.ensure_stream(self._spec)
        except BusError as error:
            problem = str(error) if not self._bus.connected else f"{error}; its size is {self._size_setting}"
            if problem != self._problem and self._bus.connected:
                _log.warning("%s", problem)
            self._problem = problem
            self._there.set(0)
            return
        if left != self._left and left is not None:
            _log.warning("%s", left)
        self._problem, self._left = None, left
        self._there.set(1)
