"""Flags, experiments and results of one environment as rows, as they are now."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from hashlib import sha256

import msgspec
import pyarrow as pa

from analytics.catalog.catalog import Catalog
from analytics.catalog.entries import Environment, Experiment
from analytics.exports.datasets import EXPERIMENTS, FLAGS, Dataset
from analytics.exports.rows import experiment_row, flag_row, origin
from analytics.results.analysis import AnalysisTime, Analyst
from analytics.results.documents import RESULT_DATASET, result_document
from analytics.tables.columns import Line
from analytics.warehouse.client import Warehouse
from analytics.warehouse.experiments import ExperimentReader
from analytics.warehouse.result_snapshots import ResultSnapshotStore
from analytics.warehouse.sheets import Sheets


@dataclass(frozen=True, slots=True)
class State:
    """All rows of one dataset, as they are now. `digest` is the same for the same rows, whenever they were taken."""

    rows: pa.Table
    digest: str


class StateReader:
    """Reads the catalog and the results."""

    def __init__(self, catalog: Catalog, warehouse: Warehouse) -> None:
        self._catalog = catalog
        self._warehouse = warehouse

    async def read(self, dataset: Dataset, environment: Environment, now: int) -> State:
        """`now` in epoch milliseconds becomes `snapshot_at`. Raises WarehouseError (results only)."""
        if dataset is FLAGS:
            flags = self._catalog.entries(environment.id).flags
            rows = [asdict(flag_row(each)) for _, each in sorted(flags.items())]
        elif dataset is EXPERIMENTS:
            rows = [asdict(experiment_row(each)) for each in self._experiments(environment)]
        else:
            rows = [
                row for each in self._experiments(environment) for row in await self._results(each, environment, now)
            ]
        return state_of(dataset, rows, environment, now)

    def _experiments(self, environment: Environment) -> list[Experiment]:
        return [each for _, each in sorted(self._catalog.entries(environment.id).experiments.items())]

    async def _results(self, experiment: Experiment, environment: Environment, now: int) -> list[Line]:
        if experiment.start_at is None:
            return []
        analyst = Analyst(
            ExperimentReader(self._warehouse, sheets=Sheets(self._warehouse)),
            self._catalog,
            ResultSnapshotStore(self._warehouse),
        )
        analysis = await analyst.analyse(experiment, environment, AnalysisTime(now))
        return RESULT_DATASET.lines(result_document(analysis))


def state_of(dataset: Dataset, rows: list[Line], environment: Environment, now: int) -> State:
    """Adds where the rows belong and when they were taken."""
    digest = sha256(msgspec.json.encode(rows, order="deterministic")).hexdigest()
    shared = asdict(origin(environment, now))
    return State(pa.Table.from_pylist([row | shared for row in rows], schema=dataset.schema), digest)
