"""Definitions and runs as the rest of the room sees them: decoded, versioned, first writer wins."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import msgspec
from service_kit.logs import get_logger

from analytics.exports.models import Export, ExportBatch, Run
from analytics.exports.seal import SealedText
from analytics.warehouse.exports import ExportStore, StoredBatch, StoredExport, StoredRun

_log = get_logger("exports")
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
        found = [each for each in map(_export, stored) if each is not None]
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
        found = {key: _read_run(each) for key, each in (await self.store.last_runs()).items()}
        return {key: each for key, each in found.items() if each is not None}

    async def runs(self, export: Export, limit: int, before: int) -> list[VersionedRun]:
        return [_run(each) for each in await self.store.runs(export.organization_id, export.id, limit, before)]

    async def all_runs(self, export: Export) -> list[Run]:
        return [_run(each).run for each in await self.store.runs(export.organization_id, export.id)]

    async def save_run(self, export: Export, run: Run, version: int) -> bool:
        document = msgspec.json.encode(run).decode()
        return await self.store.put_run(StoredRun(export.organization_id, export.id, run.number, version, document))


def batch_of(stored: StoredBatch) -> ExportBatch:
    return _BATCHES.decode(stored.document)


def _export(stored: StoredExport) -> VersionedExport | None:
    """None for one that this version can't read: it costs no other export anything."""
    sealed = SealedText(stored.key_id, stored.sealed_credentials) if stored.key_id else None
    try:
        return VersionedExport(_EXPORTS.decode(stored.document), stored.version, sealed)
    except msgspec.MsgspecError as error:
        _log.error("an export can't be read", export=stored.export_id, error=str(error))
        return None


def _read_run(stored: StoredRun) -> VersionedRun | None:
    try:
        return _run(stored)
    except msgspec.MsgspecError as error:
        _log.error("an export's run can't be read", export=stored.export_id, number=stored.number, error=str(error))
        return None


def _run(stored: StoredRun) -> VersionedRun:
    return VersionedRun(stored.organization_id, stored.export_id, _RUNS.decode(stored.document), stored.version)


def _age(each: VersionedExport) -> tuple[int, str]:
    return each.export.created_at, each.export.id
