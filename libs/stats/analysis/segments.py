"""Results per segment with a family of their own, and periods with different allocations combined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stats.analysis.arms import Summary, prepare_arm
from stats.analysis.metric import DEFAULT_OPTIONS, analyse_metric
from stats.analysis.stratification import (
    EstimatePair,
    Heterogeneity,
    MantelHaenszel,
    PostStratified,
    allocation_changed,
    heterogeneity,
    mantel_haenszel,
    post_stratify,
)
from stats.errors import InvalidInputError
from stats.judgement.families import Family, adjust_family
from stats.kinds.binary import BinarySummary
from stats.metrics import AnalysisOptions, MetricSpec
from stats.results import MetricResult
from stats.statuses import Notice, Status, notice

SEGMENTS_MAX = 1_000


@dataclass(frozen=True, slots=True)
class SegmentedResult:
    """One result per segment, the family over all of them, and per treatment whether effects differ.

    `heterogeneity` is None for a treatment with fewer than two segments that can be compared.
    """

    segments: Mapping[str, MetricResult]
    family: Family
    heterogeneity: Mapping[str, Heterogeneity | None]


@dataclass(frozen=True, slots=True)
class CombinedPeriods:
    """One treatment over periods: post-stratified, and for rates Mantel–Haenszel beside it."""

    status: Status
    difference: PostStratified
    rates: MantelHaenszel | None
    notices: tuple[Notice, ...] = ()


def analyse_segments(
    metric: MetricSpec,
    segments: Mapping[str, Mapping[str, Summary]],
    *,
    control: str,
    options: AnalysisOptions = DEFAULT_OPTIONS,
    method: str = "holm",
) -> SegmentedResult:
    """Analyse each segment (name -> arm -> summary); p-values are adjusted over all segments and arms.

    Every segment has the same arms; one without units says so by its status.
    """
    if not 1 <= len(segments) <= SEGMENTS_MAX:
        raise InvalidInputError("segments", f"must be 1 to {SEGMENTS_MAX}")
    results = {name: analyse_metric(metric, arms, control=control, options=options) for name, arms in segments.items()}
    family = adjust_family(list(results.values()), method, alpha=options.alpha, segments=list(results))
    treatments = {arm for arms in segments.values() for arm in arms if arm != control}
    spread = {arm: _heterogeneity(list(segments.values()), arm, control, options.alpha) for arm in sorted(treatments)}
    return SegmentedResult(results, family, spread)


def combine_periods(
    periods: Sequence[Mapping[str, Summary]], *, treatment: str, control: str, alpha: float = 0.05
) -> CombinedPeriods:
    """Compare within each period and combine by the periods' shares of units.

    When the allocation changed between periods the pooled table may point the wrong way; the status
    then is `allocation_changed`. Periods in which an arm can't be estimated are left out.
    """
    usable = [period for period in periods if _estimates(period, treatment, control) is not None]
    pairs = [pair for period in usable if (pair := _estimates(period, treatment, control)) is not None]
    if not pairs:
        raise InvalidInputError("periods", "none has enough units in both arms")
    changed = allocation_changed([(first.n, second.n) for first, second in pairs])
    rates = [
        (first, second)
        for period in usable
        if isinstance(first := period[treatment], BinarySummary)
        and isinstance(second := period[control], BinarySummary)
    ]
    return CombinedPeriods(
        status=Status.ALLOCATION_CHANGED if changed else Status.OK,
        difference=post_stratify(pairs, alpha),
        rates=mantel_haenszel(rates) if rates else None,
        notices=(notice(Status.ALLOCATION_CHANGED),) if changed else (),
    )


def _heterogeneity(
    segments: Sequence[Mapping[str, Summary]], treatment: str, control: str, alpha: float
) -> Heterogeneity | None:
    pairs = [pair for arms in segments if (pair := _estimates(arms, treatment, control)) is not None]
    varying = [pair for pair in pairs if pair[0].variance + pair[1].variance > 0.0]
    return heterogeneity(varying, alpha) if len(varying) > 1 else None


def _estimates(arms: Mapping[str, Summary], treatment: str, control: str) -> EstimatePair | None:
    if treatment not in arms or control not in arms:
        return None
    first, second = prepare_arm(arms[treatment]).estimate, prepare_arm(arms[control]).estimate
    return None if first is None or second is None else (first, second)
