"""Results without a store: units in arrays answer an analysis' questions, so that the API's own path can be simulated.

`SimulatedReader` stands where `ExperimentReader` stands, `KeptReadings` where the snapshots' table is. What is received
is received when it happens; nothing after `now` is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
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

    def expect(self, _: ExposureScope, __: Iterable[MetricWindow], *, covariates: bool = False) -> None:
        """Arrays need no reading."""

    def forget(self, _: ExposureScope) -> None:
        """Nothing is kept."""

    async def unit_counts_now(self, scope: ExposureScope) -> UnitCounts:
        return await self.unit_counts(scope)

    async def unit_counts(self, scope: ExposureScope) -> UnitCounts:
        self.queries.append("unit_counts")
        chosen = self._chosen(scope)
        groups = {group: int(mask.sum()) for group, mask in self._groups(scope, chosen)}
        numbers = (self._units.exposed_at[chosen] // DAY).astype(np.int64)
        days: dict[str, dict[str, int]] = {}
        for number, name in enumerate(scope.variations):
            found, counts = np.unique(numbers[self._units.variation[chosen] == number], return_counts=True)
            for day, count in zip(found, counts, strict=True):
                days.setdefault(_day(int(day)), {})[name] = int(count)
        last = int(self._units.exposed_at[chosen][-1]) if chosen.any() else 0
        return UnitCounts({group: count for group, count in groups.items() if count}, days, 0, last)

    async def health(self, scope: ExposureScope) -> ExposureHealth:
        chosen = self._chosen(scope)
        count = int(chosen.sum())
        last = int(self._units.exposed_at[chosen][-1]) if count else 0
        return ExposureHealth(count, 0, 0, last, last, {})

    async def reached(self, scope: ExposureScope, thresholds: Sequence[int]) -> dict[int, int]:
        times = self._units.exposed_at[self._chosen(scope)]
        return {each: int(times[each - 1]) for each in thresholds if 0 < each <= len(times)}

    async def moments(self, scope: ExposureScope, window: MetricWindow, caps: Caps = NO_CAPS) -> dict[Group, Moments]:
        values = self._values(scope, window)
        known = ~np.isnan(values)
        found = {}
        for group, mask in self._groups(scope, self._chosen(scope)):
            mine = values[mask & known]
            if len(mine):
                capped = _cut(mine, caps)
                mean = float(capped.mean())
                moved = int((capped != mine).sum())
                found[group] = Moments(len(mine), mean, float(((capped - mean) ** 2).sum()), moved)
        return found

    async def covariate_moments(
        self, scope: ExposureScope, window: MetricWindow, caps: Caps = NO_CAPS
    ) -> dict[Group, CovariateMoments]:
        values, before = self._values(scope, window), self._events(window).before
        prior = np.full(len(values), np.nan) if before is None else before
        zero = window.aggregation.absence is Absence.ZERO
        found = {}
        for group, mask in self._groups(scope, self._chosen(scope)):
            mine = mask & (~np.isnan(values) | (zero & ~np.isnan(prior)))
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
        values = self._values(scope, window)[self._chosen(scope)]
        pooled = np.concatenate([values[~np.isnan(values)], np.zeros(max(zeros, 0))])
        pooled = pooled[pooled != 0.0] if at.nonzero else pooled
        if not len(pooled):
            return None
        floor, cap = np.quantile(pooled, (at.lower, at.upper), method="inverted_cdf")
        return Caps(float(floor) if at.lower else NO_CAPS.floor, float(cap), at.nonzero)

    def _events(self, window: MetricWindow) -> SimulatedEvents:
        return self._units.events[window.event]

    def _values(self, scope: ExposureScope, window: MetricWindow) -> Numbers:
        """A unit's number by the aggregation, NaN where there is none yet."""
        events = self._events(window)
        happened = (events.at <= self._moment(scope)) & (events.at < scope.stop)
        if window.end:
            happened &= events.at < self._units.exposed_at + window.end * 1000
        values = np.where(happened, events.values, np.nan)
        counted = window.aggregation.binary or window.aggregation.name == "count"
        return np.where(np.isnan(values), np.nan, 1.0) if counted else values

    def _moment(self, scope: ExposureScope) -> int:
        return min(self.now, scope.as_of)

    def _chosen(self, scope: ExposureScope) -> NDArray[np.bool_]:
        exposed = self._units.exposed_at
        return (exposed <= self._moment(scope)) & (exposed >= scope.start) & (exposed < scope.stop)

    def _groups(self, scope: ExposureScope, chosen: NDArray[np.bool_]) -> list[tuple[Group, NDArray[np.bool_]]]:
        if not scope.segment:
            segments = {"": chosen}
        elif scope.segment == BY_DAY:
            days = self._units.exposed_at // DAY
            segments = {_day(int(each)): chosen & (days == each) for each in np.unique(days[chosen])}
        else:
            named = self._units.attributes.get(scope.segment, np.full(len(chosen), ""))
            segments = {str(each): chosen & (named == each) for each in np.unique(named[chosen])}
        return [
            ((segment, name), mask & (self._units.variation == number))
            for segment, mask in segments.items()
            for number, name in enumerate(scope.variations)
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


def _day(number: int) -> str:
    return datetime.fromtimestamp(number * DAY / 1000, UTC).date().isoformat()
