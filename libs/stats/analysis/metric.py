"""What callers ask the engine: one metric over k arms, each treatment against the control."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from stats import distributions
from stats.analysis.arms import PreparedArms, Summary, prepare, prepare_arm
from stats.analysis.blocks import Context, comparison_of, fixed_horizon
from stats.analysis.pairs import Pair, compare_pair
from stats.comparison import proportion_intervals
from stats.comparison.dunnett import dunnett
from stats.comparison.omnibus import Omnibus, chi_square_omnibus, welch_anova
from stats.documents import as_document
from stats.effects import FixedHorizon
from stats.errors import InvalidInputError
from stats.kinds.binary import BinarySummary
from stats.kinds.cuped import Adjustable, balance_p
from stats.kinds.estimates import PreparedArm
from stats.kinds.mean import MeanSummary
from stats.kinds.winsorisation import Winsorising
from stats.metrics import AnalysisOptions, MetricSpec
from stats.results import ArmResult, Comparison, CupedBlock, MetricResult, WinsorBlock
from stats.statuses import SENTENCES, Status
from stats.version import ENGINE_VERSION

DEFAULT_OPTIONS = AnalysisOptions()


@dataclass(frozen=True, slots=True)
class CappedArms:
    """Says that the arms' outcome was capped, and gives the arms without the cap."""

    how: Winsorising
    uncapped: Mapping[str, Summary]


def analyse_metric(
    metric: MetricSpec,
    arms: Mapping[str, Summary],
    *,
    control: str,
    options: AnalysisOptions = DEFAULT_OPTIONS,
    capped: CappedArms | None = None,
) -> MetricResult:
    """Analyse one metric from one summary per arm, all of the same kind.

    `capped` tells that the outcome was winsorised, and brings the uncapped arms to stand beside it.
    Answers with a status instead of raising when the data can't carry a number; raises
    `InvalidInputError` (with `field`) only for a call that is wrong: no such control, mixed kinds, fewer
    than two arms.
    """
    prepared = prepare(arms)
    if control not in arms:
        raise InvalidInputError("control", f"{control!r} is not among the arms")
    pairs = {arm: _pair(prepared, arm, control) for arm in arms if arm != control}
    comparisons = tuple(
        _complete(Context(metric, options.of_arm(arm), pair, arms[arm], arms[control]), prepared)
        for arm, pair in pairs.items()
    )
    comparisons = _with_uncapped(_with_dunnett(comparisons, arms, control), capped, arms, options)
    status = next((one.status for one in comparisons if one.status is not Status.OK), Status.OK)
    return MetricResult(
        metric=metric.key,
        kind=prepared.kind,
        status=status,
        explanation=SENTENCES[status],
        control=control,
        arms=tuple(_arm_result(name, arms[name], prepared.arms[name], options.alpha) for name in arms),
        comparisons=comparisons,
        omnibus=_omnibus(arms, prepared),
        alpha=options.alpha,
        mode=options.mode.value,
        direction=metric.direction.value,
        engine_version=ENGINE_VERSION,
        is_guardrail=metric.guardrail is not None,
        warnings=prepared.notices,
        inputs={
            "metric": as_document(metric),
            "arms": as_document(arms),
            "control": control,
            "options": as_document(options),
            "capped": None if capped is None else as_document(capped) | {"kind": prepare(capped.uncapped).kind},
        },
    )


def _pair(prepared: PreparedArms, treatment: str, control: str) -> Pair:
    return Pair(treatment, control, prepared.arms[treatment], prepared.arms[control], prepared.shared_variance)


def _complete(context: Context, prepared: PreparedArms) -> Comparison:
    comparison = comparison_of(context)
    if isinstance(context.treatment, Adjustable) and isinstance(context.control, Adjustable):
        block = _cuped_block(comparison, context.treatment, context.control, prepared)
        return replace(comparison, cuped=block)
    return comparison


