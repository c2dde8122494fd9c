"""Telemetry of the export worker."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter


class ExportTelemetry:
    """The worker's counters. `runs` by how they ended."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.failures = Counter(
            "verdict_export_failures_total",
            "Times that the worker could not look after an export; the others went on",
            registry=registry,
        )
        self.runs = Counter("verdict_export_runs_total", "Export runs that ended", ["status"], registry=registry)
