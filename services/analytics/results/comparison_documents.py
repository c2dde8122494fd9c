"""A variation against the control: what may be read, by which figures, and what one look would say."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Annotated, Any

from stats import (
    AgainstControl,
    AlwaysValidResult,
    BayesBlock,
    Comparison,
    Difference,
    FixedHorizon,
    GroupSequentialResult,
    GuardrailBlock,
    Lift,
    MdeBlock,
    Notice,
    Omnibus,
    State,
    Status,
)
from stats.effects import ONLY_LOOK

from analytics.instants import rfc3339
from analytics.results.judgement import Judged
from analytics.results.metric_analysis import MetricAnalysis
from analytics.results.post_stratification import PostStratifiedBlock
from analytics.results.sentences import (
    UNREAD,
    comparison_explanation,
    comparison_sentence,
)
from analytics.tables.columns import Column, InTable

_ESTIMATE = Column(parts=("estimate", "lower", "upper"))
_GUARDRAIL = Column(after="reading", parts=("state", "p_value", "bound"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingDocument:
    """What a person may take from a comparison, and nothing else; it holds however often it is read.

    `readable_at` null: it can be read, or nobody knows when. `units_needed`: of all variations, for the next decision.
    `against_control`: of a guardrail with a margin, whose state and p are of the margin.
    """

    state: Annotated[State, Column("reading", after="significant")]
    method: Annotated[str, Column(after="guardrail_bound")]
    p_value: float | None
    adjusted_p: float | None
    alpha: float
    complete: bool
    readable_at: str | None
    units: int
    units_needed: int | None
    against_control: AgainstControl | None
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedHorizonDocument:
    """What one look would say; `caution` says when that holds. `p_many_to_one`: Dunnett's, over several variations."""

    method: str
    statistic_name: str | None
    statistic: float | None
    df: float | None
    p_value: float | None
    log10_p: float | None
    difference: Difference
    lift: Lift
    p_many_to_one: float | None
    caution: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OmnibusDocument:
    """Whether any of several variations differs, as one look would say; it decides nothing."""

    method: str
    statistic: float | None
    df: float | None
    df_denominator: float | None
    p_value: float | None
    status: Status
    caution: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CupedDocument:
    """What the covariates did, and what one look would say without them."""

    applied: bool
    reason: str | None
    covariates: tuple[str, ...]
    theta: tuple[float, ...]
    variance_reduction: float | None
    balance_p: float | None
    history_share: float | None
    unadjusted: FixedHorizonDocument | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WinsorDocument:
    """The caps, whom they cut, and what one look would say without them. `of`: whose percentiles they are."""

    percentile: float
    cap: float
    lower_percentile: float | None
    floor: float | None
    of: str
    share_capped: float
    uncapped: FixedHorizonDocument | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonDocument:
    """A variation against the control; blocks that were not asked for are null.

    p, difference and lift are those of the plan's mode, which hold whenever they are read. Fields that the engine's
    comparison has under the same name are its.
    """

    control: str
    status: InTable[Status]
    explanation: str
    alpha: float
    difference: Annotated[Difference, _ESTIMATE]
    lift: Annotated[Lift, _ESTIMATE]
    significant: Annotated[bool | None, Column(after="adjusted_p")]
    reading: ReadingDocument
    decided_by: str
    complete: bool
    sequential: GroupSequentialResult | AlwaysValidResult | None
    fixed_horizon: FixedHorizonDocument
    cuped: CupedDocument | None
    winsor: WinsorDocument | None
    guardrail: Annotated[GuardrailBlock | None, _GUARDRAIL]
    mde: MdeBlock | None
    bayes: BayesBlock | None
    post_stratified: PostStratifiedBlock | None
    warnings: tuple[Notice, ...]
    units_compared: int
    p_value: InTable[float | None]
    log10_p: float | None
    adjusted_p: InTable[float | None]


def same(described: type, source: Any) -> dict[str, Any]:
    """The source's values for the fields of `described` that it has under the same name."""
    names = {each.name for each in fields(described)}
    return {each.name: getattr(source, each.name) for each in fields(source) if each.name in names}


def comparison_document(metric: MetricAnalysis, comparison: Comparison, judged: Judged) -> ComparisonDocument:
    reading = judged.reading(metric.metric.key, comparison.arm)
    cuped, winsor = comparison.cuped, comparison.winsor
    given = same(ComparisonDocument, comparison) | {
        "fixed_horizon": _fixed_horizon(comparison.fixed_horizon, comparison.p_many_to_one),
        "explanation": comparison_explanation(metric, comparison),
        "cuped": cuped
        and CupedDocument(**same(CupedDocument, cuped) | {"unadjusted": _fixed_horizon(cuped.unadjusted)}),
        "winsor": winsor
        and WinsorDocument(**same(WinsorDocument, winsor) | {"uncapped": _fixed_horizon(winsor.uncapped)}),
    }
    return ComparisonDocument(
        **given,
        significant=None if reading.state in UNREAD else reading.significant,
        reading=ReadingDocument(
            state=reading.state,
            method=reading.method,
            p_value=reading.p_value,
            adjusted_p=reading.adjusted_p,
            alpha=reading.alpha,
            complete=reading.complete,
            readable_at=rfc3339(judged.readable_at),
            units=judged.units,
            units_needed=judged.units_needed if not reading.complete else None,
            against_control=reading.against_control,
            sentence=comparison_sentence(metric, comparison, judged),
        ),
        units_compared=comparison.n_treatment + comparison.n_control,
        adjusted_p=(reading.against_control or reading).adjusted_p,
        post_stratified=metric.post_stratified.get(comparison.arm),
    )


def _fixed_horizon(found: FixedHorizon | None, many_to_one: float | None = None) -> FixedHorizonDocument | None:
    if found is None:
        return None
    return FixedHorizonDocument(
        **same(FixedHorizonDocument, found.test),
        difference=found.difference,
        lift=found.lift,
        p_many_to_one=many_to_one,
        caution=found.caution,
    )


def omnibus_document(found: Omnibus) -> OmnibusDocument:
    return OmnibusDocument(**same(OmnibusDocument, found), caution=ONLY_LOOK)
