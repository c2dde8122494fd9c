"""The engine's options from an experiment's plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from stats import (
    AnalysisOptions,
    BayesPrior,
    Boundary,
    Direction,
    Guardrail,
    Look,
    Memory,
    MetricSpec,
    Mode,
)

from analytics.catalog.entries import Experiment, Metric, MetricUse
from analytics.results.timetable import mode_of

Counted = Mapping[str, int]
"""By variation: the units that have a value, or the values, of it and the control together."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What a reading is of: the units of all variations, when the last came in, and the time that is shown (epoch
    milliseconds)."""

    units: int
    last_at: int
    shown_at: int


def metric_spec(metric: Metric, use: MetricUse) -> MetricSpec:
    direction = Direction.INCREASE if metric.higher_is_better else Direction.DECREASE
    if use.role != "guardrail" or use.margin is None:
        return MetricSpec(metric.key, direction)
    return MetricSpec(metric.key, direction, Guardrail(use.margin, relative=use.margin_kind == "relative"))


def pair_share(experiment: Experiment) -> float:
    """The largest share that a comparison has of the units of all variations."""
    weights = experiment.shares
    others = max((each for name, each in weights.items() if name != experiment.control), default=0)
    return (weights[experiment.control] + others) / max(sum(weights.values()), 1)


def analysis_options(experiment: Experiment, metric: Metric, moment: Moment) -> AnalysisOptions:
    """Of a reading that decides nothing by itself; windows are open while a unit can still get events in them."""
    plan, mode, share = experiment.plan, mode_of(experiment.plan), pair_share(experiment)
    open_until = moment.last_at + metric.window_end * 1000 if metric.window_end else 0
    tuned_to = plan.n_star or plan.planned_units / 2
    guardrails = sum(use.role == "guardrail" and use.margin is not None for use in experiment.metrics)
    return AnalysisOptions(
        alpha=plan.alpha,
        power=plan.power,
        mode=mode,
        planned_units=max(round(plan.planned_units * share), 1) if plan.planned_units else None,
        complete=mode is not Mode.FIXED,
        looks_planned=max(plan.planned_looks, 1) if mode is Mode.GROUP else None,
        boundary=Boundary(plan.boundary),
        n_star=max(tuned_to * share, 1.0) if tuned_to else None,
        takes_look=False,
        guardrail_tests=max(guardrails * (len(experiment.shares) - 1), 1),
        windows_closed=plan.matured_only or moment.shown_at >= open_until,
        bayes=BayesPrior(plan.bayes.lift_mean, plan.bayes.lift_sd) if plan.bayes is not None else None,
    )


def at_look(options: AnalysisOptions) -> AnalysisOptions:
    """Of a look that decides."""
    return replace(options, complete=True, takes_look=True)


def scaled(options: AnalysisOptions, experiment: Experiment, counted: Counted, units: int) -> AnalysisOptions:
    """The planned sizes in what the metric counts when there are as many `units` of all variations.

    So a look has the very share of the information that it has of the planned units, whatever is counted, and however
    few have a value.
    """
    planned = experiment.plan.planned_units
    if not planned or not units:
        return options
    return replace(options, planned_by_arm={arm: planned * each / units for arm, each in counted.items() if each})


def with_history(
    options: AnalysisOptions, history: Mapping[str, Sequence[tuple[int, Look]]], counted: Counted, units: int
) -> AnalysisOptions:
    """The options with the earlier looks at each arm, each with the units of all variations that it had. Their sizes
    are told in what is counted now."""
    told = {
        arm: tuple(replace(look, n=counted[arm] * total / units) for total, look in looks)
        for arm, looks in history.items()
        if looks and counted.get(arm)
    }
    return replace(options, history=told) if told else options


def with_memory(options: AnalysisOptions, memory: Mapping[str, Memory]) -> AnalysisOptions:
    return replace(options, memory=dict(memory))
