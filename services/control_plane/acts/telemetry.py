"""Telemetry of the intake of acts."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge


class ActTelemetry:
    """The intake's counters and gauges."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.appended = Counter(
            "verdict_acts_appended_total", "Acts that were appended to the audit log", registry=registry
        )
        self.refused = Counter(
            "verdict_acts_refused_total",
            "Messages that are no act; they stay on the stream",
            registry=registry,
        )
        self.waiting_seconds = Gauge(
            "verdict_acts_waiting_age_seconds",
            "Age of the oldest act that waits to be appended",
            registry=registry,
            multiprocess_mode="livemax",
        )
