"""Takes snapshots of results: on demand, and of every running experiment by a worker."""

from __future__ import annotations

from uuid import uuid4

import msgspec
from service_kit.clock import Clock
from service_kit.logs import get_logger
from stats import ENGINE_VERSION

from analytics.catalog.catalog import Catalog
from analytics.catalog.entries import Environment, Experiment
from analytics.results.analysis import AnalysisTime, Analyst
from analytics.results.documents import result_document
from analytics.warehouse.client import Warehouse
from analytics.warehouse.errors import WarehouseError, WarehouseUnavailable
from analytics.warehouse.experiments import ExperimentReader
from analytics.warehouse.result_snapshots import ResultSnapshotEntry, ResultSnapshotKey, ResultSnapshotStore

_log = get_logger("snapshots")


class ResultSnapshots:
    """The keeper of results as they were shown. `catalog` must be ready."""

    def __init__(self, warehouse: Warehouse, catalog: Catalog, clock: Clock) -> None:
        self._warehouse = warehouse
        self._catalog = catalog
        self._clock = clock
        self._store = ResultSnapshotStore(warehouse)

    async def take(self, experiment: Experiment, environment: Environment) -> ResultSnapshotEntry:
        """Analyses and stores now, on demand. Raises WarehouseError."""
        entry = ResultSnapshotEntry(uuid4().hex, self._clock.now(), "on_demand", ENGINE_VERSION)
        await self._write(experiment, environment, entry)
        return entry

    async def take_due(self, every_seconds: int) -> int:
        """One snapshot of each running experiment per interval, whoever asks first; returns how many were taken.

        Its id and time are those of the interval, so two workers at once make the same snapshot.
        """
        slot = self._clock.now() // (every_seconds * 1000)
        taken = 0
        for experiment in self._catalog.running():
            environment = self._catalog.environment_by_id(experiment.environment_id)
            entry = ResultSnapshotEntry(
                f"scheduled-{every_seconds}-{slot}", slot * every_seconds * 1000, "scheduled", ENGINE_VERSION
            )
            if await self._store.document(environment.organization_id, experiment.id, entry.id) is None:
                taken += await self._written(experiment, environment, entry)
        return taken

    async def _written(self, experiment: Experiment, environment: Environment, entry: ResultSnapshotEntry) -> bool:
        """An experiment that can't be analysed costs no other one its snapshot. Raises WarehouseUnavailable."""
        try:
            await self._write(experiment, environment, entry)
        except WarehouseUnavailable:
            raise
        except Exception as error:
            _log.error("no snapshot of an experiment", experiment=experiment.id, exc_info=error)
            return False
        return True

    async def look(self, every_seconds: int) -> None:
        """Takes what is due, as soon as there is something to take it from."""
        if self._catalog.ready and self._warehouse.migrated:
            try:
                taken = await self.take_due(every_seconds)
                if taken:
                    _log.info("snapshots taken", count=taken)
            except WarehouseError as error:
                _log.warning("snapshots wait for ClickHouse", error=str(error))

    async def _write(self, experiment: Experiment, environment: Environment, entry: ResultSnapshotEntry) -> None:
        analyst = Analyst(ExperimentReader(self._warehouse), self._catalog)
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
