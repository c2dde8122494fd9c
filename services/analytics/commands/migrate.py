"""`analytics migrate`: creates or updates the tables."""

from __future__ import annotations

import asyncio

from analytics.commands.warehouses import warehouse_settings
from analytics.settings import StoreSettings
from analytics.warehouse.client import Warehouse
from analytics.warehouse.migrations import migrate


def run(settings: StoreSettings) -> None:
    """Prints a line for each step."""
    asyncio.run(_run(settings))


async def _run(settings: StoreSettings) -> None:
    warehouse = Warehouse(warehouse_settings(settings))
    try:
        for each in await migrate(warehouse):
            print(f"applied {each.number:04} {each.name}")
    finally:
        await warehouse.close()
