"""Definitions and runs as the rest of the room sees them: decoded, versioned, first writer wins."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import msgspec

from analytics.exports.models import Export, ExportBatch, Run
from analytics.exports.seal import SealedText
from analytics.warehouse.exports import ExportStore, StoredBatch, StoredExport, StoredRun

_EXPORTS = msgspec.json.Decoder(Export)
_RUNS = msgspec.json.Decoder(Run)
_BATCHES = msgspec.json.Decoder(ExportBatch)


@dataclass(frozen=True, slots=True)
class VersionedExport:
    """An export at one version. `sealed` None: the destination needs no credentials."""

    export: Export
    version: int
    sealed: SealedText | None


@dataclass(frozen=True, slots=True)
class VersionedRun:
    """A run at one version."""

    organization_id: str
    export_id: str
    run: Run
    version: int


class ExportRepository:
    """Calls raise WarehouseError. What was written by somebody else first is not written: the answer is False."""

    def __init__(self, store: ExportStore) -> None:
        self.store = store

    async def exports(self, organizations: Collection[str] | None = None) -> list[VersionedExport]:
        """Those of the organizations (None: all there are), oldest first, without deleted ones."""
        stored = await (self.store.all_exports() if organizations is None else self.store.exports(organizations))
        found = [_export(each) for each in stored]
        return sorted((each for each in found if not each.export.deleted), key=_age)

    async def save(self, export: Export, version: int, sealed: SealedText | None) -> bool:
        stored = StoredExport(
            export.organization_id,
            export.id,
            version,
            msgspec.json.encode(export).decode(),
            sealed.key_id if sealed else "",
            sealed.text if sealed else "",
        )
        return await self.store.put_export(stored)

    async def last_runs(self) -> dict[str, VersionedRun]:
        return {key: _run(each) for key, each in (await self.store.last_runs()).items()}

    async def runs(self, export: Export, limit: int, before: int) -> list[VersionedRun]:
        return [_run(each) for each in await self.store.runs(export.organization_id, export.id, limit, before)]

    async def all_runs(self, export: Export) -> list[Run]:
        return [_run(each).run for each in await self.store.runs(export.organization_id, export.id)]

    async def save_run(self, export: Export, run: Run, version: int) -> bool:
        document = msgspec.json.encode(run).decode()
        return await self.store.put_run(StoredRun(export.organization_id, export.id, run.number, version, document))


def batch_of(stored: StoredBatch) -> ExportBatch:
    return _BATCHES.decode(stored.document)


def _export(stored: StoredExport) -> VersionedExport:
    sealed = SealedText(stored.key_id, stored.sealed_credentials) if stored.key_id else None
    return VersionedExport(_EXPORTS.decode(stored.document), stored.version, sealed)


def _run(stored: StoredRun) -> VersionedRun:
    return VersionedRun(stored.organization_id, stored.export_id, _RUNS.decode(stored.document), stored.version)


def _age(each: VersionedExport) -> tuple[int, str]:
    return each.export.created_at, each.export.id
