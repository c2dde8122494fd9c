"""Results without a store: units in arrays answer an analysis' questions, so that the API's own path can be simulated.

`SimulatedReader` stands where `ExperimentReader` stands, `KeptReadings` where the snapshots' table is. What is received
is received when it happens; nothing after `now` is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, cast

import numpy as np
from analytics.catalog.catalog import Catalog
from analytics.catalog.entries import Environment, Experiment, Metric
from analytics.results.analysis import Analysis, AnalysisTime, Analyst
from analytics.results.segments import SegmentAnalyst, SegmentedAnalysis
from analytics.warehouse.aggregates import (
    NO_CAPS,
    Caps,
    CovariateMoments,
    ExposureHealth,
    Group,
    Moments,
    Percentiles,
    UnitCounts,
)
from analytics.warehouse.experiments import ExperimentReader
from analytics.warehouse.result_snapshots import Cause, ResultSnapshotEntry, ResultSnapshotKey
from analytics.warehouse.scopes import BY_DAY, ExposureScope, MetricWindow
from messages.aggregations import Absence
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Moments64 = NDArray[np.int64]
Places = NDArray[np.int64]
DAY = 86_400_000
ENVIRONMENT = Environment("env-1", "production", "project-1", "shop", "org-1", "salt", False)


@dataclass(frozen=True, slots=True)
class SimulatedEvents:
    """One number per unit of one event: NaN for a unit without it; `at` (epoch milliseconds) when it happens. `before`:
    the same from before the exposure, for CUPED; NaN without history."""

    values: Numbers
    at: Moments64
    before: Numbers | None = None


@dataclass(frozen=True, slots=True)
class SimulatedUnits:
    """Units in the order of their exposure: when (epoch milliseconds), the index of their variation, their events by
    name, and their attributes as canonical JSON."""

    exposed_at: Moments64
    variation: NDArray[np.int64]
    events: Mapping[str, SimulatedEvents]
    attributes: Mapping[str, NDArray[np.str_]] = field(default_factory=dict)


class SimulatedReader:
    """The questions of an analysis, answered from the units that were exposed until `now`."""

    def __init__(self, units: SimulatedUnits, now: int = 0) -> None:
        self.now = now
        self.queries: list[Any] = []
        self._units = units
        self._variations = {int(each): np.flatnonzero(units.variation == each) for each in np.unique(units.variation)}
        self._days = (units.exposed_at // DAY).astype(np.int64)
        self._first_day = int(self._days[0]) if len(self._days) else 0

    def expect(self, _: ExposureScope, __: Iterable[MetricWindow], *, covariates: bool = False) -> None:
        """Arrays need no reading."""

    def forget(self, _: ExposureScope) -> None:
        """Nothing is kept."""

    def brought_forward_at(self, _: ExposureScope) -> int | None:
        return None

    async def unit_counts_now(self, scope: ExposureScope) -> UnitCounts:
        return await self.unit_counts(scope)

    async def unit_counts(self, scope: ExposureScope) -> UnitCounts:
        self.queries.append("unit_counts")
        first, after = self._chosen(scope)
        groups = {group: len(members) for group, members in self._groups(scope)}
        days: dict[str, dict[str, int]] = {}
        for number, name in enumerate(scope.variations):
            members = self._members(number, first, after)
            counts = np.bincount(self._days[members] - self._first_day)
            for day in np.flatnonzero(counts).tolist():
                days.setdefault(_day(self._first_day + day), {})[name] = int(counts[day])
        last = int(self._units.exposed_at[after - 1]) if after > first else 0
        return UnitCounts({group: count for group, count in groups.items() if count}, days, 0, last)

    async def health(self, scope: ExposureScope) -> ExposureHealth:
        first, after = self._chosen(scope)
        last = int(self._units.exposed_at[after - 1]) if after > first else 0
        return ExposureHealth(after - first, 0, 0, last, last, {})

    async def reached(self, scope: ExposureScope, thresholds: Sequence[int]) -> dict[int, int]:
        first, after = self._chosen(scope)
        times = self._units.exposed_at[first:after]
        return {each: int(times[each - 1]) for each in thresholds if 0 < each <= len(times)}

    async def moments(self, scope: ExposureScope, window: MetricWindow, caps: Caps = NO_CAPS) -> dict[Group, Moments]:
        found = {}
        for group, members in self._groups(scope):
            values = self._values(scope, window, members)
            mine = values[~np.isnan(values)]
            if len(mine):
                capped = _cut(mine, caps)
                mean = float(capped.mean())
                moved = int((capped != mine).sum())
                found[group] = Moments(len(mine), mean, float(((capped - mean) ** 2).sum()), moved)
        return found

    async def covariate_moments(
        self, scope: ExposureScope, window: MetricWindow, caps: Caps = NO_CAPS
    ) -> dict[Group, CovariateMoments]:
        before = self._events(window).before
        zero = window.aggregation.absence is Absence.ZERO
        found = {}
        for group, members in self._groups(scope):
            values = self._values(scope, window, members)
            prior = np.full(len(values), np.nan) if before is None else before[members]
            mine = ~np.isnan(values) | (zero & ~np.isnan(prior))
            if not mine.any():
                continue
            y = _cut(np.nan_to_num(values[mine]), caps)
            x = _cut(np.nan_to_num(prior[mine]), caps)
            history = ~np.isnan(prior[mine])
            found[group] = CovariateMoments(
                len(y),
                float(y.mean()),
                float(x.mean()),
                float(((y - y.mean()) ** 2).sum()),
                float(((x - x.mean()) ** 2).sum()),
                float(((x - x.mean()) * (y - y.mean())).sum()),
                int(history.sum()),
                float(y[history].sum()),
            )
        return found

    async def pooled_caps(self, scope: ExposureScope, window: MetricWindow, zeros: int, at: Percentiles) -> Caps | None:
        values = self._values(scope, window, np.arange(*self._chosen(scope)))
        pooled = np.concatenate([values[~np.isnan(values)], np.zeros(max(zeros, 0))])
        pooled = pooled[pooled != 0.0] if at.nonzero else pooled
        if not len(pooled):
            return None
        floor, cap = np.quantile(pooled, (at.lower, at.upper), method="inverted_cdf")
        return Caps(float(floor) if at.lower else NO_CAPS.floor, float(cap), at.nonzero)

    def _events(self, window: MetricWindow) -> SimulatedEvents:
        return self._units.events[window.event]

    def _values(self, scope: ExposureScope, window: MetricWindow, members: Places) -> Numbers:
        """A unit's number by the aggregation, NaN where there is none yet."""
        events = self._events(window)
        at = events.at[members]
        happened = (at <= self._moment(scope)) & (at < scope.stop)
        if window.end:
            happened &= at < self._units.exposed_at[members] + window.end * 1000
        values = np.where(happened, events.values[members], np.nan)
        counted = window.aggregation.binary or window.aggregation.name == "count"
        return np.where(np.isnan(values), np.nan, 1.0) if counted else values

    def _moment(self, scope: ExposureScope) -> int:
        return min(self.now, scope.as_of)

    def _chosen(self, scope: ExposureScope) -> tuple[int, int]:
        """The places of the first unit that is chosen, and of the first after them."""
        exposed = self._units.exposed_at
        first = int(exposed.searchsorted(scope.start))
        after = min(exposed.searchsorted(self._moment(scope), "right"), exposed.searchsorted(scope.stop))
        return first, max(first, int(after))

    def _members(self, variation: int, first: int, after: int) -> Places:
        places = self._variations[variation] if variation in self._variations else np.empty(0, np.int64)
        return places[places.searchsorted(first) : places.searchsorted(after)]

    def _groups(self, scope: ExposureScope) -> list[tuple[Group, Places]]:
        """The places of the units of each segment and variation."""
        first, after = self._chosen(scope)
        arms = {name: self._members(number, first, after) for number, name in enumerate(scope.variations)}
        if not scope.segment:
            return [(("", name), members) for name, members in arms.items()]
        if scope.segment == BY_DAY:
            segment_of = np.array([_day(int(each)) for each in self._days])
        else:
            segment_of = self._units.attributes.get(scope.segment, np.full(len(self._days), ""))
        return [
            ((str(segment), name), members[segment_of[members] == segment])
            for segment in np.unique(segment_of[first:after])
            for name, members in arms.items()
        ]


