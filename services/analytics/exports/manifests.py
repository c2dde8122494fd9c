"""The document beside exported files: which of them count, and what is in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from analytics.catalog.entries import Environment
from analytics.exports.datasets import DATASETS
from analytics.exports.models import Export, Run
from analytics.exports.repository import batch_of
from analytics.instants import rfc3339
from analytics.warehouse.exports import StoredBatch

FORMAT = 1


def manifest_of(export: Export, environment: Environment, run: Run, batches: Sequence[StoredBatch]) -> dict[str, Any]:
    """`until`: every event stored by then is in the files; the latest file of state is its last one."""
    return {
        "format": FORMAT,
        "export": export.id,
        "project": environment.project_key,
        "environment": environment.key,
        "generation": run.generation,
        "run": run.number,
        "until": rfc3339(run.until),
        "datasets": {
            name: {
                "key": list(DATASETS[name].key),
                "columns": {field.name: str(field.type) for field in DATASETS[name].schema},
                "files": [_file(each) for each in batches if each.dataset == name and batch_of(each).file],
            }
            for name in export.datasets
        },
    }


def _file(stored: StoredBatch) -> dict[str, Any]:
    batch = batch_of(stored)
    return {"path": batch.file, "rows": stored.rows, "bytes": batch.bytes, "run": stored.run}
