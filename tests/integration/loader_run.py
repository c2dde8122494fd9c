"""One run of the real loader over what stands on the bus."""

from __future__ import annotations

import asyncio

from analytics.loading.batches import LoadLimits
from analytics.loading.loader import Loader, LoaderOptions
from analytics.loading.telemetry import LoaderTelemetry
from analytics.warehouse.client import Warehouse
from messages.subjects import EVENTS
from prometheus_client import CollectorRegistry
from service_kit.clock import SystemClock
from streams import Bus

from tests.waiting import until

OPTIONS = LoaderOptions(limits=LoadLimits(seconds_max=0.1))


async def load(bus: Bus, warehouse: Warehouse, options: LoaderOptions = OPTIONS) -> None:
    """Runs the loader until everything on the stream is acknowledged."""
    loader = Loader(bus, warehouse, LoaderTelemetry(CollectorRegistry()), SystemClock(), options)
    consumer = await bus.pull(
        EVENTS, options.durable, filter_subject="events.>", ack_wait_seconds=60, max_ack_pending=1000
    )

    async def all_acknowledged() -> bool:
        return not await consumer.pending()

    running = asyncio.create_task(loader.run())
    await until(all_acknowledged)
    loader.stop()
    await running
