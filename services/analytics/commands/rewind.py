"""`analytics rewind`: loads again what the stream of events still holds."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from service_kit.clock import SystemClock
from service_kit.problems import Problem
from streams import Bus

from analytics.commands.buses import with_bus
from analytics.commands.loaders import loader_options
from analytics.commands.warehouses import warehouse_settings
from analytics.instants import instant
from analytics.loading.rewind import Rewinding
from analytics.settings import LoadSettings
from analytics.warehouse.client import Warehouse


def run(settings: LoadSettings, since: str) -> None:
    """Prints what it did."""
    with suppress(KeyboardInterrupt):
        asyncio.run(_run(settings, since))


async def _run(settings: LoadSettings, since: str) -> None:
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
