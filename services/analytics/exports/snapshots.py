"""Flags, experiments and results of one environment as rows, as they are now."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import msgspec
import pyarrow as pa

from analytics.catalog.catalog import Catalog
from analytics.catalog.entries import Environment, Experiment
from analytics.exports.datasets import EXPERIMENTS, FLAGS, Dataset
from analytics.exports.tables import result_rows
from analytics.results.analysis import Analyst, Moment
from analytics.results.documents import analysis_document
from analytics.warehouse.client import Warehouse
from analytics.warehouse.experiments import ExperimentReader

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`digest` is the same for the same rows, whenever they were taken."""

    rows: pa.Table
    digest: str


class Snapshots:
    """Reads the catalog and the results."""

    def __init__(self, catalog: Catalog, warehouse: Warehouse) -> None:
        self._catalog = catalog
        self._warehouse = warehouse

    async def take(self, dataset: Dataset, environment: Environment, now: int) -> Snapshot:
        """`now` in epoch milliseconds becomes `snapshot_at`. Raises WarehouseError (results only)."""
        if dataset is FLAGS:
            rows = self._flags(environment)
        elif dataset is EXPERIMENTS:
            rows = [_experiment(each) for each in self._experiments(environment)]
        else:
            rows = [
                row for each in self._experiments(environment) for row in await self._results(each, environment, now)
            ]
        return snapshot_of(dataset, rows, environment, now)

    def _flags(self, environment: Environment) -> list[Values]:
        definitions = self._catalog.entries(environment.id).definitions
        return [
            {
                "flag": each.key,
                "type": each.type,
                "enabled": each.enabled,
                "archived": each.archived,
                "client_visible": each.client_visible,
                "variations": _json({key: msgspec.Raw(value.encode()) for key, value in each.variations.items()}),
                "off_variation": each.off_variation,
                "default_serve": _json({key: weight / 100 for key, weight in each.shares.items()}),
                "rules": each.rules,
                "targets": each.targets,
                "prerequisites": each.prerequisites,
            }
            for _, each in sorted(definitions.items())
        ]

    def _experiments(self, environment: Environment) -> list[Experiment]:
        return [each for _, each in sorted(self._catalog.entries(environment.id).experiments.items())]

    async def _results(self, experiment: Experiment, environment: Environment, now: int) -> list[Values]:
        if experiment.start_at is None:
            return []
        analyst = Analyst(ExperimentReader(self._warehouse), self._catalog)
        document = analysis_document(await analyst.analyse(experiment, environment, Moment(now)))
        ratio = document["sample_ratio"] or {}
        shared = {
            "experiment_id": experiment.id,
            "engine_version": document["engine_version"],
            "sample_ratio_p_value": ratio.get("p_value"),
        }
        rows = result_rows(document)
        return [{name: value for name, value in row.items() if name != "computed_at"} | shared for row in rows]


def snapshot_of(dataset: Dataset, rows: list[Values], environment: Environment, now: int) -> Snapshot:
    """Adds where the rows belong and when they were taken."""
    digest = sha256(msgspec.json.encode(rows, order="deterministic")).hexdigest()
    shared = {
        "organization_id": environment.organization_id,
        "project_id": environment.project_id,
        "project": environment.project_key,
        "environment_id": environment.id,
        "environment": environment.key,
        "snapshot_at": now,
    }
    return Snapshot(pa.Table.from_pylist([row | shared for row in rows], schema=dataset.schema), digest)


def _experiment(experiment: Experiment) -> Values:
    return {
        "experiment_id": experiment.id,
        "experiment": experiment.key,
        "name": experiment.name,
        "flag": experiment.flag,
        "mode": "assigns" if experiment.assigns else "observes",
        "status": experiment.status,
        "start_at": experiment.start_at,
        "stop_at": experiment.stop_at,
        "control": experiment.control,
        "shares": _json({key: weight / 100 for key, weight in experiment.shares.items()}),
        "metrics": _json([{"metric": each.metric, "role": each.role} for each in experiment.metrics]),
        "analysis_mode": experiment.plan.mode,
        "alpha": experiment.plan.alpha,
        "planned_units": experiment.plan.planned_units or None,
    }


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
