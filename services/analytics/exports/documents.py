"""Exports and runs as the API shows them."""

from __future__ import annotations

import msgspec

from analytics.exports.models import Run
from analytics.exports.register import VersionedExport
from analytics.exports.scheduling import next_due
from analytics.exports.schemas import ExportDocument, RunDocument
from analytics.results.documents import moment


def run_document(run: Run, rows: dict[str, int]) -> RunDocument:
    return RunDocument(
        number=run.number,
        status=run.status,
        mode=run.mode,
        cause=run.cause,
        requested_by=run.requested_by or None,
        requested_at=moment(run.requested_at) or "",
        scheduled_for=moment(run.scheduled_for),
        started_at=moment(run.started_at),
        finished_at=moment(run.finished_at),
        until=moment(run.until or None),
        rows=rows,
        error_code=run.error_code or None,
        error=run.error or None,
    )


def export_document(found: VersionedExport, last_run: RunDocument | None, now: int) -> ExportDocument:
    export = found.export
    return ExportDocument(
        id=export.id,
        name=export.name,
        project=export.project,
        environment=export.environment,
        destination={name: str(value) for name, value in msgspec.to_builtins(export.destination).items()},
        credentials="stored" if found.sealed else "none",
        datasets=list(export.datasets),
        schedule=export.schedule,
        daily_at=export.daily_at,
        paused=export.paused,
        next_run_at=moment(next_due(export, now)),
        created_at=moment(export.created_at) or "",
        updated_at=moment(export.updated_at) or "",
        version=found.version,
        last_run=last_run,
    )
