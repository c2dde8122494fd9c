"""A metric's result: what the API answers, where each figure comes from, and which figures are columns of a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Annotated, Any

from stats import (
    AlwaysValidResult,
    ArmResult,
    BayesBlock,
    Comparison,
    CupedBlock,
    Difference,
    Family,
    GroupSequentialResult,
    GuardrailBlock,
    Lift,
    MdeBlock,
    MetricResult,
    Notice,
    Omnibus,
    Status,
    WinsorBlock,
)

from analytics.catalog.entries import Role
from analytics.results.analysis import MetricAnalysis
from analytics.results.sentences import comparison_sentence, metric_sentences
from analytics.tables.columns import Column, InTable

_ESTIMATE = Column(parts=("estimate", "lower", "upper"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonDocument:
    """A variation against the control; blocks that were not asked for are null.

    Fields that the engine's comparison or its test has under the same name are theirs.
    """

    control: str
    status: InTable[Status]
    explanation: str
    alpha: float
    difference: Annotated[Difference, _ESTIMATE]
    lift: Annotated[Lift, _ESTIMATE]
    significant: Annotated[bool | None, Column(after="adjusted_p")]
    decided_by: str
    sequential: GroupSequentialResult | AlwaysValidResult | None
    cuped: CupedBlock | None
    winsor: WinsorBlock | None
    guardrail: GuardrailBlock | None
    mde: MdeBlock | None
    bayes: BayesBlock | None
    p_many_to_one: float | None
    warnings: tuple[Notice, ...]
    units_compared: int
    summary: str
    method: Annotated[str, Column(after="significant")]
    statistic_name: str | None
    statistic: float | None
    df: float | None
    p_value: InTable[float | None]
    log10_p: float | None
    adjusted_p: InTable[float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricVariation:
    """What a variation's units did. `rate`: the mean of a metric that is a share of units."""

    variation: InTable[str]
    is_control: InTable[bool]
    units: InTable[int]
    mean: InTable[float | None]
    rate: float | None
    standard_error: InTable[float | None]
    lower: InTable[float | None]
    upper: InTable[float | None]
    comparison: ComparisonDocument | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricDocument:
    """One metric: its definition, and per variation the estimate and the comparison with the control.

    `inputs` and the engine's version are enough to compute it again.
    """

    metric: InTable[str]
    name: str
    role: InTable[Role]
    aggregation: InTable[str]
    higher_is_better: bool
    status: Annotated[Status, Column(stands_in=True)]
    explanation: str
    summary: str
    alpha: float | None
    control: str | None
    variations: list[MetricVariation]
    omnibus: Omnibus | None
    warnings: tuple[Notice, ...]
    inputs: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyDocument:
    """The tests whose p-values were adjusted together."""

    method: str
    alpha: float
    size: int


def same(described: type, source: Any) -> dict[str, Any]:
    """The source's values for the fields of `described` that it has under the same name."""
    names = {each.name for each in fields(described)}
    return {each.name: getattr(source, each.name) for each in fields(source) if each.name in names}


def metric_document(metric: MetricAnalysis, family: Family | None = None) -> MetricDocument:
    """`family`: where the metric's adjusted p-values are."""
    result = metric.result
    return MetricDocument(
        metric=metric.metric.key,
        name=metric.metric.name,
        role=metric.use.role,
        aggregation=metric.metric.aggregation.name,
        higher_is_better=metric.metric.higher_is_better,
        status=result.status if result else Status.INVALID_INPUT,
        explanation=result.explanation if result else metric.problem,
        summary=" ".join(metric_sentences(metric)),
        alpha=result.alpha if result else None,
        control=result.control if result else None,
        variations=[_variation(metric, result, arm, family) for arm in result.arms] if result else [],
        omnibus=result.omnibus if result else None,
        warnings=result.warnings if result else (),
        inputs=result.inputs if result else {},
    )


def family_document(family: Family) -> FamilyDocument:
    return FamilyDocument(method=family.method, alpha=family.alpha, size=family.size)


def _variation(metric: MetricAnalysis, result: MetricResult, arm: ArmResult, family: Family | None) -> MetricVariation:
    is_control = arm.arm == result.control
    return MetricVariation(
        variation=arm.arm,
        is_control=is_control,
        units=arm.n,
        mean=arm.mean,
        rate=arm.mean if metric.metric.aggregation.binary else None,
        standard_error=arm.se,
        lower=arm.lower,
        upper=arm.upper,
        comparison=None if is_control else _comparison(metric, result.comparison(arm.arm), family),
    )


def _comparison(metric: MetricAnalysis, comparison: Comparison, family: Family | None) -> ComparisonDocument:
    return ComparisonDocument(
        **(same(ComparisonDocument, comparison.fixed_horizon.test) | same(ComparisonDocument, comparison)),
        significant=None if comparison.p_value is None else comparison.p_value < comparison.alpha,
        units_compared=comparison.n_treatment + comparison.n_control,
        summary=comparison_sentence(metric, comparison),
        adjusted_p=_adjusted_p(metric, comparison, family),
    )


def _adjusted_p(metric: MetricAnalysis, comparison: Comparison, family: Family | None) -> float | None:
    for member in family.members if family else ():
        if member.metric == metric.metric.key and member.arm == comparison.arm:
            return member.adjusted_p
    return None
