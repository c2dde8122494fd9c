"""A clock that differs from the bus's shows, and is warned of once."""

from __future__ import annotations

import math

import pytest
from prometheus_client import CollectorRegistry
from service_kit.bus_watch import BusWatch
from service_kit.clock import ManualClock

HOUR = 3600


class Bus:
    """A bus whose clock is off by `ahead` seconds and that takes `seconds` to answer."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.ahead = 0.0
        self.seconds = 0.0
        self.connected = True

    async def time(self) -> int | None:
        self.clock.advance(self.seconds / 2)
        told = self.clock.now() + round(self.ahead * 1000)
        self.clock.advance(self.seconds / 2)
        return told if self.connected else None


async def test_a_clock_that_is_off_shows_and_is_warned_of_once(caplog: pytest.LogCaptureFixture) -> None:
    clock, registry = ManualClock(), CollectorRegistry()
    bus = Bus(clock)
    watch = BusWatch(registry, clock, connected=lambda: bus.connected, skew_seconds_max=5)

    def told(name: str) -> float:
        value = registry.get_sample_value(name)
        assert value is not None
        return value

    async def measured(ahead: float, seconds: float = 0.0) -> float:
        bus.ahead, bus.seconds = ahead, seconds
        await watch.measure(bus.time)
        return told("verdict_clock_skew_seconds")

    assert (math.isnan(told("verdict_clock_skew_seconds")), told("verdict_bus_connected")) == (True, 1)
    assert await measured(0.2) == pytest.approx(0.2)
    assert not caplog.records
    assert await measured(-2 * HOUR) == pytest.approx(-2 * HOUR)
    assert await measured(-2 * HOUR) == pytest.approx(-2 * HOUR)
    assert len(caplog.records) == 1
    assert await measured(40 * 24 * HOUR, seconds=3) == pytest.approx(40 * 24 * HOUR)
    assert len(caplog.records) == 1
    bus.connected = False
    assert await measured(0) == pytest.approx(40 * 24 * HOUR)
    assert told("verdict_bus_connected") == 0
    bus.connected = True
    assert await measured(0) == pytest.approx(0)
    await measured(6, seconds=3)
    assert len([each for each in caplog.records if each.levelname == "WARNING"]) == 1
    await measured(6)
    assert len([each for each in caplog.records if each.levelname == "WARNING"]) == 2
