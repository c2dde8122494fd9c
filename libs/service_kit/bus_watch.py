"""What every service tells of the bus: whether it is there, and whether its clock and ours agree."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from prometheus_client import CollectorRegistry, Gauge

from service_kit.background import Background
from service_kit.clock import Clock
from service_kit.logs import get_logger

MEASURE_SECONDS = 15.0
_log = get_logger("bus_watch")


class BusWatch:
    """A watch over one bus. A clock that is off by more than `skew_seconds_max` is warned of, once until it agrees."""

    def __init__(
        self, registry: CollectorRegistry, clock: Clock, *, connected: Callable[[], bool], skew_seconds_max: float
    ) -> None:
        self._clock = clock
        self._skew_seconds_max = skew_seconds_max
        self._off = False
        bus = Gauge(
            "verdict_bus_connected", "1 while the bus is connected", registry=registry, multiprocess_mode="livemin"
        )
        bus.set_function(connected)
        self._skew = Gauge(
            "verdict_clock_skew_seconds",
            "The bus's time minus our own; not a number until it was measured",
            registry=registry,
            multiprocess_mode="livemax",
        )
        self._skew.set(float("nan"))

    def begin(self, background: Background, bus_time: Callable[[], Awaitable[int | None]]) -> None:
        """Measures now and then. `bus_time`: the bus's clock, milliseconds since the Unix epoch; None: not known."""

        async def measure() -> None:
            await self.measure(bus_time)

        background.every("clock", measure, seconds=MEASURE_SECONDS)

    async def measure(self, bus_time: Callable[[], Awaitable[int | None]]) -> None:
        """One measurement. The bus's word is from the middle of the time that asking took, give or take."""
        begun_at, begun = self._clock.now(), self._clock.monotonic()
        told = await bus_time()
        if told is None:
            return
        half = (self._clock.monotonic() - begun) / 2
        skew = (told - begun_at) / 1000 - half
        self._skew.set(skew)
        off = abs(skew) - half > self._skew_seconds_max
        if off and not self._off:
            _log.warning("our clock differs from the bus's", bus_minus_own_seconds=round(skew, 3))
        elif self._off and not off:
            _log.info("our clock agrees with the bus's again", bus_minus_own_seconds=round(skew, 3))
        self._off = off
