"""`analytics monitor`: looks at guarded rollouts and publishes verdicts; its port serves health and metrics."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from uuid import uuid4

from messages.follower_telemetry import FollowerTelemetry
from messages.roll_call import RollCall
from messages.subjects import CONFIG, verdicts_stream
from service_kit.background import Background
from service_kit.clock import SystemClock
from service_kit.http import Shell
from service_kit.plain_app import PlainApp
from service_kit.serving import serve
from service_kit.telemetry import new_registry
from service_kit.trace_export import begin_tracing
from starlette.applications import Starlette
from streams import StreamSpec
from streams.connection import BusConnection
from streams.jetstream import JetStreamBus
from streams.kept_stream import KeptStream
from streams.server_clock import time_of

from analytics.catalog.catalog import Catalog
from analytics.catalog.feed import CatalogFeed
from analytics.commands.buses import watch_of
from analytics.commands.catalogs import follow
from analytics.commands.warehouses import warehouse_settings
from analytics.monitoring.looks import Looker
from analytics.monitoring.monitor import Monitor, MonitorOptions, MonitorParts
from analytics.monitoring.telemetry import MonitorTelemetry
from analytics.monitoring.term import Term
from analytics.settings import MonitorSettings
from analytics.warehouse.client import Warehouse
from analytics.warehouse.split_units import SplitReader
from analytics.warehouse.upkeep import Upkeep

_STOP_SECONDS = 10.0
_RELEASE_SECONDS = 2.0


def run(settings: MonitorSettings) -> None:
    """Looks, and serves health and metrics, until it is stopped."""
    registry, clock = new_registry(), SystemClock()
    begin_tracing("analytics-monitor", registry)
    background = Background(registry, clock)
    bus = JetStreamBus(BusConnection.of(settings), name="analytics-monitor")
    watch = watch_of(settings, registry, bus)
    catalog = Catalog()
    warehouse = Warehouse(warehouse_settings(settings))
    feed = CatalogFeed(catalog, FollowerTelemetry(registry))
    verdicts = KeptStream(bus, _stream_of_verdicts(settings), registry, size_setting="FF_VERDICTS_MAX_BYTES")
    # Another one for each start: a process that comes back under its old name must not take the term for its own.
    monitor_id = f"{socket.gethostname()}-{os.getpid()}-{uuid4().hex[:8]}"
    term = Term(bus, clock, monitor_id, settings.monitor_term_seconds)
    parts = MonitorParts(
        bus=bus,
        catalog=catalog,
        looker=Looker(SplitReader(warehouse), clock, round(settings.monitor_lag_seconds * 1000)),
        term=term,
        telemetry=MonitorTelemetry(registry),
        clock=clock,
    )
    options = MonitorOptions(
        look_seconds=settings.monitor_look_seconds,
        silence_seconds=settings.monitor_silence_seconds,
        looks_at_once=settings.monitor_looks_at_once,
    )
    monitor = Monitor(parts, options)
    upkeep = Upkeep(warehouse, registry)

    async def prepare() -> None:
        await upkeep.made()
        background.keep("term", term.keep, essential=True)
        background.keep("looks", monitor.run, essential=True)
        background.keep("tables", upkeep.run, essential=True)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        bus.start()
        watch.begin(background, partial(time_of, bus, CONFIG))
        follow(background, feed, bus)
        background.keep("verdicts", verdicts.keep, essential=True)
        background.once("migrate", prepare, essential=True)
        background.keep("roll-call", RollCall(bus=bus, service="analytics-monitor", clock=clock, checks=checks).run)
        try:
            yield
        finally:
            await background.stop(grace_seconds=_STOP_SECONDS)
            await _released(term)
            await bus.close()
            await warehouse.close()

    async def catalog_ready() -> str | None:
        return None if catalog.ready else f"no environment is known: {catalog.lack}"

    shell = Shell(registry=registry, background=background, lifespan=lifespan)
    checks = {"catalog": catalog_ready, "verdicts": verdicts.check, "clickhouse": warehouse.ping}
    serve(PlainApp("Verdict monitor", shell, (), checks=checks), settings)


def _stream_of_verdicts(settings: MonitorSettings) -> StreamSpec:
    return verdicts_stream(
        max_bytes=settings.verdicts_max_bytes,
        max_age_seconds=settings.verdicts_max_age_seconds,
        replicas=settings.nats_replicas,
        given=settings.given(
            max_bytes="verdicts_max_bytes", max_age_seconds="verdicts_max_age_seconds", replicas="nats_replicas"
        ),
    )


async def _released(term: Term) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(_RELEASE_SECONDS):
            await term.release()
