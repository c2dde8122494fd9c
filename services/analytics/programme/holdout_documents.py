"""A holdout's effects as the API answers them."""

from __future__ import annotations

from dataclasses import dataclass

from bucketing.document.serves import percent
from stats import ENGINE_VERSION

from analytics.catalog.entries import Environment
from analytics.instants import rfc3339
from analytics.programme.holdouts import HoldoutEffect, HoldoutEffects
from analytics.results.analysis import AnalysisTime
from analytics.warehouse.scopes import END_OF_TIME, HELD_OUT, REST

WEEK = 7
EARLY = "less than a week has passed, so a year at this pace is a guess from its first days"
CAUTION = (
    "intervals hold however often they are read; a year is the effect so far at the same pace, as if traffic and "
    "what was shipped stayed as they were"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectDocument:
    """An amount with its interval; null where there is none."""

    estimate: float | None
    lower: float | None
    upper: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldoutMetricDocument:
    """The rest against the held out. `total` is over all users of the rest since the start, `yearly` of a year; both
    are null for a metric whose units' numbers don't add up."""

    metric: str
    name: str
    status: str | None
    explanation: str | None
    held_out_units: int | None
    rest_units: int | None
    difference: EffectDocument | None
    lift: EffectDocument | None
    p_value: float | None
    total: EffectDocument | None
    yearly: EffectDocument | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldoutDocument:
    """`problem`: why nothing can be said, null if something can. `mismatch`: the sides are not as large as the share
    says (in percent), so that the effects can't be trusted."""

    project: str
    environment: str
    holdout: str
    share: float
    experiments: list[str]
    start_at: str
    stop_at: str | None
    days: float
    computed_at: str
    as_of: str | None
    engine_version: str
    caution: str
    problem: str | None
    held_out_units: int
    rest_units: int
    mismatch: bool | None
    metrics: list[HoldoutMetricDocument]


def holdout_document(environment: Environment, time: AnalysisTime, found: HoldoutEffects) -> HoldoutDocument:
    held = found.held
    return HoldoutDocument(
        project=environment.project_key,
        environment=environment.key,
        holdout=held.key,
        share=percent(held.share),
        experiments=sorted(each.key for each in held.experiments),
        start_at=rfc3339(held.start),
        stop_at=rfc3339(held.stop) if held.stop < END_OF_TIME else None,
        days=found.days,
        computed_at=rfc3339(time.now),
        as_of=rfc3339(time.as_of),
        engine_version=ENGINE_VERSION,
        caution=CAUTION if found.days >= WEEK else f"{CAUTION}; {EARLY}",
        problem=held.problem or None,
        held_out_units=found.units.get(HELD_OUT, 0),
        rest_units=found.units.get(REST, 0),
        mismatch=found.sample_ratio.mismatch if found.sample_ratio is not None else None,
        metrics=[_metric(each) for each in found.effects],
    )


def _metric(effect: HoldoutEffect) -> HoldoutMetricDocument:
    found = effect.comparison
    return HoldoutMetricDocument(
        metric=effect.metric.key,
        name=effect.metric.name,
        status=found.status.value if found is not None else "invalid_input",
        explanation=found.explanation if found is not None else effect.problem,
        held_out_units=found.n_control if found is not None else None,
        rest_units=found.n_treatment if found is not None else None,
        difference=_amount((found.difference.estimate, found.difference.lower, found.difference.upper))
        if found is not None
        else None,
        lift=_amount((found.lift.estimate, found.lift.lower, found.lift.upper)) if found is not None else None,
        p_value=found.p_value if found is not None else None,
        total=_amount(effect.total) if effect.total is not None else None,
        yearly=_amount(effect.yearly) if effect.yearly is not None else None,
    )


def _amount(of: tuple[float | None, ...]) -> EffectDocument:
    estimate, lower, upper = of
    return EffectDocument(estimate=estimate, lower=lower, upper=upper)
