"""What a guard asks: the metric behind it, and a digest of the hypothesis, which changes when the hypothesis does."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

from messages.aggregations import AGGREGATIONS

from analytics.catalog.entries import Metric
from analytics.catalog.rollouts import Guard, GuardedRollout
from analytics.results.definitions import metric_digest

SDK_ERROR = "sdk_error"
"""The name of the metric events by which applications tell errors to the guard of SDK errors."""
_ERRORS = Metric("", SDK_ERROR, "SDK errors", AGGREGATIONS["conversion"], higher_is_better=False, event=SDK_ERROR)


def metric_of(guard: Guard, metrics: Mapping[str, Metric]) -> Metric | None:
    """None: it is not there, or the guard has none."""
    return _ERRORS if guard.built_in == "sdk_errors" else metrics.get(guard.metric)


def hypothesis_of(rollout: GuardedRollout, guard: Guard, metric: Metric | None) -> str:
    """A digest of what is compared with what margin and error rate."""
    asked = (
        (rollout.id, rollout.rule, rollout.variation, rollout.alpha_of_guard),
        (guard.built_in, guard.margin, guard.relative, guard.window_seconds),
        metric_digest(metric) if metric else guard.metric,
    )
    return sha256(repr(asked).encode()).hexdigest()[:16]
