"""What an experiment's analysis asks of ClickHouse: only aggregates come back, never rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from analytics.warehouse.client import Warehouse
from analytics.warehouse.sql import query


@dataclass(frozen=True, slots=True)
class Scope:
    """Which exposures count. Times in epoch milliseconds; `experiment` empty: whatever the flag served.

    `as_of`: only rows received until then, so that a past result can be computed again.
    """

    organization_id: str
    environment_id: str
    flag: str
    experiment: str
    variations: tuple[str, ...]
    start: int
    stop: int
    as_of: int

    def parameters(self) -> dict[str, Any]:
        return {
            "organization": self.organization_id,
            "environment": self.environment_id,
            "flag": self.flag,
            "experiment": self.experiment,
            "variations": list(self.variations),
            "start": self.start,
            "stop": self.stop,
            "as_of": self.as_of,
        }


@dataclass(frozen=True, slots=True)
class UnitCounts:
    """Analysed units by variation, and how many saw several variations and are left out."""

    by_variation: Mapping[str, int]
    in_several: int


@dataclass(frozen=True, slots=True)
class DayCount:
    day: date
    variation: str
    units: int


@dataclass(frozen=True, slots=True)
class MetricWindow:
    """`start` and `end` in seconds after the first exposure; `end` 0: until the experiment stops."""

    event: str
    aggregation: str
    start: int = 0
    end: int = 0

    def parameters(self) -> dict[str, Any]:
        return {
            "metric": self.event,
            "aggregation": self.aggregation,
            "window_start": self.start,
            "window_end": self.end,
        }


@dataclass(frozen=True, slots=True)
class Moments:
    """Of `units` values: their mean, and Σ(value − mean)²."""

    units: int
    mean: float
    squares: float

    def with_zeros(self, zeros: int) -> Moments:
        """The moments when `zeros` more units have the value 0 (Chan's update)."""
        total = self.units + zeros
        if total == 0:
            return Moments(0, 0.0, 0.0)
        squares = self.squares + self.mean**2 * self.units * zeros / total
        return Moments(total, self.mean * self.units / total, squares)


class ExperimentReader:
    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    async def unit_counts(self, scope: Scope) -> UnitCounts:
        rows = await self._warehouse.rows(query("unit_counts"), scope.parameters())
        single = {row["variation"]: row["units"] for row in rows if not row["several"]}
        return UnitCounts(single, sum(row["units"] for row in rows if row["several"]))

    async def units_per_day(self, scope: Scope) -> list[DayCount]:
        rows = await self._warehouse.rows(query("units_per_day"), scope.parameters())
        return [DayCount(row["day"], row["variation"], row["units"]) for row in rows]

    async def moments(self, scope: Scope, window: MetricWindow) -> dict[str, Moments]:
        """By variation, over the units that have a value; a variation without any is missing."""
        rows = await self._warehouse.rows(query("metric_moments"), scope.parameters() | window.parameters())
        return {row["variation"]: Moments(row["units"], row["mean"], max(row["squares"], 0.0)) for row in rows}
