"""Telemetry of rollouts."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS = (0.5, 1, 2, 5, 10, 30, 60, 300, 3600)


class RolloutTelemetry:
    """Of the process that takes the steps."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.steps = Counter(
            "verdict_rollout_steps_total", "Steps that were due, by what came of them", ["outcome"], registry=registry
        )
        self.due = Gauge(
            "verdict_rollout_steps_due",
            "Steps that were due at the last look",
            registry=registry,
            multiprocess_mode="livemax",
        )
        self.late = Histogram(
            "verdict_rollout_step_lateness_seconds",
            "How long after it was due a step was taken",
            buckets=_SECONDS,
            registry=registry,
        )
        self.leading = Gauge(
            "verdict_schedule_leading",
            "1 while this process takes what is scheduled",
            registry=registry,
            multiprocess_mode="livemax",
        )
        self.epoch = Gauge(
            "verdict_schedule_epoch", "The term in which it does", registry=registry, multiprocess_mode="livemax"
        )
        for outcome in ("taken", "completed", "held", "fenced", "failed"):
            self.steps.labels(outcome)