def _cuped_block(
    comparison: Comparison, treatment: Adjustable, control: Adjustable, prepared: PreparedArms
) -> CupedBlock:
    """The unadjusted comparison stands beside the adjusted one whether or not CUPED was applied."""
    plain = Pair(
        comparison.arm,
        comparison.control,
        prepare_arm(treatment.outcome),
        prepare_arm(control.outcome),
    )
    unadjusted = compare_pair(plain, comparison.alpha).horizon
    fit, reduction = prepared.cuped, None
    applied = fit is not None and fit.applied
    if applied and comparison.difference.se is not None and unadjusted.difference.se:
        reduction = 1.0 - (comparison.difference.se / unadjusted.difference.se) ** 2
    units = treatment.n + control.n
    known = treatment.history_n is not None and control.history_n is not None
    history = (treatment.history_n or 0) + (control.history_n or 0)
    return CupedBlock(
        applied=applied,
        reason=fit.reason if fit else None,
        covariates=treatment.covariates,
        theta=fit.theta if fit else (),
        variance_reduction=reduction,
        balance_p=balance_p(treatment, control) if min(treatment.n, control.n) > 1 else None,
        history_share=history / units if known and units else None,
        unadjusted=unadjusted,
    )


def _with_dunnett(
    comparisons: tuple[Comparison, ...], arms: Mapping[str, Summary], control: str
) -> tuple[Comparison, ...]:
    """Family-wise p over several treatments of a mean; Dunnett's pooled variance is its assumption."""
    means = {arm: summary for arm, summary in arms.items() if isinstance(summary, MeanSummary)}
    if len(arms) < 3 or len(means) < len(arms) or any(summary.n < 2 for summary in means.values()):
        return comparisons
    test = dunnett([means[one.arm] for one in comparisons], means[control])
    if test is None:
        return comparisons
    return tuple(replace(one, p_many_to_one=p) for one, p in zip(comparisons, test.p_values, strict=True))


def _with_uncapped(
    comparisons: tuple[Comparison, ...],
    capped: CappedArms | None,
    arms: Mapping[str, Summary],
    options: AnalysisOptions,
) -> tuple[Comparison, ...]:
    if capped is None:
        return comparisons
    if set(capped.uncapped) != set(arms):
        raise InvalidInputError("capped.uncapped", "must have the same arms as the capped outcome")
    prepared = prepare(capped.uncapped)
    share = capped.how.share_capped(sum(one.n for one in prepared.arms.values()))
    return tuple(
        replace(
            one,
            winsor=WinsorBlock(
                capped.how.percentile,
                capped.how.cap,
                share,
                _uncapped(prepared, capped.uncapped, one, options.alpha),
                capped.how.lower_percentile,
                capped.how.floor,
                capped.how.of,
            ),
        )
        for one in comparisons
    )


def _uncapped(prepared: PreparedArms, arms: Mapping[str, Summary], one: Comparison, alpha: float) -> FixedHorizon:
    treatment, control = arms[one.arm], arms[one.control]
    rates = None
    if isinstance(treatment, BinarySummary) and isinstance(control, BinarySummary):
        rates = treatment, control
    return fixed_horizon(_pair(prepared, one.arm, one.control), rates, alpha).horizon


def _arm_result(name: str, summary: Summary, prepared: PreparedArm, alpha: float) -> ArmResult:
    estimate = prepared.estimate
    if estimate is None:
        return ArmResult(name, prepared.n, prepared.mean, None, None, None)
    se = estimate.variance**0.5
    if isinstance(summary, BinarySummary):
        lower, upper = proportion_intervals.wilson(summary, alpha)
    else:
        half_width = distributions.critical(alpha, estimate.df) * se
        lower, upper = estimate.mean - half_width, estimate.mean + half_width
    return ArmResult(name, prepared.n, estimate.mean, se, lower, upper)


def _omnibus(arms: Mapping[str, Summary], prepared: PreparedArms) -> Omnibus | None:
    """The test over all arms; None for two arms, where the comparison says the same."""
    if len(arms) < 3:
        return None
    rates = [summary for summary in arms.values() if isinstance(summary, BinarySummary)]
    if rates:
        return chi_square_omnibus(rates)
    estimates = [arm.estimate for arm in prepared.arms.values() if arm.estimate is not None]
    if len(estimates) < len(arms):
        return Omnibus("welch_anova", None, len(arms) - 1.0, None, None, Status.INSUFFICIENT_DATA)
    return welch_anova(estimates)
