"""Telemetry of the fleet, and of those who wait for it."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

WAIT_BUCKETS_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class FleetTelemetry:
    """Edges by state, as this process hears them: an edge that is `behind` is `live`, too."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.edges = Gauge(
            "verdict_fleet_edges",
            "Edges that are heard, by state",
            ["state"],
            registry=registry,
            multiprocess_mode="livemax",
        )
        self.heartbeats = Counter(
            "verdict_fleet_heartbeats_total", "Words of edges that were heard", ["outcome"], registry=registry
        )
        self.waiting = Gauge(
            "verdict_propagation_waiting",
            "Requests that wait for all edges",
            registry=registry,
            multiprocess_mode="livesum",
        )
        self.waits = Counter(
            "verdict_propagation_waits_total",
            "Requests that wanted to wait for all edges",
            ["outcome"],
            registry=registry,
        )
        self.seconds = Histogram(
            "verdict_propagation_wait_seconds",
            "From a request to all edges serving what it wrote",
            buckets=WAIT_BUCKETS_SECONDS,
            registry=registry,
        )
