"""Aggregates of a metric as ClickHouse answers them: per segment and variation, never rows."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

Group = tuple[str, str]
"""Segment (empty: all together) and variation."""
AggregateT = TypeVar("AggregateT")


@dataclass(frozen=True, slots=True)
class UnitCounts:
    """Analysed units by group, and by day (UTC, ISO) and variation; how many saw several variations and are left out;
    when the last one came in. `users_without_unit`: exposed users whose exposures don't name what was assigned."""

    units: Mapping[Group, int]
    days: Mapping[str, Mapping[str, int]]
    in_several: int
    last_at: int
    users_without_unit: int = 0

    def segments(self) -> dict[str, dict[str, int]]:
        """By segment and variation."""
        return by_segment(self.units)


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Where numbers are to be cut, as shares in (0, 1); `lower` 0: not below. `nonzero`: of the numbers that are not 0,
    which are not moved either."""

    upper: float
    lower: float = 0.0
    nonzero: bool = True


@dataclass(frozen=True, slots=True)
class Caps:
    """Between which numbers the units' are cut; with `spare_zeros` a 0 stays one."""

    floor: float = -sys.float_info.max
    cap: float = sys.float_info.max
    spare_zeros: bool = True


NO_CAPS = Caps()


@dataclass(frozen=True, slots=True)
class Moments:
    """Of `units` values: their mean, Σ(value − mean)², and how many were capped."""

    units: int = 0
    mean: float = 0.0
    squares: float = 0.0
    capped: int = 0

    def with_zeros(self, zeros: int) -> Moments:
        """The moments when `zeros` more units have the value 0; negative counts as none."""
        return self.merged(Moments(max(zeros, 0)))

    def merged(self, other: Moments) -> Moments:
        """The moments of both parts' units (Chan's update)."""
        total = self.units + other.units
        if total == 0:
            return self
        gap = other.mean - self.mean
        # Beyond a double a product is infinite, which the engine refuses by name; a power would raise.
        squares = self.squares + other.squares + gap * gap * self.units * other.units / total
        mean = (self.mean * self.units + other.mean * other.units) / total
        return Moments(total, mean, squares, self.capped + other.capped)


@dataclass(frozen=True, slots=True)
class CovariateMoments:
    """Of `units` pairs (y: the metric, x: the same before the first exposure): means and centred products.

    `history_units` have an x of their own, for the others it is 0; `history_y_sum` is Σy over them.
    """

    units: int = 0
    y_mean: float = 0.0
    x_mean: float = 0.0
    y_squares: float = 0.0
    x_squares: float = 0.0
    xy_products: float = 0.0
    history_units: int = 0
    history_y_sum: float = 0.0

    def with_zeros(self, zeros: int) -> CovariateMoments:
        """When `zeros` more units have neither (Chan's update); negative counts as none."""
        zeros = max(zeros, 0)
        total = self.units + zeros
        if total == 0:
            return self
        weight = self.units * zeros / total
        share = self.units / total
        return CovariateMoments(
            total,
            self.y_mean * share,
            self.x_mean * share,
            self.y_squares + self.y_mean * self.y_mean * weight,
            self.x_squares + self.x_mean * self.x_mean * weight,
            self.xy_products + self.x_mean * self.y_mean * weight,
            self.history_units,
            self.history_y_sum,
        )


@dataclass(frozen=True, slots=True)
class UserCounts:
    """Over all groups, where units are not users: users that have a number, and those whose number was capped."""

    measured: int
    capped: int


@dataclass(frozen=True, slots=True)
class ClusterTotals:
    """Per unit: N observations, J at or below a threshold; their sums over `n` units."""

    n: int
    below_sum: float
    below_sum_sq: float
    size_sum: float
    size_sum_sq: float
    below_size_sum: float


@dataclass(frozen=True, slots=True)
class ExposureHealth:
    """Figures by which an experiment's exposures are checked.

    `last_at`, `last_received_at` in epoch milliseconds, 0: none. `others`: exposures of foreign variations.
    `overridden`: users whom an override served; `overridden_analysed`: those of them who are analysed by other
    exposures."""

    exposures: int
    placeholder_exposures: int
    before_start: int
    last_at: int
    last_received_at: int
    others: Mapping[str, int]
    overridden: int = 0
    overridden_analysed: int = 0


def by_segment(groups: Mapping[Group, AggregateT]) -> dict[str, dict[str, AggregateT]]:
    """Segment to variation to aggregate."""
    segments: dict[str, dict[str, AggregateT]] = {}
    for (segment, variation), aggregate in groups.items():
        segments.setdefault(segment, {})[variation] = aggregate
    return segments
