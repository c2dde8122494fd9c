"""Reads an export to a folder back, by its manifest, and what ClickHouse holds, to compare them."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
from analytics.exports.datasets import DATASETS
from analytics.warehouse.client import Warehouse

KEYS = {"exposures": ("flag", "user_key", "event_id"), "metric_events": ("metric", "user_key", "event_id")}


def exported_folder(root: Path) -> Path:
    return root / "org-1" / "nightly"


def manifest(root: Path) -> dict[str, Any]:
    return msgspec.json.decode((exported_folder(root) / "_manifest.json").read_bytes(), type=dict[str, Any])


def exported(root: Path, dataset: str) -> list[dict[str, Any]]:
    """The rows of all files that the manifest lists, in the order of the dataset's key."""
    files = [exported_folder(root) / each["path"] for each in manifest(root)["datasets"][dataset]["files"]]
    tables = [pq.read_table(file) for file in files]
    assert all(table.schema.equals(DATASETS[dataset].schema) for table in tables)
    rows = pa.concat_tables(tables).to_pylist() if tables else []
    return sorted(rows, key=lambda row: [str(row[name]) for name in DATASETS[dataset].key])


def files_there(root: Path) -> set[str]:
    return {
        each.relative_to(exported_folder(root)).as_posix()
        for each in exported_folder(root).rglob("*")
        if each.is_file()
    }


def files_listed(root: Path) -> set[str]:
    listed = manifest(root)["datasets"].values()
    return {file["path"] for dataset in listed for file in dataset["files"]} | {"_manifest.json"}


async def stored(warehouse: Warehouse, dataset: str) -> list[dict[str, Any]]:
    """What ClickHouse holds, each event once, as the export should show it."""
    table = {"exposures": "events_exposure", "metric_events": "events_metric"}[dataset]
    names = DATASETS[dataset].schema.names
    rows = await warehouse.rows(
        f"SELECT * FROM {table} WHERE environment_id = 'env-1' ORDER BY received_at"
        f" LIMIT 1 BY {', '.join(KEYS[dataset])}",
        {},
    )
    for row in rows:
        for name in {"experiment", "experiments", "unit_key"} & row.keys():
            row[name] = row[name] or None
        for name in ("occurred_at", "received_at"):
            row[name] = row[name].replace(tzinfo=UTC)
    chosen = [{name: row[name] for name in names} for row in rows]
    return sorted(chosen, key=lambda row: [str(row[name]) for name in DATASETS[dataset].key])
