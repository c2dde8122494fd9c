"""What a recorded reading was of: digests that change when the question does.

A field that has its default is left out, so that a version which knows more fields reads the same digest.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import MISSING, fields
from hashlib import sha256
from typing import Any

from analytics.catalog.entries import Experiment, Metric

_NAMES = frozenset({"id", "key", "name"})
_LATER = frozenset({"minimum_days", "correction", "bayes", "power"})
"""Of a plan: what judges a reading, and does not change what was read."""


def plan_digest(experiment: Experiment) -> str:
    """Of the run and what its readings add up over: the start, the variations, the plan."""
    told = [
        ("start_at", experiment.start_at),
        ("variations", sorted(experiment.shares)),
        ("control", experiment.control),
        *_told(experiment.plan, _LATER),
        *_given(experiment, ("bucket_by", "trigger_event", "exposure_filter")),
    ]
    return _digest(told)


def metric_digest(metric: Metric) -> str:
    """Of what a metric counts; its name may change."""
    told = [(name, value) for name, value in _told(metric, _NAMES) if name != "aggregation"]
    return _digest([("aggregation", metric.aggregation.name), *told])


def _told(holder: Any, left_out: frozenset[str]) -> list[tuple[str, Any]]:
    return [
        (each.name, value)
        for each in fields(holder)
        if each.name not in left_out
        and ((value := getattr(holder, each.name)) != each.default or each.default is MISSING)
    ]


def _given(holder: Any, names: Iterable[str]) -> list[tuple[str, Any]]:
    return [(name, value) for name in names if (value := getattr(holder, name, None))]


def _digest(told: list[tuple[str, Any]]) -> str:
    return sha256(repr(sorted(told, key=lambda each: each[0])).encode()).hexdigest()[:16]
