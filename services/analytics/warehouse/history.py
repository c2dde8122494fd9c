"""The queries of what a metric did in the past, for planning."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan

from analytics.warehouse.aggregates import Moments
from analytics.warehouse.client import Warehouse
from analytics.warehouse.fixed_point import ExactSums
from analytics.warehouse.scopes import ExposureScope, MetricWindow
from analytics.warehouse.sql import taken
from analytics.warehouse.unit_rows import UnitRows
from analytics.warehouse.unit_values import random_splits


@dataclass(frozen=True, slots=True)
class Half:
    """One half of a random split: `units`, and the moments over those that count (`moments.units`).

    `with_value` have an event of their own.
    """

    units: int
    with_value: int
    moments: Moments


class HistoryReader:
    """Reads what units did in the past."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    async def random_splits(
        self, scope: ExposureScope, window: MetricWindow, *, splits: int, seed: int
    ) -> list[tuple[Half, Half]]:
        """`splits` random halvings of the scope's units. A split with an empty half is left out."""
        of_units = UnitRows(scope, (window,))
        sql = of_units.query(random_splits(of_units, window))
        given = of_units.parameters() | {"splits": splits, "seed": seed}
        rows = await self._warehouse.rows(sql, taken(sql, given))
        halves: dict[int, dict[int, Half]] = {}
        for row in rows:
            exact = ExactSums(row["units"], int(row["sum"]), int(row["squares"]))
            # Where a unit's number can't be summed, no statement about the half can be made.
            known = (nan, nan) if row["strange"] else (exact.mean, exact.centred_squares)
            moments = Moments(row["units"], *known)
            halves.setdefault(row["split"], {})[row["half"]] = Half(row["units"], row["with_value"], moments)
        return [(each[0], each[1]) for each in halves.values() if len(each) == 2]
