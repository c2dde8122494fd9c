"""A metric's result: what the API answers, where each figure comes from, and which figures are columns of a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from stats import (
    ArmResult,
    Family,
    MetricResult,
    Notice,
    Status,
)

from analytics.catalog.entries import Role
from analytics.results.comparison_documents import (
    ComparisonDocument,
    OmnibusDocument,
    comparison_document,
    omnibus_document,
)
from analytics.results.judgement import Judged
from analytics.results.metric_analysis import MetricAnalysis
from analytics.results.sentences import (
    metric_explanation,
    metric_sentences,
)
from analytics.tables.columns import Column, InTable

_ESTIMATE = Column(parts=("estimate", "lower", "upper"))


@dataclass(frozen=True, slots=True, kw_only=True)
class LatestDocument:
    """What there is now, where the plan has decided on less: raw counts, which decide nothing."""

    units: int
    mean: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricVariation:
    """What a variation's units did, as far as the reading goes. `rate`: the mean of a metric that is a share of units.
    `latest`: of a plan that has decided, with the further data."""

    variation: InTable[str]
    is_control: InTable[bool]
    units: InTable[int]
    mean: InTable[float | None]
    rate: float | None
    standard_error: InTable[float | None]
    lower: InTable[float | None]
    upper: InTable[float | None]
    latest: LatestDocument | None
    comparison: ComparisonDocument | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepDocument:
    """A step of a funnel: how many units of each variation took it, and all before it, until now. Where the units are
    not users and those have the numbers (`per`), it is how many users."""

    event: str
    units: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricDocument:
    """One metric: its definition, and per variation the estimate and the comparison with the control.

    `exploratory`: it decides nothing, and is adjusted in a family of its own. `inputs` and the engine's version are
    enough to compute it again. `steps`: a funnel's, in their order.
    """

    metric: InTable[str]
    name: str
    role: InTable[Role]
    exploratory: bool
    aggregation: InTable[str]
    higher_is_better: bool
    status: Annotated[Status, Column(stands_in=True)]
    explanation: str
    summary: str
    alpha: float | None
    control: str | None
    variations: list[MetricVariation]
    steps: list[StepDocument]
    omnibus: OmnibusDocument | None
    warnings: tuple[Notice, ...]
    inputs: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyDocument:
    """The tests whose p-values were adjusted together."""

    method: str
    alpha: float
    size: int


def metric_document(metric: MetricAnalysis, judged: Judged) -> MetricDocument:
    """`judged`: what may be read from it."""
    result = metric.result
    return MetricDocument(
        metric=metric.metric.key,
        name=metric.metric.name,
        role=metric.use.role,
        exploratory=not metric.use.decides,
        aggregation=metric.metric.aggregation.name,
        higher_is_better=metric.metric.higher_is_better,
        status=result.status if result else Status.INVALID_INPUT,
        explanation=metric_explanation(metric),
        summary=" ".join(metric_sentences(metric, judged)),
        alpha=result.alpha if result else None,
        control=result.control if result else None,
        variations=[_variation(metric, result, arm, judged) for arm in result.arms] if result else [],
        steps=_steps(metric, result) if result else [],
        omnibus=omnibus_document(result.omnibus) if result and result.omnibus else None,
        warnings=result.warnings if result else (),
        inputs={"kind": result.kind, **result.inputs} if result else {},
    )


def family_document(family: Family | None) -> FamilyDocument | None:
    return FamilyDocument(method=family.method, alpha=family.alpha, size=family.size) if family else None


def _steps(metric: MetricAnalysis, result: MetricResult) -> list[StepDocument]:
    """A variation without units is not among the counts."""
    none = (0,) * len(metric.metric.steps)
    taken = {each.arm: metric.steps.get(each.arm, none) for each in result.arms}
    return [
        StepDocument(event=event, units={arm: counts[number] for arm, counts in taken.items()})
        for number, event in enumerate(metric.metric.steps)
    ]


def _variation(metric: MetricAnalysis, result: MetricResult, arm: ArmResult, judged: Judged) -> MetricVariation:
    is_control = arm.arm == result.control
    latest = next((each for each in metric.latest.arms if each.arm == arm.arm), None) if metric.latest else None
    return MetricVariation(
        variation=arm.arm,
        is_control=is_control,
        units=arm.n,
        mean=arm.mean,
        rate=arm.mean if metric.metric.aggregation.binary else None,
        standard_error=arm.se,
        lower=arm.lower,
        upper=arm.upper,
        latest=LatestDocument(units=latest.n, mean=latest.mean) if latest else None,
        comparison=None if is_control else comparison_document(metric, result.comparison(arm.arm), judged),
    )
