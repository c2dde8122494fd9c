"""Whether events can be stored, judged by results: a bus may be connected, its streams there, and its disk full."""

from __future__ import annotations

import asyncio
import random
from uuid import uuid4

from messages.generated.event_pb2 import EventBatch
from messages.subjects import events_subject
from prometheus_client import CollectorRegistry, Gauge
from service_kit.clock import Clock
from service_kit.logs import get_logger
from streams import Bus, BusError, StreamFull

_PROBE_SECONDS = 1.0
_PROBE_TIMEOUT_SECONDS = 2.0
_FAILURES_MAX = 2
_WAIT_SECONDS_MAX = 3.0
_PROBE = "probe"
_log = get_logger("storage_health")


class StorageHealth:
    """Results of publishing, of requests and, while they fail, of probes: batches without events, which nobody counts.

    Unready after failures in a row with no success between, and while what was tried waits for long; a success of
    either kind ends it."""

    def __init__(self, bus: Bus, registry: CollectorRegistry, clock: Clock) -> None:
        self._bus = bus
        self._clock = clock
        self._failures = 0
        self._reason = ""
        self._since = 0.0
        self._waiting_since: float | None = None
        self._failing = asyncio.Event()
        seconds = Gauge(
            "verdict_event_publish_failing_seconds",
            "For how long nothing could be stored although it was tried; 0 while it can",
            registry=registry,
            multiprocess_mode="livemax",
        )
        seconds.set_function(self._failing_seconds)

    def tried(self) -> None:
        """Something is on its way to the bus, which takes seconds to be found out silent."""
        if self._waiting_since is None:
            self._waiting_since = self._clock.monotonic()

    def succeeded(self) -> None:
        self._waiting_since = None
        if self._failures >= _FAILURES_MAX:
            _log.info("events are stored again", after_seconds=round(self._clock.monotonic() - self._since, 3))
        self._failures = 0
        self._failing.clear()

    def failed(self, error: Exception) -> None:
        if not self._failures:
            self._since = self._clock.monotonic()
        self._failures += 1
        self._reason = str(error) or type(error).__name__
        if self._failures == _FAILURES_MAX:
            _log.error("events can't be stored", reason=self._reason)
        self._failing.set()

    async def check(self) -> str | None:
        """For readiness."""
        if self._failures < _FAILURES_MAX:
            waits = self._waits_seconds()
            return f"nothing was stored for {waits:.0f} s, although it was tried" if waits > _WAIT_SECONDS_MAX else None
        return f"nothing could be stored the last {self._failures} times: {self._reason}"

    def _waits_seconds(self) -> float:
        return 0.0 if self._waiting_since is None else self._clock.monotonic() - self._waiting_since

    def _failing_seconds(self) -> float:
        if self._failures:
            return self._clock.monotonic() - self._since
        waits = self._waits_seconds()
        return waits if waits > _WAIT_SECONDS_MAX else 0.0

    async def keep_probing(self) -> None:
        """Until it is cancelled."""
        while True:
            await self._failing.wait()
            await self._probe()
            if self._failures:
                await asyncio.sleep(_PROBE_SECONDS * (0.5 + random.random()))

    async def _probe(self) -> None:
        batch = EventBatch(batch_id=uuid4().hex, environment_id=_PROBE, received_at=self._clock.now())
        try:
            async with asyncio.timeout(_PROBE_TIMEOUT_SECONDS):
                await self._bus.publish(events_subject(_PROBE), batch.SerializeToString())
        except StreamFull:
            self.succeeded()
        except (BusError, TimeoutError) as error:
            self.failed(error if isinstance(error, BusError) else BusError("the bus does not confirm that it stored"))
        else:
            self.succeeded()
