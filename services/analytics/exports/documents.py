"""Exports and runs as the API shows them."""

from __future__ import annotations

import msgspec

from analytics.exports.models import Run
from analytics.exports.repository import VersionedExport
from analytics.exports.schedule import next_due
from analytics.exports.schemas import ExportDocument, RunDocument
from analytics.instants import rfc3339


def run_document(run: Run, rows: dict[str, int]) -> RunDocument:
    return RunDocument(
        number=run.number,
        status=run.status,
        mode=run.mode,
        cause=run.cause,
        requested_by=run.requested_by or None,
        requested_at=rfc3339(run.requested_at),
        scheduled_for=rfc3339(run.scheduled_for),
        started_at=rfc3339(run.started_at),
        finished_at=rfc3339(run.finished_at),
        until=rfc3339(run.until or None),
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
        next_run_at=rfc3339(next_due(export, now)),
        created_at=rfc3339(export.created_at),
        updated_at=rfc3339(export.updated_at),
        version=found.version,
        last_run=last_run,
    )
