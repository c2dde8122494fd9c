"""What the export worker counts."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter


class ExportTelemetry:
    """`runs` by how they ended."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.runs = Counter("export_runs_total", "Export runs that ended", ["status"], registry=registry)
