"""Telemetry of webhooks."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from control_plane.webhooks.models import Pause

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15)


class WebhookTelemetry:
    """What a process attempts, and what waits in the database, whoever attempts it."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.queued = Counter("verdict_webhook_deliveries_total", "Deliveries queued", registry=registry)
        self.attempts = Counter(
            "verdict_webhook_attempts_total",
            "Attempts at receivers, by what came of them",
            ["outcome"],
            registry=registry,
        )
        self.seconds = Histogram(
            "verdict_webhook_attempt_duration_seconds", "Time of an attempt", buckets=_SECONDS, registry=registry
        )
        self.waiting = Gauge(
            "verdict_webhook_deliveries_waiting",
            "Deliveries that wait for an attempt, without those of paused webhooks; of the database",
            registry=registry,
            multiprocess_mode="livemax",
        )
        self.overdue = Gauge(
            "verdict_webhook_overdue_seconds",
            "For how long the delivery that is due longest has been due; of the database",
            registry=registry,
            multiprocess_mode="livemax",
        )
        self.pauses = Counter("verdict_webhook_pauses_total", "Webhooks paused, by why", ["reason"], registry=registry)
        for outcome in ("delivered", "failed"):
            self.attempts.labels(outcome)
        for reason in (Pause.FAILING, Pause.GONE):
            self.pauses.labels(reason)
