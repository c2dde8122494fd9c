"""Takes snapshots of results: on demand, and of every running experiment by a worker."""

from __future__ import annotations

from uuid import uuid4

import msgspec
from prometheus_client import CollectorRegistry, Counter
from service_kit.clock import Clock
from service_kit.logs import get_logger
from stats import ENGINE_VERSION

from analytics.catalog.catalog import Catalog
from analytics.catalog.entries import Environment, Experiment
from analytics.results.analysis import AnalysisTime, Analyst
from analytics.results.documents import result_document
from analytics.warehouse.client import Warehouse
from analytics.warehouse.errors import WarehouseError
from analytics.warehouse.experiments import ExperimentReader
from analytics.warehouse.result_snapshots import ResultSnapshotEntry, ResultSnapshotKey, ResultSnapshotStore
from analytics.warehouse.sheets import Sheets

_log = get_logger("snapshots")


class SnapshotTelemetry:
    """What the worker counts."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.failures = Counter(
            "verdict_result_snapshot_failures_total",
            "Scheduled snapshots of an experiment that could not be taken; each is tried again at the next look",
            registry=registry,
        )


class ResultSnapshots:
    """The keeper of results as they were shown. `catalog` must be ready; `telemetry` is for scheduled ones."""

    def __init__(
        self, warehouse: Warehouse, catalog: Catalog, clock: Clock, telemetry: SnapshotTelemetry | None = None
    ) -> None:
        self._warehouse = warehouse
        self._catalog = catalog
        self._clock = clock
        self._telemetry = telemetry
        self._store = ResultSnapshotStore(warehouse)

    async def take(self, experiment: Experiment, environment: Environment) -> ResultSnapshotEntry:
        """Analyses and stores now, on demand. Raises WarehouseError."""
        entry = ResultSnapshotEntry(uuid4().hex, self._clock.now(), "on_demand", ENGINE_VERSION)
        await self._write(experiment, environment, entry)
        return entry

    async def take_due(self, every_seconds: int) -> int:
        """One snapshot of each running experiment per interval, whoever asks first; returns how many were taken.

        Its id and time are those of the interval, so two workers at once make the same snapshot. An experiment that
        fails is told, and the others are taken.
        """
        slot = self._clock.now() // (every_seconds * 1000)
        taken = 0
        for experiment in self._catalog.running():
            entry = ResultSnapshotEntry(
                f"scheduled-{every_seconds}-{slot}", slot * every_seconds * 1000, "scheduled", ENGINE_VERSION
            )
            try:
                taken += await self._take_once(experiment, entry)
            except WarehouseError as error:
                self._count_failure()
                _log.warning("a snapshot waits for ClickHouse", experiment=experiment.id, error=str(error))
            except Exception as error:
                self._count_failure()
                _log.error("no snapshot of an experiment", experiment=experiment.id, exc_info=error)
        return taken

    def _count_failure(self) -> None:
        if self._telemetry is not None:
            self._telemetry.failures.inc()

    async def _take_once(self, experiment: Experiment, entry: ResultSnapshotEntry) -> bool:
        environment = self._catalog.environment_by_id(experiment.environment_id)
        if await self._store.document(environment.organization_id, experiment.id, entry.id) is not None:
            return False
        await self._write(experiment, environment, entry)
        return True

    async def look(self, every_seconds: int) -> None:
        """Takes what is due, as soon as there is something to take it from."""
        if self._catalog.ready and self._warehouse.migrated and self._warehouse.refusal is None:
            taken = await self.take_due(every_seconds)
            if taken:
                _log.info("snapshots taken", count=taken)

    async def _write(self, experiment: Experiment, environment: Environment, entry: ResultSnapshotEntry) -> None:
        reader = ExperimentReader(self._warehouse, sheets=Sheets(self._warehouse))
        analyst = Analyst(reader, self._catalog, self._store)
        analysis = await analyst.analyse(experiment, environment, AnalysisTime(self._clock.now()))
        key = ResultSnapshotKey(
            environment.organization_id,
            environment.project_id,
            environment.id,
            experiment.id,
            experiment.key,
            entry.id,
        )
        await self._store.write(key, entry, msgspec.json.encode(result_document(analysis)))
