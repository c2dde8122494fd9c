"""A metric's preview as the API tells it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from analytics.catalog.catalog import EnvironmentEntries
from analytics.catalog.entries import Environment, Metric
from analytics.instants import rfc3339
from analytics.metrics.preview import MetricDay, definition_sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricDayDocument:
    """A day (UTC). `seen`: about how many users had anything at all; `value` is over these or, of a mean, a ratio and a
    quantile, over what there is; null where that is nothing."""

    date: str
    events: int
    units: int
    seen: int
    value: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricUserDocument:
    """Who uses it in this environment: an experiment with the metric's `role`, or a rollout that it guards."""

    kind: Literal["experiment", "rollout"]
    key: str
    status: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricPreviewDocument:
    """`value` of the days is of everybody, not of who was exposed, and windows after exposures don't apply; so results
    have other figures. `events` and `units` are over the days; a user counts in each day."""

    metric: str
    name: str
    project: str
    environment: str
    aggregation: str
    higher_is_better: bool
    unit: Literal["rate", "number"]
    sentence: str
    finding: str
    computed_at: str
    events: int
    days: list[MetricDayDocument]
    used_by: list[MetricUserDocument]


def preview_document(
    metric: Metric, environment: Environment, days: Sequence[MetricDay], users: list[MetricUserDocument], now: int
) -> MetricPreviewDocument:
    return MetricPreviewDocument(
        metric=metric.key,
        name=metric.name,
        project=environment.project_key,
        environment=environment.key,
        aggregation=metric.aggregation.name,
        higher_is_better=metric.higher_is_better,
        unit="rate" if metric.aggregation.binary else "number",
        sentence=definition_sentence(metric),
        finding=_finding(metric, days),
        computed_at=rfc3339(now),
        events=sum(each.events for each in days),
        days=[
            MetricDayDocument(date=each.day, events=each.events, units=each.units, seen=each.seen, value=each.value)
            for each in days
        ],
        used_by=users,
    )


def users_of(metric: Metric, entries: EnvironmentEntries) -> list[MetricUserDocument]:
    experiments = [
        MetricUserDocument(kind="experiment", key=each.key, status=each.status, role=use.role)
        for _, each in sorted(entries.experiments.items())
        for use in each.metrics
        if use.metric == metric.key
    ]
    guarded = [
        MetricUserDocument(kind="rollout", key=each.key, status=each.state, role="guard")
        for _, each in sorted(entries.rollouts.items())
        if any(guard.metric == metric.key for guard in each.guards)
    ]
    return experiments + guarded


def _finding(metric: Metric, days: Sequence[MetricDay]) -> str:
    told = [each for each in days if each.events]
    if not told:
        return f"No event of it came in the last {len(days)} days."
    values = [each.value for each in told if each.value is not None]
    events = sum(each.events for each in told)
    spread = f", between {_shown(metric, min(values))} and {_shown(metric, max(values))} a day" if values else ""
    on = "each day" if len(told) == len(days) else f"on {len(told)} of {len(days)} days"
    return f"{events:,} events, {on}{spread}."


def _shown(metric: Metric, value: float) -> str:
    return f"{value:.2%}" if metric.aggregation.binary else f"{value:.4g}"
