"""An export that the worker fails at costs no other one its run."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import msgspec
from analytics.exports.destinations.folder import FolderDestination
from analytics.exports.lease import LeaseTerms
from analytics.exports.models import Export, Run
from analytics.exports.repository import ExportRepository, VersionedExport, VersionedRun
from analytics.exports.telemetry import ExportTelemetry
from analytics.exports.worker import ExportWorker, WorkerOptions, WorkerParts
from analytics.warehouse.exports import StoredExport
from prometheus_client import CollectorRegistry
from service_kit.clock import ManualClock

from tests.analytics.exports.export_parts import NOW, export_of


class Runs:
    """A repository of three exports that are due; the second one can't be written."""

    def __init__(self, exports: list[Export]) -> None:
        self._exports = exports
        self.made: list[str] = []

    async def exports(self) -> list[VersionedExport]:
        return [VersionedExport(each, 1, None) for each in self._exports]

    async def last_runs(self) -> dict[str, VersionedRun]:
        return {}

    async def save_run(self, export: Export, _run: Run, _version: int) -> bool:
        if export.id == "bad":
            raise ValueError("a fault")
        self.made.append(export.id)
        return False


async def test_every_other_export_gets_its_run() -> None:
    exports = [hourly(each) for each in ("first", "bad", "last")]
    runs, registry = Runs(exports), CollectorRegistry()
    parts = WorkerParts(
        repository=cast("Any", runs),
        runner=cast("Any", None),
        catalog=cast("Any", None),
        sealer=cast("Any", None),
        open_sink=cast("Any", None),
        clock=ManualClock(NOW + 2 * 3_600_000),
        telemetry=ExportTelemetry(registry),
    )
    await ExportWorker(parts, WorkerOptions(LeaseTerms("worker", 30.0))).look()
    assert runs.made == ["first", "last"]
    assert registry.get_sample_value("verdict_export_failures_total") == 1


async def test_a_definition_that_can_not_be_read_hides_no_other() -> None:
    def stored(name: str, document: str) -> StoredExport:
        return StoredExport("org-1", name, 1, document, "", "")

    found = [stored(each, msgspec.json.encode(hourly(each)).decode()) for each in ("first", "last")]

    async def all_exports() -> list[StoredExport]:
        return [found[0], stored("bad", "{}"), found[1]]

    repository = ExportRepository(cast("Any", SimpleNamespace(all_exports=all_exports)))
    assert [each.export.id for each in await repository.exports()] == ["first", "last"]


def hourly(name: str) -> Export:
    return export_of(FolderDestination(path="a"), id=name, schedule="hourly")
