"""The looks that decide: each at the moment at which a decision point was reached, whoever reads whenever.

A moment is one of receipt: what had been received by then. So a look that nobody took in time, or whose record was
lost, is computed again from its moment, and late events change none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from service_kit.logs import get_logger
from stats import ENGINE_VERSION

from analytics.catalog.entries import Environment, Experiment, Metric
from analytics.results.definitions import metric_digest, plan_digest
from analytics.results.measured_metrics import MetricsMeasurer
from analytics.results.measurements import TOO_EXPENSIVE
from analytics.results.moments import AnalysisTime
from analytics.results.recorded_looks import OfficialLook, read_looks, written_look
from analytics.results.scope import scope_of
from analytics.results.timetable import DecisionPoint, timetable
from analytics.warehouse.errors import WarehouseError
from analytics.warehouse.experiments import ExperimentReader
from analytics.warehouse.result_snapshots import ReadingRecords, ResultSnapshotEntry, ResultSnapshotKey

_log = get_logger("looks")
RECORDS_MAX = 2000


@dataclass(frozen=True, slots=True)
class Run:
    """An experiment in its environment, and the metrics that are looked at; `covariates` are those of the plan."""

    experiment: Experiment
    environment: Environment
    metrics: Sequence[Metric]
    covariates: tuple[Metric, ...] = ()

    def key(self, record: str = "") -> ResultSnapshotKey:
        """Of a record about it."""
        environment, experiment = self.environment, self.experiment
        return ResultSnapshotKey(
            environment.organization_id,
            environment.project_id,
            environment.id,
            experiment.id,
            experiment.key,
            record,
        )


class OfficialLooks:
    """Finds, measures and records looks. Without `records` each is computed from its moment."""

    def __init__(self, reader: ExperimentReader, records: ReadingRecords | None) -> None:
        self._reader = reader
        self._records = records

    async def taken(self, run: Run, units: int, time: AnalysisTime) -> list[OfficialLook]:
        """The looks until then, oldest first, when there are as many `units`. Raises WarehouseError."""
        points = timetable(run.experiment)
        if not points:
            return []
        looks = await self._recorded(run, time)
        due = [each for each in points if each.stage not in looks and each.may_be_due(units, time.shown)]
        moments = await self._reached(run, due, time) if due else {}
        for stage, reached_at in moments.items():
            looks[stage] = OfficialLook(stage, reached_at, {})
        return [await self._whole(run, looks[stage], time.now) for stage in _distinct(looks)]

    async def _recorded(self, run: Run, time: AnalysisTime) -> dict[int, OfficialLook]:
        if self._records is None:
            return {}
        documents = await self._records.documents(run.key(), "look", time.received_until, RECORDS_MAX)
        return read_looks(documents, plan_digest(run.experiment))

    async def _reached(self, run: Run, due: list[DecisionPoint], time: AnalysisTime) -> dict[int, int]:
        """The moments of the points that have been reached, by stage."""
        scope, moment = scope_of(run.experiment, run.environment, time.as_of), time.shown
        thresholds = [each.units for each in due if each.units is not None]
        reached = await self._reader.reached(scope, thresholds) if thresholds else {}
        moments: dict[int, int] = {}
        for point in due:
            of_units = reached.get(point.units) if point.units is not None else None
            of_time = point.at if point.at is not None and point.at <= moment else None
            found = [each for each in (of_units, of_time) if each is not None]
            if found:
                moments[point.stage] = min(found)
        return moments

    async def _whole(self, run: Run, look: OfficialLook, now: int) -> OfficialLook:
        """The look with every metric; what was not recorded is measured as of its moment, and recorded."""
        lacking = {metric_digest(each): each for each in run.metrics if metric_digest(each) not in look.measured}
        if look.units and not lacking:
            return look
        scope = scope_of(run.experiment, run.environment, look.reached_at)
        measuring = MetricsMeasurer(self._reader, run.experiment, look.reached_at, others=run.covariates)
        measuring.expect(scope, list(lacking.values()))
        counts = await self._reader.unit_counts(scope)
        found = dict(zip(lacking, await measuring.measure(scope, counts, list(lacking.values())), strict=True))
        units = look.units or {name: counts.units.get(("", name), 0) for name in scope.variations}
        lasting = {name: each for name, each in found.items() if each.problem != TOO_EXPENSIVE}
        await self._record(run, OfficialLook(look.stage, look.reached_at, units, lasting), now)
        return OfficialLook(look.stage, look.reached_at, units, {**found, **look.measured})

    async def _record(self, run: Run, look: OfficialLook, now: int) -> None:
        """A look that can't be recorded now can be computed again."""
        if self._records is None:
            return
        name, document = written_look(look, plan_digest(run.experiment), now)
        entry = ResultSnapshotEntry(name, look.reached_at, "look", ENGINE_VERSION)
        try:
            await self._records.write(run.key(name), entry, document)
        except WarehouseError as error:
            _log.warning("a look is not recorded", experiment=run.experiment.id, stage=look.stage, error=str(error))


def _distinct(looks: dict[int, OfficialLook]) -> list[int]:
    """The stages in their order; of several at one moment only the last, which holds the same data."""
    moments: dict[int, int] = {}
    for stage in sorted(looks):
        moments[looks[stage].reached_at] = stage
    return sorted(moments.values())
