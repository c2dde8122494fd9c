"""What waits is told by the streams, and rises while nobody can ask them."""

from __future__ import annotations

import pytest
from analytics.loading.backlog import Backlog
from messages.subjects import EVENTS, dead_letters_stream, dead_letters_subject, events_stream, events_subject
from prometheus_client import CollectorRegistry
from service_kit.clock import ManualClock
from streams import BusError
from streams.memory import MemoryBus


class Bus(MemoryBus):
    """A bus by whose clock `later` milliseconds have passed since each message."""

    later = 0

    async def time(self, stream: str) -> int:
        return await super().time(stream) + self.later


async def test_the_lag_is_the_age_of_the_oldest_event_that_waits_also_while_the_bus_is_away() -> None:
    clock, registry, bus = ManualClock(), CollectorRegistry(), Bus()
    backlog = Backlog(registry, clock)

    def lag() -> float:
        value = registry.get_sample_value("verdict_loader_lag_seconds")
        assert value is not None
        return value

    clock.advance(3)
    assert lag() == 3
    await bus.ensure_stream(events_stream())
    consumer = await bus.pull(EVENTS, "d", filter_subject="events.>", ack_wait_seconds=60, max_ack_pending=9)
    await backlog.measure_events(bus, consumer)
    assert lag() == 0
    for _ in range(2):
        await bus.publish(events_subject("e1"), b"x")
    bus.later = 90_000
    await backlog.measure_events(bus, consumer)
    assert lag() == pytest.approx(90, abs=5)
    assert registry.get_sample_value("verdict_loader_lag_messages") == 2
    bus.connected = False
    clock.advance(60)
    with pytest.raises(BusError):
        await backlog.measure_events(bus, consumer)
    assert lag() == pytest.approx(150, abs=5)
    bus.connected = True
    for message in await consumer.fetch(9, 1):
        await message.ack()
    await backlog.measure_events(bus, consumer)
    assert (lag(), registry.get_sample_value("verdict_loader_lag_messages")) == (0, 0)


async def test_dead_letters_are_counted_and_aged_by_the_stream() -> None:
    clock, registry, bus = ManualClock(), CollectorRegistry(), Bus()
    backlog = Backlog(registry, clock)

    def told() -> list[float | None]:
        names = ("verdict_dead_letters_stored", "verdict_dead_letters_oldest_age_seconds")
        return [registry.get_sample_value(name) for name in names]

    await bus.ensure_stream(dead_letters_stream())
    await backlog.measure_letters(bus)
    assert told() == [0, 0]
    await bus.publish(dead_letters_subject("e1"), b"x")
    bus.later = 3_600_000
    await backlog.measure_letters(bus)
    clock.advance(60)
    assert told() == pytest.approx([1, 3660], abs=5)
