"""Telemetry of the API: what it found out about its data."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Gauge


class OperationTelemetry:
    """The gauges of reconciliation."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.missing_events = Gauge(
            "verdict_reconciliation_missing_events",
            "Events of the stream that were neither stored nor set aside, at the last reconciliation",
            ["environment"],
            registry=registry,
        )
