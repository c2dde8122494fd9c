"""`analytics serve`: the API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from messages.follower_telemetry import FollowerTelemetry
from messages.roll_call import RollCall
from messages.subjects import CONFIG, USAGE, WAREHOUSE
from service_kit.actor_limits import ActorLimits
from service_kit.background import Background
from service_kit.clock import SystemClock
from service_kit.companions import Companion
from service_kit.http import Shell
from service_kit.serving import serve
from service_kit.shared_limits import JOIN_SECONDS, SharedLimits, redis_at
from service_kit.telemetry import new_registry
from service_kit.trace_export import begin_tracing
from starlette.applications import Starlette
from streams import Bus
from streams.connection import BusConnection
from streams.jetstream import JetStreamBus
from streams.server_clock import time_of

from analytics.access import Authenticator
from analytics.app import Parts, build_app
from analytics.catalog.catalog import Catalog
from analytics.catalog.feed import CatalogFeed
from analytics.commands.buses import stream_of_acts, watch_of
from analytics.commands.catalogs import follow
from analytics.commands.destinations import destination_policy, sealer
from analytics.commands.warehouses import warehouse_settings
from analytics.operations import warehouse_state
from analytics.operations.warehouse_state import WarehouseState
from analytics.reports.unit_file import UnitFileLimits
from analytics.results.kept_results import Forwarding
from analytics.results.snapshots import ResultSnapshots, SnapshotTelemetry
from analytics.settings import ServeSettings
from analytics.turns import TurnLimits
from analytics.usage.evidence import AT_ONCE, WAITING_MAX, UsageEvidence
from analytics.warehouse.client import Warehouse
from analytics.warehouse.upkeep import Upkeep
from analytics.warehouse.usage import UsageReader

_LOOK_SECONDS_MAX = 60


def run(settings: ServeSettings) -> None:
    """Serves the API until it is stopped."""
    registry, clock = new_registry(), SystemClock()
    begin_tracing("analytics", registry)
    background = Background(registry, clock)
    bus = JetStreamBus(BusConnection.of(settings), name="analytics")
    watch = watch_of(settings, registry, bus)
    catalog = Catalog()
    warehouse = Warehouse(warehouse_settings(settings))
    feed = CatalogFeed(catalog, FollowerTelemetry(registry))
    impact = Companion("impact", "analytics.commands.impact_process")
    if settings.analytics_impact:
        registry.register(impact)
    limits, redis = ActorLimits(settings.actor_rates, clock), redis_at(settings)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        bus.start()
        watch.begin(background, partial(time_of, bus, CONFIG))
        follow(background, feed, bus)
        background.keep("tables", Upkeep(warehouse, registry).run, essential=True)
        if redis is not None:
            shared = SharedLimits("analytics", redis, limits.all)
            background.every("shared-limits", shared.join, seconds=JOIN_SECONDS)
        if seconds := settings.analytics_snapshot_seconds:
            snapshots = ResultSnapshots(
                warehouse=warehouse, catalog=catalog, clock=clock, telemetry=SnapshotTelemetry(registry)
            )
            background.every("snapshots", partial(snapshots.look, seconds), seconds=min(seconds, _LOOK_SECONDS_MAX))
        if settings.analytics_impact:
            background.keep("impact", impact.run)
        background.keep("usage", partial(respond, bus, warehouse))
        background.keep(
            "roll-call", RollCall(bus=bus, service="analytics", clock=clock, checks={"clickhouse": warehouse.ping}).run
        )
        background.keep("warehouse-state", partial(respond_on_warehouse, bus, warehouse))
        if seconds := settings.analytics_forward_seconds:
            background.every("forwarding", Forwarding(warehouse, catalog, clock).look, seconds=seconds)
        try:
            yield
        finally:
            await background.stop()
            await bus.close()
            await warehouse.close()

    parts = Parts(
        catalog=catalog,
        warehouse=warehouse,
        authenticator=Authenticator(catalog, clock, settings.auth_jwt_secret, limits=limits),
        clock=clock,
        bus=bus,
        acts_stream=stream_of_acts(settings),
        pii_secret=settings.pii_secret.get_secret_value(),
        cors_origins=settings.analytics_cors_origins,
        destinations=destination_policy(settings),
        sealer=sealer(settings),
        turns=turn_limits(settings),
        unit_files=unit_file_limits(settings),
    )
    serve(build_app(parts, Shell(registry=registry, background=background, lifespan=lifespan)), settings)


async def respond(bus: Bus, warehouse: Warehouse) -> None:
    """To those who ask how flags are used. Of several processes one gets each request."""
    evidence = UsageEvidence(UsageReader(warehouse))
    await bus.respond(USAGE, evidence.answer, group="analytics", at_once=AT_ONCE, waiting_max=WAITING_MAX)


async def respond_on_warehouse(bus: Bus, warehouse: Warehouse) -> None:
    """To those who look after the installation."""
    state = WarehouseState(warehouse, bus)
    await bus.respond(
        WAREHOUSE,
        state.answer,
        group="analytics",
        at_once=warehouse_state.AT_ONCE,
        waiting_max=warehouse_state.WAITING_MAX,
    )


def turn_limits(settings: ServeSettings) -> TurnLimits:
    return TurnLimits(
        at_once=settings.analytics_heavy_requests_at_once,
        per_organization=settings.analytics_heavy_requests_per_organization,
        per_person=settings.analytics_heavy_requests_per_person,
        waiting_per_organization=settings.analytics_heavy_requests_waiting,
        waiting_seconds=settings.analytics_heavy_requests_waiting_seconds,
    )


def unit_file_limits(settings: ServeSettings) -> UnitFileLimits:
    return UnitFileLimits(units=settings.analytics_unit_file_units_max, bytes=settings.analytics_unit_file_bytes_max)
