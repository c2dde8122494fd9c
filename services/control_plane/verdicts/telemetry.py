"""Telemetry of verdicts; whose they are stands in the log."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from service_kit.telemetry import LATENCY_BUCKETS_SECONDS


class VerdictTelemetry:
    """The intake's counters and figures."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.taken = Counter(
            "verdict_guard_verdicts_total",
            "Verdicts of the monitor, by what came of them",
            ["outcome"],
            registry=registry,
        )
        self.refused = Counter(
            "verdict_guard_verdicts_refused_total",
            "Verdicts that were not taken, by the reason",
            ["reason"],
            registry=registry,
        )
        self.incidents = Counter(
            "verdict_guard_incidents_total", "Incidents that were opened, by what was done", ["done"], registry=registry
        )
        self.acted_after = Histogram(
            "verdict_guard_acted_after_seconds",
            "From the bus's taking a verdict that asks for something to the commit of what was done",
            buckets=LATENCY_BUCKETS_SECONDS,
            registry=registry,
        )
        self.waiting_seconds = Gauge(
            "verdict_guard_verdicts_waiting_age_seconds",
            "Age of the oldest verdict that waits to be taken",
            registry=registry,
            multiprocess_mode="livemax",
        )
