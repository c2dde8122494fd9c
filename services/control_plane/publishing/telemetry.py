"""Telemetry of the relay."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge


class RelayTelemetry:
    """The relay's counters and gauges."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.leading = Gauge("relay_leading", "1 while this relay leads", registry=registry)
        self.epoch = Gauge("relay_epoch", "Epoch of this relay's last leadership", registry=registry)
        self.lag_seconds = Gauge(
            "relay_unpublished_age_seconds", "Age of the oldest unpublished change", registry=registry
        )
        self.publications = Counter("relay_publications_total", "Environments published", registry=registry)
        self.entries = Counter("relay_entries_total", "Entries and tombstones written", registry=registry)
        self.repaired_entries = Counter(
            "relay_repaired_entries_total",
            "Entries written because a full comparison found them different",
            registry=registry,
        )
        self.failures = Counter("relay_failures_total", "Publications that failed unexpectedly", registry=registry)
        self.invalid = Gauge(
            "relay_invalid_entities",
            "Entities kept back because they fail their check",
            ["environment"],
            registry=registry,
        )
        self.stream_bytes = Gauge("config_stream_bytes", "What the CONFIG stream holds", registry=registry)
        self.stream_bytes_max = Gauge("config_stream_bytes_max", "What the CONFIG stream may hold", registry=registry)
        self.foreign_environments = Gauge(
            "relay_foreign_environments",
            "Environments on the stream that the database does not have",
            registry=registry,
        )
