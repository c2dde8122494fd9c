"""`analytics load`: events from the stream into ClickHouse; its port serves health and metrics."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from messages.roll_call import RollCall
from messages.subjects import EVENTS
from service_kit.background import Background
from service_kit.clock import SystemClock
from service_kit.http import Shell
from service_kit.plain_app import PlainApp
from service_kit.serving import serve
from service_kit.telemetry import new_registry
from service_kit.trace_export import begin_tracing
from starlette.applications import Starlette
from streams.connection import BusConnection
from streams.jetstream import JetStreamBus
from streams.server_clock import time_of

from analytics.commands.buses import watch_of
from analytics.commands.loaders import loader_options
from analytics.commands.warehouses import warehouse_settings
from analytics.loading.loader import Loader
from analytics.loading.telemetry import LoaderTelemetry
from analytics.settings import LoadSettings
from analytics.warehouse.client import Warehouse
from analytics.warehouse.upkeep import Upkeep
from analytics.warehouse.usage import RollUp

STOP_SECONDS = 10.0
ROLL_UP_SECONDS = 20.0


def run(settings: LoadSettings) -> None:
    """Loads, and serves health and metrics, until it is stopped."""
    registry, clock = new_registry(), SystemClock()
    begin_tracing("analytics-loader", registry)
    background = Background(registry, clock)
    bus = JetStreamBus(BusConnection.of(settings), name="analytics-loader")
    watch = watch_of(settings, registry, bus)
    warehouse = Warehouse(warehouse_settings(settings))
    loader = Loader(
        bus=bus,
        warehouse=warehouse,
        telemetry=LoaderTelemetry(registry),
        clock=clock,
        options=loader_options(settings),
    )

    upkeep = Upkeep(warehouse, registry, loader.suspected_loss)

    async def prepare() -> None:
        await upkeep.made()
        background.keep("load", loader.run, essential=True, finish=loader.stop)
        background.keep("tables", upkeep.run, essential=True)
        background.every("usage", RollUp(warehouse, clock).look, seconds=ROLL_UP_SECONDS)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        bus.start()
        watch.begin(background, partial(time_of, bus, EVENTS))
        background.once("migrate", prepare, essential=True)
        background.keep("roll-call", RollCall(bus=bus, service="analytics-loader", clock=clock, checks=checks).run)
        try:
            yield
        finally:
            await background.stop(grace_seconds=STOP_SECONDS)
            await bus.close()
            await warehouse.close()

    async def bus_connected() -> str | None:
        return bus.trouble

    shell = Shell(registry=registry, background=background, lifespan=lifespan)
    checks = {
        "bus": bus_connected,
        "events": loader.check_events,
        "dead_letters": loader.check_dead_letters,
        "clickhouse": warehouse.ping,
    }
    serve(PlainApp("Verdict loader", shell, (), checks=checks), settings)
