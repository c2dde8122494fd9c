"""Composition root of the analytics service: `analytics serve | load | export | migrate | …`."""

from __future__ import annotations

import argparse
import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial

from fastapi import FastAPI
from messages.acts import ActLog
from messages.follower_telemetry import FollowerTelemetry
from messages.subjects import CONFIG, EVENTS, acts_stream
from prometheus_client import CollectorRegistry
from service_kit.actor_limits import ActorLimits
from service_kit.background import Background
from service_kit.bus_watch import BusWatch
from service_kit.clock import SystemClock
from service_kit.http import Shell
from service_kit.logs import configure_logging
from service_kit.problems import Problem
from service_kit.serving import serve
from service_kit.settings import load_settings
from service_kit.shared_limits import JOIN_SECONDS, SharedLimits, redis_at
from service_kit.telemetry import new_registry
from service_kit.typed_app import create_app
from streams import Bus, StreamSpec
from streams.connection import BusConnection
from streams.jetstream import JetStreamBus
from streams.server_clock import time_of

from analytics.access import Authenticator
from analytics.acts import Acts
from analytics.app import Parts, build_app
from analytics.catalog.catalog import Catalog
from analytics.catalog.feed import CHECK_SECONDS, CatalogFeed
from analytics.composition import (
    destination_policy,
    export_worker,
    loader_options,
    sealer,
    turn_limits,
    unit_file_limits,
    warehouse_settings,
)
from analytics.instants import instant
from analytics.loading.dead_letters_command import list_letters, replay_letters
from analytics.loading.loader import Loader
from analytics.loading.rewind import Rewinding
from analytics.loading.telemetry import LoaderTelemetry
from analytics.results.kept_results import Forwarding
from analytics.results.snapshots import ResultSnapshots, SnapshotTelemetry
from analytics.settings import ExportSettings, LoadSettings, ServeSettings, StoreSettings
from analytics.warehouse.arrow import ArrowWarehouse
from analytics.warehouse.client import Warehouse
from analytics.warehouse.migrations import migrate
from analytics.warehouse.upkeep import Upkeep

_STOP_SECONDS = 10.0
_CATALOG_SECONDS = 30.0
_LOOK_SECONDS_MAX = 60


def _watch(settings: StoreSettings, registry: CollectorRegistry, bus: Bus) -> BusWatch:
    return BusWatch(
        registry,
        SystemClock(),
        connected=lambda: bus.connected,
        skew_seconds_max=settings.clock_skew_seconds_max,
    )


def _follow(background: Background, feed: CatalogFeed, bus: Bus) -> None:
    background.keep("catalog", partial(feed.follow, bus), essential=True)
    background.every("catalog-check", partial(feed.check, bus), seconds=CHECK_SECONDS, essential=True)


def run_serve(settings: ServeSettings) -> None:
    """Serves the API until it is stopped."""
    registry, clock = new_registry(), SystemClock()
    background = Background(registry, clock)
    bus = JetStreamBus(BusConnection.of(settings), name="analytics")
    watch = _watch(settings, registry, bus)
    catalog = Catalog()
    warehouse = Warehouse(warehouse_settings(settings))
    feed = CatalogFeed(catalog, FollowerTelemetry(registry))
    limits, redis = ActorLimits(settings.actor_rates, clock), redis_at(settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        bus.start()
        watch.begin(background, partial(time_of, bus, CONFIG))
        _follow(background, feed, bus)
        background.keep("tables", Upkeep(warehouse, registry).run, essential=True)
        if redis is not None:
            shared = SharedLimits("analytics", redis, limits.all)
            background.every("shared-limits", shared.join, seconds=JOIN_SECONDS)
        if seconds := settings.analytics_snapshot_seconds:
            snapshots = ResultSnapshots(
                warehouse=warehouse, catalog=catalog, clock=clock, telemetry=SnapshotTelemetry(registry)
            )
            background.every("snapshots", partial(snapshots.look, seconds), seconds=min(seconds, _LOOK_SECONDS_MAX))
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
        acts_stream=_acts_stream(settings),
        pii_secret=settings.pii_secret.get_secret_value(),
        cors_origins=settings.analytics_cors_origins,
        destinations=destination_policy(settings),
        sealer=sealer(settings),
        turns=turn_limits(settings),
        unit_files=unit_file_limits(settings),
    )
    serve(build_app(parts, Shell(registry=registry, background=background, lifespan=lifespan)), settings)


def run_load(settings: LoadSettings) -> None:
    """Loads, and serves health and metrics, until it is stopped."""
    registry, clock = new_registry(), SystemClock()
    background = Background(registry, clock)
    bus = JetStreamBus(BusConnection.of(settings), name="analytics-loader")
    watch = _watch(settings, registry, bus)
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

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        bus.start()
        watch.begin(background, partial(time_of, bus, EVENTS))
        background.once("migrate", prepare, essential=True)
        try:
            yield
        finally:
            await background.stop(grace_seconds=_STOP_SECONDS)
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
    serve(create_app("Verdict loader", shell, checks=checks), settings)


def run_export(settings: ExportSettings) -> None:
    """Works on exports, and serves health and metrics, until it is stopped."""
    registry = new_registry()
    background = Background(registry, SystemClock())
    bus = JetStreamBus(BusConnection.of(settings), name="analytics-export")
    watch = _watch(settings, registry, bus)
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
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        bus.start()
        watch.begin(background, partial(time_of, bus, CONFIG))
        _follow(background, feed, bus)
        background.once("migrate", prepare, essential=True)
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
    serve(create_app("Verdict exports", shell, checks=checks), settings)


