"""From an experiment's definition to what is asked of the store."""

from __future__ import annotations

from dataclasses import replace

from messages import documents

from analytics.catalog.entries import Environment, Experiment, Metric
from analytics.catalog.phases import Span
from analytics.warehouse.scopes import END_OF_TIME, ExposureScope, MetricWindow

DAY_SECONDS = 86_400


def scope_of(
    experiment: Experiment, environment: Environment, as_of: int | None = None, segment: str = ""
) -> ExposureScope:
    """What the evaluation says belongs to the experiment, and of what doesn't say what `ExposureScope` tells.

    `as_of`: only what had been received by then (epoch milliseconds). An experiment that has not started has an
    empty scope.
    """
    start = experiment.start_at if experiment.start_at is not None else END_OF_TIME
    return ExposureScope(
        organization_id=environment.organization_id,
        environment_id=environment.id,
        flag=experiment.flag,
        experiment=experiment.key,
        variations=tuple(experiment.shares),
        start=start,
        stop=experiment.stop_at if experiment.stop_at is not None else END_OF_TIME,
        as_of=as_of if as_of is not None else END_OF_TIME,
        segment=segment,
        observes=not experiment.assigns,
        by_unit=bool(experiment.bucket_by),
        filter=documents.condition_document(experiment.exposure_filter).decode() if experiment.exposure_filter else "",
        trigger=experiment.trigger_event,
        phase=experiment.phase if len(experiment.phases) > 1 else 0,
        pauses=tuple((each.start, each.end or END_OF_TIME) for each in pauses_of(experiment)),
    )


def pauses_of(experiment: Experiment) -> list[Span]:
    """Those in the experiment's phase, as far as they are in it."""
    start, stop = experiment.start_at or 0, experiment.stop_at or END_OF_TIME
    found = []
    for each in experiment.pauses:
        begin, end = max(each.start, start), min(each.end or END_OF_TIME, stop)
        if begin < end:
            found.append(Span(begin, end if end < END_OF_TIME else None))
    return found


def matured_scope(scope: ExposureScope, experiment: Experiment, metric: Metric, shown_at: int) -> ExposureScope:
    """The units whose window is over at `shown_at` (epoch milliseconds), where the plan wants no others."""
    if not (experiment.plan.matured_only and metric.window_end):
        return scope
    return replace(scope, stop=min(scope.stop, shown_at - metric.window_end * 1000))


def window_of(metric: Metric) -> MetricWindow:
    """Which events of the metric count for a unit."""
    return MetricWindow(
        metric.event,
        metric.aggregation,
        metric.window_start,
        metric.window_end,
        metric.denominator_event,
        metric.covariate_days * DAY_SECONDS,
        metric.per,
        documents.condition_document(metric.filter).decode() if metric.filter else "",
        metric.steps,
        metric.property,
    )
