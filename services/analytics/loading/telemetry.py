"""Telemetry of the loader."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class LoaderTelemetry:
    """The loader's counters and gauges."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.rows = Counter(
            "verdict_loader_rows_total", "Rows inserted, repeats included", ["table"], registry=registry
        )
        self.batches = Counter("verdict_loader_batches_total", "Batches stored and acknowledged", registry=registry)
        self.dead_letters = Counter(
            "verdict_loader_dead_letters_total", "Events set aside", ["reason"], registry=registry
        )
        self.redelivered = Counter(
            "verdict_loader_redelivered_messages_total", "Messages that came more than once", registry=registry
        )
        self.retries = Counter(
            "verdict_loader_retries_total", "Attempts that found a part away", ["part"], registry=registry
        )
        self.store_seconds = Histogram(
            "verdict_loader_store_seconds",
            "Time to store one batch",
            buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
            registry=registry,
        )
        self.batch_age_seconds = Gauge(
            "verdict_loader_batch_age_seconds",
            "From the receipt of the oldest event in the last batch until it was stored",
            registry=registry,
        )
        self.registry = registry
