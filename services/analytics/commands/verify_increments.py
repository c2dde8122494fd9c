"""`analytics verify-increments`: compares results that were brought forward with those computed anew."""

from __future__ import annotations

import asyncio

from messages.follower_telemetry import FollowerTelemetry
from service_kit.clock import SystemClock
from service_kit.telemetry import new_registry
from streams import Bus

from analytics.catalog.catalog import Catalog
from analytics.catalog.feed import CatalogFeed
from analytics.commands.buses import with_bus
from analytics.commands.warehouses import warehouse_settings
from analytics.results.kept_results import Forwarding
from analytics.settings import StoreSettings
from analytics.warehouse.client import Warehouse

_CATALOG_SECONDS = 30.0


def run(settings: StoreSettings) -> None:
    """Ends the process with 1 where a sheet gives something else."""
    if not asyncio.run(_run(settings)):
        raise SystemExit(1)


async def _run(settings: StoreSettings) -> bool:
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