async def run_migrate(settings: StoreSettings) -> None:
    warehouse = Warehouse(warehouse_settings(settings))
    try:
        for each in await migrate(warehouse):
            print(f"applied {each.number:04} {each.name}")
    finally:
        await warehouse.close()


def _acts_stream(settings: StoreSettings) -> StreamSpec:
    return acts_stream(
        max_bytes=settings.acts_max_bytes,
        replicas=settings.nats_replicas,
        given=settings.given(max_bytes="acts_max_bytes", replicas="nats_replicas"),
    )


async def run_rewind(settings: LoadSettings, since: str) -> None:
    try:
        moment = instant(since, "--since")
    except Problem as problem:
        raise SystemExit(problem.detail) from None
    assert moment is not None  # noqa: S101 - None is for an absent parameter
    warehouse = Warehouse(warehouse_settings(settings))

    async def work(bus: Bus) -> None:
        limits = loader_options(settings).limits
        rewinding = Rewinding(bus=bus, warehouse=warehouse, limits=limits, clock=SystemClock())
        print(await rewinding.run(moment))

    try:
        await with_bus(settings, work)
    finally:
        await warehouse.close()


async def run_verify_increments(settings: StoreSettings) -> bool:
    """Whether every sheet gives what is computed anew; prints a line for each running experiment."""
    catalog, registry = Catalog(), new_registry()
    warehouse = Warehouse(warehouse_settings(settings))
    feed = CatalogFeed(catalog, FollowerTelemetry(registry))
    equal = True

    async def work(bus: Bus) -> None:
        nonlocal equal
        following = asyncio.create_task(feed.follow(bus))
        try:
            async with asyncio.timeout(_CATALOG_SECONDS):
                while not catalog.ready:  # noqa: ASYNC110 - the feed is told by nobody else
                    await asyncio.sleep(0.1)
            for each in await Forwarding(warehouse, catalog, SystemClock()).compared():
                equal = equal and each.equal
                print(f"{each.key} ({each.experiment}): {each.finding}")
        finally:
            following.cancel()

    try:
        await with_bus(settings, work)
    finally:
        await warehouse.close()
    return equal


async def with_bus(settings: StoreSettings, work: Callable[[Bus], Awaitable[None]]) -> None:
    bus = await JetStreamBus.connect(BusConnection.of(settings), name="analytics-command")
    try:
        await work(bus)
    finally:
        await bus.close()


def configure_logs(service: str, level: str = "INFO") -> None:
    configure_logging(service, level)
    # The driver repeats as warnings what its exceptions say.
    for name in ("urllib3", "clickhouse_connect", "snowflake", "botocore"):
        logging.getLogger(name).setLevel("ERROR")


def parser() -> argparse.ArgumentParser:
    commands = argparse.ArgumentParser(prog="analytics", description=__doc__)
    each = commands.add_subparsers(dest="command", required=True)
    each.add_parser("serve", help="serve the analytics API")
    each.add_parser("load", help="move events from the stream into ClickHouse")
    each.add_parser("export", help="bring events, flags, experiments and results to other warehouses")
    each.add_parser("migrate", help="create or update the tables and exit")
    each.add_parser("verify-increments", help="compare results that were brought forward with those computed anew")
    again = each.add_parser("rewind", help="load again what the stream of events still holds")
    again.add_argument("--since", required=True, help="RFC 3339 with an offset, or epoch milliseconds")
    letters = each.add_parser("dead-letters", help="events that could not be stored")
    actions = letters.add_subparsers(dest="action", required=True)
    for name, text in (("list", "one JSON line per letter"), ("replay", "put them back on the stream")):
        action = actions.add_parser(name, help=text)
        action.add_argument("--environment", default=None, help="id of an environment; all of them if not given")
        action.add_argument("--limit", type=int, default=100)
    return commands


def main() -> None:
    options = parser().parse_args()
    configure_logs("analytics")
    match options.command:
        case "serve":
            serve_settings = load_settings(ServeSettings)
            configure_logs("analytics", serve_settings.log_level)
            run_serve(serve_settings)
        case "load":
            load_settings_ = load_settings(LoadSettings)
            configure_logs("analytics-loader", load_settings_.log_level)
            run_load(load_settings_)
        case "export":
            export_settings = load_settings(ExportSettings)
            configure_logs("analytics-export", export_settings.log_level)
            run_export(export_settings)
        case "migrate":
            asyncio.run(run_migrate(load_settings(StoreSettings)))
        case "verify-increments":
            if not asyncio.run(run_verify_increments(load_settings(StoreSettings))):
                raise SystemExit(1)
        case "rewind":
            with suppress(KeyboardInterrupt):
                asyncio.run(run_rewind(load_settings(LoadSettings), options.since))
        case "dead-letters":
            command = list_letters if options.action == "list" else replay_letters
            store_settings = load_settings(StoreSettings)

            async def work(bus: Bus) -> None:
                acts = Acts(ActLog(bus, _acts_stream(store_settings), SystemClock()))
                await command(bus, acts, environment_id=options.environment, limit=options.limit)

            with suppress(KeyboardInterrupt):
                asyncio.run(with_bus(store_settings, work))


if __name__ == "__main__":
    main()
