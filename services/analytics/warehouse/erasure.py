"""Removes one person's rows for good."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from analytics.warehouse.client import Warehouse
from analytics.warehouse.placement import stored

ERASABLE_TABLES = (
    "events_exposure",
    "events_metric",
    "exposure_firsts",
    "overridden_users",
    "split_units",
    "unit_sheets",
    "sheet_layers",
    "touched_users",
)
_WHERE = (
    "organization_id = {organization:String} AND environment_id = {environment:String}"
    " AND has({user_keys:Array(String)}, user_key)"
)


async def erase_rows(
    warehouse: Warehouse, organization_id: str, environment_id: str, user_keys: Sequence[str]
) -> dict[str, int]:
    """Deletes every row of these keys in one environment, on every replica, and returns how many by table.

    Raises WarehouseError; repeating it is harmless.
    """
    asked: dict[str, Any] = {
        "organization": organization_id,
        "environment": environment_id,
        "user_keys": list(user_keys),
    }
    erased = {}
    for table in ERASABLE_TABLES:
        # The names are ours; the values are server-side parameters.
        rows = await warehouse.rows(f"SELECT count() AS found FROM {table} WHERE {_WHERE}", asked)  # noqa: S608
        erased[table] = int(rows[0]["found"])
        if erased[table]:
            await warehouse.command(
                f"ALTER TABLE {stored(table, warehouse.settings)} DELETE WHERE {_WHERE} SETTINGS mutations_sync = 2",
                asked,
            )
    # Whoever was bringing a sheet forward meanwhile may write what is erased here; nobody reads that sheet any more.
    epoch = {"organization_id": ("String", [organization_id]), "environment_id": ("String", [environment_id])}
    await warehouse.insert("sheet_epochs", epoch)
    return erased
