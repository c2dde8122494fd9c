"""Telemetry of publishing."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge


class PublishingTelemetry:
    """What every process, with or without a relay, tells of publishing (see `status.py`)."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.unpublished_age = Gauge(
            "verdict_relay_unpublished_age_seconds",
            "Age of the oldest unpublished change; of the database, whoever leads",
            registry=registry,
            multiprocess_mode="livemax",
        )
        self.blocked = Gauge(
            "verdict_relay_blocked",
            "1 while something is not published for this reason; of the database, whoever leads",
            ["reason"],
            registry=registry,
            multiprocess_mode="livemax",
        )
        self.blocked_environments = Gauge(
            "verdict_relay_blocked_environments",
            "Environments that are not published because more is known elsewhere",
            registry=registry,
            multiprocess_mode="livemax",
        )
        self.led = Gauge(
            "verdict_relay_led",
            "1 while any relay holds the lease; of the database",
            registry=registry,
            multiprocess_mode="livemax",
        )
        self.status_failures = Counter(
            "verdict_relay_status_failures_total",
            "Times the database did not say how publishing stands",
            registry=registry,
        )


class RelayTelemetry:
    """What a relay counts."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.leading = Gauge(
            "verdict_relay_leading", "1 while this relay leads", registry=registry, multiprocess_mode="livemax"
        )
        self.epoch = Gauge(
            "verdict_relay_epoch",
            "Epoch of this relay's last leadership",
            registry=registry,
            multiprocess_mode="livemax",
        )
        self.left = Counter(
            "verdict_relay_leases_left_total",
            "Times this relay, cut off from NATS, left the lease to one that reaches it",
            registry=registry,
        )
        self.publications = Counter("verdict_relay_publications_total", "Environments published", registry=registry)
        self.told = Counter(
            "verdict_relay_told_total",
            "Versions told to followers because the stream did not take them at once",
            registry=registry,
        )
        self.entries = Counter("verdict_relay_entries_total", "Entries and tombstones written", registry=registry)
        self.repaired_entries = Counter(
            "verdict_relay_repaired_entries_total",
            "Entries written because a comparison found them different",
            registry=registry,
        )
        self.comparisons = Counter(
            "verdict_relay_comparisons_total",
            "Environments compiled whole, to compare with what follows the changes",
            registry=registry,
        )
        self.drifted_entries = Counter(
            "verdict_relay_drifted_entries_total",
            "Entries that a whole compilation found different from what followed the changes, and put right",
            registry=registry,
        )
        self.stream_changes = Counter(
            "verdict_relay_stream_changes_total",
            "Times the stream was found made anew, shortened or written by somebody else",
            registry=registry,
        )
        self.failures = Counter(
            "verdict_relay_failures_total", "Looks and publications that failed, whatever the reason", registry=registry
        )
        self.invalid = Gauge(
            "verdict_relay_invalid_entities",
            "Entities kept back because they fail their check",
            ["environment"],
            registry=registry,
            multiprocess_mode="livemax",
        )
        self.stream_bytes = Gauge(
            "verdict_config_stream_bytes",
            "What the CONFIG stream holds",
            registry=registry,
            multiprocess_mode="livemax",
        )
        self.stream_bytes_max = Gauge(
            "verdict_config_stream_bytes_max",
            "What the CONFIG stream may hold",
            registry=registry,
            multiprocess_mode="livemax",
        )
        self.foreign_environments = Gauge(
            "verdict_relay_foreign_environments",
            "Environments on the stream that the database does not have; of the leader",
            registry=registry,
            multiprocess_mode="livemax",
        )
