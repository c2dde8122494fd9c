"""Telemetry of quotas; whose they are stands in the log."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter


class QuotaTelemetry:
    """Counters by quota."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.refused = Counter(
            "verdict_quota_refusals_total", "Writes refused by a quota", ["quota"], registry=registry
        )
        self.near = Counter(
            "verdict_quota_warnings_total",
            "Writes taken with 80% or more of a quota used",
            ["quota"],
            registry=registry,
        )
