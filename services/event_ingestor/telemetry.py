"""Telemetry of the ingestor: what `/metrics` tells of events."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from service_kit.telemetry import LATENCY_BUCKETS_SECONDS

_BATCH_BUCKETS = (1, 10, 100, 1000, 5000)


class IngestTelemetry:
    """The ingestor's counters, gauges and histograms."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.accepted = Counter(
            "verdict_events_accepted_total",
            "Events stored and acknowledged",
            ["environment", "type"],
            registry=registry,
        )
        self.rejected = Counter(
            "verdict_events_rejected_total",
            "Events refused for what is in them",
            ["environment", "code"],
            registry=registry,
        )
        self.warnings = Counter(
            "verdict_event_warnings_total",
            "Names that are not there, as requests were told",
            ["environment", "code"],
            registry=registry,
        )
        self.requests_unstored = Counter(
            "verdict_event_requests_unstored_total",
            "Requests answered 503 or 429",
            ["environment", "code"],
            registry=registry,
        )
        self.limited = Counter(
            "verdict_event_requests_limited_total", "Requests over a limit, by its name", ["limit"], registry=registry
        )
        self.batch_events = Histogram(
            "verdict_event_request_events", "Events in a request", buckets=_BATCH_BUCKETS, registry=registry
        )
        self.messages = Counter(
            "verdict_event_messages_total", "Messages acknowledged by the stream", ["outcome"], registry=registry
        )
        self.publish_errors = Counter(
            "verdict_event_publish_errors_total", "Messages that were not stored", ["reason"], registry=registry
        )
        self.publish_seconds = Histogram(
            "verdict_event_publish_seconds",
            "Time until the stream acknowledged a message",
            buckets=LATENCY_BUCKETS_SECONDS,
            registry=registry,
        )
        self.in_flight_bytes = Gauge(
            "verdict_event_in_flight_bytes",
            "Bytes of requests under way",
            registry=registry,
            multiprocess_mode="livesum",
        )
        self.environments = Gauge(
            "verdict_event_environments_known",
            "Environments whose keys are known",
            registry=registry,
            multiprocess_mode="livemin",
        )
