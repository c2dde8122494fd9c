"""The monitor's figures for Prometheus."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class MonitorTelemetry:
    def __init__(self, registry: CollectorRegistry) -> None:
        self.term_held = Gauge(
            "verdict_monitor_term_held", "1 while this monitor is the one that looks", registry=registry
        )
        self.watched = Gauge(
            "verdict_monitor_rollouts_watched", "Guarded rollouts that are not over", registry=registry
        )
        self.look_age = Gauge(
            "verdict_monitor_look_age_seconds", "Of the rollout that was looked at longest ago", registry=registry
        )
        self.look_seconds = Histogram(
            "verdict_monitor_look_seconds", "What a look at one rollout takes", registry=registry
        )
        self.failed = Counter(
            "verdict_monitor_looks_failed_total", "Looks at a rollout that found nothing", registry=registry
        )
        self.verdicts = Counter(
            "verdict_monitor_verdicts_total", "Verdicts by what became of them", ["outcome"], registry=registry
        )
        for outcome in ("published", "refused", "failed"):
            self.verdicts.labels(outcome)
