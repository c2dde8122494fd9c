"""Telemetry of the config feed."""

from __future__ import annotations

from messages.follower_telemetry import FollowerTelemetry
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from service_kit.clock import Clock

DELAY_BUCKETS_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60)
STALE_AFTER_SECONDS = 10.0


class FeedTelemetry:
    """Gauges are labelled with the environment's id, and its project's and its own key for people."""

    def __init__(self, registry: CollectorRegistry, clock: Clock) -> None:
        self.follower = FollowerTelemetry(registry, clock.monotonic)
        labels = ["environment_id", "project", "environment"]
        self.age = Gauge(
            "verdict_edge_config_age_seconds",
            "Since the bus last confirmed the configuration",
            labels,
            registry=registry,
            multiprocess_mode="livemax",
        )
        self.version = Gauge(
            "verdict_edge_config_version",
            "The configuration being served",
            labels,
            registry=registry,
            multiprocess_mode="livemin",
        )
        self.delay = Histogram(
            "verdict_edge_config_delay_seconds",
            "From publication to being served",
            buckets=DELAY_BUCKETS_SECONDS,
            registry=registry,
        )
        self.unusable = Counter(
            "verdict_edge_config_unusable_total", "Entities not usable", ["kind"], registry=registry
        )
        self.invalid_combinations = Counter(
            "verdict_edge_invalid_combinations_total",
            "Answers of remote configs whose overrides must not be applied together, and were not",
            labels,
            registry=registry,
        )
        self.failures = Counter(
            "verdict_edge_environment_failures_total",
            "Times that work for one environment failed; the other environments went on",
            ["work"],
            registry=registry,
        )
        self.snapshots = Counter(
            "verdict_edge_snapshots_total", "Snapshots written or not", ["outcome"], registry=registry
        )
