"""Quantiles of events' values, with the units as clusters: by group, in three questions for all of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stats import ClusterSums, InvalidInputError, QuantileRanks, QuantileSummary, quantile_ranks

from analytics.results.summaries import Units
from analytics.warehouse.aggregates import ClusterTotals, Group
from analytics.warehouse.experiments import ExperimentReader
from analytics.warehouse.scopes import ExposureScope, MetricWindow


@dataclass(frozen=True, slots=True)
class QuantileMeasurer:
    """`alpha` sets the ranks of the interval. With `days`, segments are days, and each holds all before it, too."""

    reader: ExperimentReader
    scope: ExposureScope
    alpha: float
    days: Sequence[str] = ()

    async def measure(self, window: MetricWindow, level: float, units: Units) -> dict[Group, QuantileSummary]:
        """One for each group of `units`. Raises WarehouseError and InvalidInputError."""
        counts = await self.reader.observation_counts(self.scope, window, self.days)
        ranks = {group: quantile_ranks(counts[group], level, self.alpha) for group in units if counts.get(group)}
        found = dict.fromkeys(units, QuantileSummary(0, level, 0.0, None, None, self.alpha))
        if not ranks:
            return found
        wanted = {group: _wanted(counts[group], level, each) for group, each in ranks.items()}
        values = await self.reader.order_statistics(self.scope, window, wanted, self.days)
        for group, some in wanted.items():
            if not values.get(group, {}).keys() >= set(some):
                raise InvalidInputError("quantile", "there are fewer values than were counted a moment before")
        middles = {group: values[group][some[0]] for group, some in wanted.items()}
        totals = await self.reader.cluster_totals(self.scope, window, middles, self.days)
        for group, each in ranks.items():
            of = _Values(counts[group], level, middles[group], values[group])
            found[group] = of.summary(each, totals[group], self.alpha)
        return found


@dataclass(frozen=True, slots=True)
class _Values:
    """Of one group: `middle` is the quantile, `at` are values by rank."""

    count: int
    level: float
    middle: float
    at: Mapping[int, float]

    def summary(self, ranks: QuantileRanks, totals: ClusterTotals, alpha: float) -> QuantileSummary:
        lower, upper = ranks.lower, ranks.upper
        return QuantileSummary(
            self.count,
            self.level,
            self.middle,
            None if lower is None else self.at[lower],
            None if upper is None else self.at[upper],
            alpha,
            ClusterSums(
                totals.n,
                totals.below_sum,
                totals.below_sum_sq,
                totals.size_sum,
                totals.size_sum_sq,
                totals.below_size_sum,
            ),
        )


def _wanted(count: int, level: float, ranks: QuantileRanks) -> list[int]:
    """The quantile's own rank first."""
    return [max(math.ceil(level * count), 1), *(each for each in (ranks.lower, ranks.upper) if each is not None)]
