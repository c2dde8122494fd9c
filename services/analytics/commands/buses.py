"""The bus as the commands use it: watched while they serve, or opened for one piece of work."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from messages.subjects import acts_stream
from prometheus_client import CollectorRegistry
from service_kit.bus_watch import BusWatch
from service_kit.clock import SystemClock
from streams import Bus, StreamSpec
from streams.connection import BusConnection
from streams.jetstream import JetStreamBus

from analytics.settings import StoreSettings


def watch_of(settings: StoreSettings, registry: CollectorRegistry, bus: Bus) -> BusWatch:
    return BusWatch(
        registry,
        SystemClock(),
        connected=lambda: bus.connected,
        skew_seconds_max=settings.clock_skew_seconds_max,
    )


def stream_of_acts(settings: StoreSettings) -> StreamSpec:
    return acts_stream(
        max_bytes=settings.acts_max_bytes,
        replicas=settings.nats_replicas,
        given=settings.given(max_bytes="acts_max_bytes", replicas="nats_replicas"),
    )


async def with_bus(settings: StoreSettings, work: Callable[[Bus], Awaitable[None]]) -> None:
    bus = await JetStreamBus.connect(BusConnection.of(settings), name="analytics-command")
    try:
        await work(bus)
    finally:
        await bus.close()
