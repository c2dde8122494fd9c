"""`analytics export`: works on exports; its port serves health and metrics."""

from __future__ import annotations

import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from messages.follower_telemetry import FollowerTelemetry
from messages.roll_call import RollCall
from messages.subjects import CONFIG
from prometheus_client import CollectorRegistry
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

from analytics.catalog.catalog import Catalog
from analytics.catalog.feed import CatalogFeed
from analytics.commands.buses import watch_of
from analytics.commands.catalogs import follow
from analytics.commands.destinations import destination_policy, sealer
from analytics.commands.warehouses import warehouse_settings
from analytics.exports.destinations.port import Destination, Sink
from analytics.exports.lease import LeaseTerms
from analytics.exports.repository import ExportRepository
from analytics.exports.runner import ExportLimits, Runner
from analytics.exports.telemetry import ExportTelemetry
from analytics.exports.worker import ExportWorker, WorkerOptions, WorkerParts
from analytics.settings import ExportSettings
from analytics.warehouse.arrow import ArrowWarehouse
from analytics.warehouse.exports import ExportStore
from analytics.warehouse.upkeep import Upkeep

_STOP_SECONDS = 10.0


def run(settings: ExportSettings) -> None:
    """Works on exports, and serves health and metrics, until it is stopped."""
    registry = new_registry()
    begin_tracing("analytics-export", registry)
    background = Background(registry, SystemClock())
    bus = JetStreamBus(BusConnection.of(settings), name="analytics-export")
    watch = watch_of(settings, registry, bus)
    catalog = Catalog()
    warehouse = ArrowWarehouse(warehouse_settings(settings))
    worker = export_worker(settings, warehouse=warehouse, catalog=catalog, registry=registry)
    feed = CatalogFeed(catalog, FollowerTelemetry(registry))

    upkeep = Upkeep(warehouse, registry)

    async def prepare() -> None:
        await upkeep.made()
        background.keep("export", worker.run, essential=True, finish=worker.stop)
        background.keep("tables", upkeep.run, essential=True)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        bus.start()
        watch.begin(background, partial(time_of, bus, CONFIG))
        follow(background, feed, bus)
        background.once("migrate", prepare, essential=True)
        background.keep(
            "roll-call", RollCall(bus=bus, service="analytics-export", clock=SystemClock(), checks=checks).run
        )
        try:
            yield
        finally:
            await background.stop(grace_seconds=_STOP_SECONDS)
            await bus.close()
            await warehouse.close()

    async def catalog_ready() -> str | None:
        return None if catalog.ready else f"no environment is known: {catalog.lack}"

    shell = Shell(registry=registry, background=background, lifespan=lifespan)
    checks = {"catalog": catalog_ready, "clickhouse": warehouse.ping}
    serve(PlainApp("Verdict exports", shell, (), checks=checks), settings)


def export_worker(
    settings: ExportSettings, *, warehouse: ArrowWarehouse, catalog: Catalog, registry: CollectorRegistry
) -> ExportWorker:
    store = ExportStore(warehouse)
    policy = destination_policy(settings)

    def open_sink(organization_id: str, destination: Destination, credentials: dict[str, str]) -> Sink:
        return destination.sink(policy, organization_id, credentials)

    limits = ExportLimits(rows=settings.export_batch_rows, bytes=settings.export_batch_bytes)
    parts = WorkerParts(
        repository=ExportRepository(store),
        runner=Runner(warehouse=warehouse, store=store, catalog=catalog, limits=limits),
        catalog=catalog,
        sealer=sealer(settings),
        open_sink=open_sink,
        clock=SystemClock(),
        telemetry=ExportTelemetry(registry),
    )
    options = WorkerOptions(
        terms=LeaseTerms(worker=f"{socket.gethostname()}-{os.getpid()}", seconds=settings.export_lease_seconds),
        lag_seconds=settings.export_lag_seconds,
        poll_seconds=settings.export_poll_seconds,
        runs_at_once=settings.export_runs_at_once,
    )
    return ExportWorker(parts, options)
