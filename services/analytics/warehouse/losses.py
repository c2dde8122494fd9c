"""That stored events were lost, kept beside the tables until somebody has done what can be done about it.

Tables that were made anew are empty like those of a new installation; what they count is not the truth.
"""

from __future__ import annotations

from analytics.warehouse.client import Warehouse

_LAST = "SELECT settled, detail FROM losses ORDER BY at DESC LIMIT 1"


async def note(warehouse: Warehouse, detail: str) -> None:
    """From now on results are refused, in every process. Raises WarehouseError."""
    await _insert(warehouse, settled=False, detail=detail)


async def settle(warehouse: Warehouse, detail: str) -> None:
    """What is stored counts as the truth again. Raises WarehouseError."""
    await _insert(warehouse, settled=True, detail=detail)


async def standing(warehouse: Warehouse) -> str | None:
    """What was lost and not settled yet. Raises WarehouseError."""
    rows = await warehouse.rows(_LAST, {})
    return rows[0]["detail"] if rows and not rows[0]["settled"] else None


async def _insert(warehouse: Warehouse, *, settled: bool, detail: str) -> None:
    await warehouse.insert("losses", {"settled": ("UInt8", [int(settled)]), "detail": ("String", [detail])})