class KeptReadings:
    """Looks and readings, kept while the simulation runs."""

    def __init__(self) -> None:
        self._kept: list[tuple[str, Cause, int, bytes]] = []

    async def write(self, key: ResultSnapshotKey, entry: ResultSnapshotEntry, document: bytes) -> None:
        self._kept.append((key.experiment_id, entry.cause, entry.taken_at, document))

    async def documents(self, key: ResultSnapshotKey, cause: Cause, until: int, limit: int) -> list[bytes]:
        of = (key.experiment_id, cause)
        return [document for *kept, at, document in self._kept if tuple(kept) == of and at <= until][-limit:]


class SimulatedExperiment:
    """An experiment that is read again and again, as people and the worker read it through the API."""

    def __init__(self, experiment: Experiment, metrics: Sequence[Metric], units: SimulatedUnits) -> None:
        self._experiment = experiment
        self._reader = SimulatedReader(units)
        catalog = Catalog()
        entries = catalog.entries(experiment.environment_id)
        entries.environment = ENVIRONMENT
        entries.experiments[experiment.key] = experiment
        entries.metrics.update({each.key: each for each in metrics})
        catalog.ready = True
        self._analyst = Analyst(cast("ExperimentReader", self._reader), catalog, KeptReadings())

    async def read_segments(self, at: int, by: str) -> SegmentedAnalysis:
        """The results of each segment at a moment."""
        self._reader.now = at
        segments = SegmentAnalyst(cast("ExperimentReader", self._reader), self._analyst)
        return await segments.by_segment(self._experiment, ENVIRONMENT, AnalysisTime(at), by)

    async def read(self, at: int) -> Analysis:
        """The results at a moment (epoch milliseconds); moments don't go back."""
        self._reader.now = at
        self._reader.queries.clear()
        return await self._analyst.analyse(self._experiment, ENVIRONMENT, AnalysisTime(at))


def _cut(values: Numbers, caps: Caps) -> Numbers:
    cut = np.clip(values, caps.floor, caps.cap)
    return np.where(values == 0.0, values, cut) if caps.spare_zeros else cut


@lru_cache(maxsize=4096)
def _day(number: int) -> str:
    return datetime.fromtimestamp(number * DAY / 1000, UTC).date().isoformat()
