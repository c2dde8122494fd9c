"""Results as they were shown at a moment, in the table `experiments_snapshot`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, Protocol

from analytics.warehouse.client import Warehouse
from analytics.warehouse.sql import query

Cause = Literal["scheduled", "on_demand", "look", "reading"]
"""`scheduled`, `on_demand`: an answer as it was shown. `look`: what an official look counted. `reading`: what
readings have shown for good. Only answers are listed as snapshots."""


@dataclass(frozen=True, slots=True)
class ResultSnapshotKey:
    """What a snapshot is of. `id` is unique in its experiment; one that is stored again is the same snapshot."""

    organization_id: str
    project_id: str
    environment_id: str
    experiment_id: str
    experiment_key: str
    id: str


@dataclass(frozen=True, slots=True)
class ResultSnapshotEntry:
    """A snapshot without its result. `taken_at` in epoch milliseconds."""

    id: str
    taken_at: int
    cause: Cause
    engine_version: str


class ReadingRecords(Protocol):
    """Where readings are kept, so that later ones know of them."""

    async def write(self, key: ResultSnapshotKey, entry: ResultSnapshotEntry, document: bytes) -> None: ...

    async def documents(self, key: ResultSnapshotKey, cause: Cause, until: int, limit: int) -> list[bytes]: ...


class ResultSnapshotStore:
    """Reads and writes snapshots of results."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    async def write(self, key: ResultSnapshotKey, entry: ResultSnapshotEntry, document: bytes) -> None:
        """Returns when it is stored. Raises WarehouseError."""
        text = {
            "organization_id": key.organization_id,
            "project_id": key.project_id,
            "environment_id": key.environment_id,
            "experiment_id": key.experiment_id,
            "experiment_key": key.experiment_key,
            "snapshot_id": key.id,
            "cause": entry.cause,
            "engine_version": entry.engine_version,
            "document": document.decode(),
        }
        columns = {name: ("String", [value]) for name, value in text.items()}
        moment = ("DateTime64(3, 'UTC')", [entry.taken_at])
        await self._warehouse.insert("experiments_snapshot", {**columns, "taken_at": moment})

    async def entries(self, organization_id: str, experiment_id: str, limit: int) -> list[ResultSnapshotEntry]:
        """Newest first."""
        asked = {"organization": organization_id, "experiment_id": experiment_id, "limit": limit}
        rows = await self._warehouse.rows(query("snapshots"), asked)
        return [
            ResultSnapshotEntry(row["snapshot_id"], _millis(row["taken_at"]), row["cause"], row["engine_version"])
            for row in rows
        ]

    async def document(self, organization_id: str, experiment_id: str, snapshot_id: str) -> bytes | None:
        """The JSON as it was stored, None if there is no such snapshot."""
        asked = {"organization": organization_id, "experiment_id": experiment_id, "snapshot_id": snapshot_id}
        rows = await self._warehouse.rows(query("snapshot"), asked)
        return rows[0]["document"].encode() if rows else None

    async def documents(self, key: ResultSnapshotKey, cause: Cause, until: int, limit: int) -> list[bytes]:
        """The latest of one cause, taken at `until` at the latest, oldest first; of the key its id doesn't matter."""
        asked = {
            "organization": key.organization_id,
            "experiment_id": key.experiment_id,
            "cause": cause,
            "until": until,
            "limit": limit,
        }
        return [row["document"].encode() for row in await self._warehouse.rows(query("snapshot_documents"), asked)]


def _millis(value: datetime) -> int:
    return round((value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp() * 1000)
