"""The tables of exports: versions of definitions and runs, the log of committed batches, the keys sent.

ClickHouse has no compare-and-set, but an insert token is accepted once: the token of a write names the version it
makes, and whoever then reads another `write_id` than its own was second.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from analytics.warehouse.client import Columns, Row, Warehouse
from analytics.warehouse.errors import WarehouseUnavailable
from analytics.warehouse.placement import stored
from analytics.warehouse.sql import query

_RUNS_MAX = 100_000
_NUMBER_MAX = 2**63


@dataclass(frozen=True, slots=True)
class StoredExport:
    """One version of an export's definition.

    `document` is JSON without credentials; `sealed_credentials` is encrypted with the key `key_id`."""

    organization_id: str
    export_id: str
    version: int
    document: str
    key_id: str = ""
    sealed_credentials: str = ""


@dataclass(frozen=True, slots=True)
class StoredRun:
    """Version `version` of run `number` of an export; `document` is JSON."""

    organization_id: str
    export_id: str
    number: int
    version: int
    document: str


@dataclass(frozen=True, slots=True)
class StoredBatch:
    """Batch `number` (1, 2, 3, …) of a dataset in a generation; `write_id` marks its keys among those sent."""

    organization_id: str
    export_id: str
    generation: int
    dataset: str
    number: int
    run: int
    rows: int
    document: str
    write_id: str


class ExportStore:
    """Every call raises WarehouseError. The `put_…` answer whether this writer was the first with that version."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    async def exports(self, organizations: Collection[str]) -> list[StoredExport]:
        """The latest version of each export of these organizations."""
        rows = await self._warehouse.rows(query("exports_of"), {"organizations": sorted(organizations)})
        return [_export(row) for row in rows]

    async def all_exports(self) -> list[StoredExport]:
        """The latest version of each export of every organization; for the worker."""
        return [_export(row) for row in await self._warehouse.rows(query("exports_all"), {})]

    async def put_export(self, export: StoredExport) -> bool:
        columns: Columns = {
            "organization_id": ("String", [export.organization_id]),
            "export_id": ("String", [export.export_id]),
            "version": ("UInt64", [export.version]),
            "document": ("String", [export.document]),
            "key_id": ("String", [export.key_id]),
            "sealed_credentials": ("String", [export.sealed_credentials]),
        }
        write_id = await self._write("exports", columns, f"{export.export_id}:{export.version}")
        rows = await self._warehouse.rows(query("exports_of"), {"organizations": [export.organization_id]})
        return any(row["export_id"] == export.export_id and row["write_id"] == write_id for row in rows)

    async def last_runs(self) -> dict[str, StoredRun]:
        """The last run of each export, by export id."""
        rows = await self._warehouse.rows(query("export_last_runs"), {})
        return {row["export_id"]: _run(row) for row in rows}

    async def runs(
        self, organization_id: str, export_id: str, limit: int = _RUNS_MAX, before: int = _NUMBER_MAX
    ) -> list[StoredRun]:
        """An export's runs with a number below `before`, the newest first."""
        asked = {"organization": organization_id, "export": export_id, "before": before, "limit": limit}
        return [_run(row) for row in await self._warehouse.rows(query("export_runs"), asked)]

    async def put_run(self, run: StoredRun) -> bool:
        columns: Columns = {
            "organization_id": ("String", [run.organization_id]),
            "export_id": ("String", [run.export_id]),
            "number": ("UInt64", [run.number]),
            "version": ("UInt64", [run.version]),
            "document": ("String", [run.document]),
        }
        write_id = await self._write("export_runs", columns, f"{run.export_id}:{run.number}:{run.version}")
        asked = {"organization": run.organization_id, "export": run.export_id, "before": run.number + 1, "limit": 1}
        rows = await self._warehouse.rows(query("export_runs"), asked)
        return bool(rows) and str(rows[0]["write_id"]) == write_id

    async def last_batch(
        self, organization_id: str, export_id: str, generation: int, dataset: str, number: int = _NUMBER_MAX
    ) -> StoredBatch | None:
        """The last committed batch of a dataset, at most `number`."""
        asked = {
            "organization": organization_id,
            "export": export_id,
            "generation": generation,
            "dataset": dataset,
            "number": number,
        }
        rows = await self._warehouse.rows(query("export_last_batch"), asked)
        return _batch(rows[0]) if rows else None

    async def batches(self, organization_id: str, export_id: str, generation: int) -> list[StoredBatch]:
        """Every committed batch of a generation, in order."""
        asked = {"organization": organization_id, "export": export_id, "generation": generation}
        return [_batch(row) for row in await self._warehouse.rows(query("export_batches"), asked)]

    async def put_batch(self, batch: StoredBatch, event_keys: Sequence[bytes]) -> bool:
        """Commits a batch: first the keys of its events under its `write_id`, which count from the commit on."""
        batch_name = f"{batch.export_id}:{batch.generation}:{batch.dataset}:{batch.number}"
        if event_keys:
            many = len(event_keys)
            keys: Columns = {
                "organization_id": ("String", [batch.organization_id] * many),
                "export_id": ("String", [batch.export_id] * many),
                "generation": ("UInt64", [batch.generation] * many),
                "dataset": ("String", [batch.dataset] * many),
                "event_key": ("FixedString(16)", event_keys),
                "write_id": ("String", [batch.write_id] * many),
            }
            await self._warehouse.insert("exported_events", keys, token=f"{batch_name}:{batch.write_id}")
        columns: Columns = {
            "organization_id": ("String", [batch.organization_id]),
            "export_id": ("String", [batch.export_id]),
            "generation": ("UInt64", [batch.generation]),
            "dataset": ("String", [batch.dataset]),
            "number": ("UInt64", [batch.number]),
            "run": ("UInt64", [batch.run]),
            "rows": ("UInt64", [batch.rows]),
            "document": ("String", [batch.document]),
        }
        await self._write("export_batches", columns, batch_name, batch.write_id)
        found = await self.last_batch(
            batch.organization_id, batch.export_id, batch.generation, batch.dataset, batch.number
        )
        if found is None or found.number != batch.number:
            raise WarehouseUnavailable("a batch was committed and can't be read yet")
        return found.write_id == batch.write_id

    async def counts(self, organization_id: str, export_id: str, runs: Collection[int]) -> dict[int, dict[str, int]]:
        """Committed rows per run and dataset."""
        asked = {"organization": organization_id, "export": export_id, "runs": sorted(runs)}
        counted: dict[int, dict[str, int]] = {run: {} for run in runs}
        for row in await self._warehouse.rows(query("export_counts"), asked):
            counted[row["run"]][row["dataset"]] = row["sent"]
        return counted

    async def forget_keys(self, organization_id: str, export_id: str, keep_generation: int) -> None:
        """Drops the sent keys of every other generation; 0 keeps none."""
        table = stored("exported_events", self._warehouse.settings)
        sql = (
            f"DELETE FROM {table} WHERE organization_id = {{organization:String}}"  # noqa: S608
            " AND export_id = {export:String} AND generation != {generation:UInt64}"
        )
        asked = {"organization": organization_id, "export": export_id, "generation": keep_generation}
        await self._warehouse.command(sql, asked)

    async def _write(self, table: str, columns: Columns, token: str, write_id: str = "") -> str:
        write_id = write_id or str(uuid.uuid4())
        await self._warehouse.insert(table, {**columns, "write_id": ("String", [write_id])}, token=token)
        return write_id


def _export(row: Row) -> StoredExport:
    return StoredExport(**{name: row[name] for name in StoredExport.__dataclass_fields__})


def _run(row: Row) -> StoredRun:
    return StoredRun(**{name: row[name] for name in StoredRun.__dataclass_fields__})


def _batch(row: Row) -> StoredBatch:
    return StoredBatch(**{name: row[name] for name in StoredBatch.__dataclass_fields__})
