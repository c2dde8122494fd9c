"""The door of the engine: one metric over k arms, each treatment against the control."""

from __future__ import annotations

from collections.abc import Mapping

from stats import binary_intervals, distributions
from stats.comparing import Pair, compare_binary_pair, compare_pair
from stats.documents import as_document
from stats.errors import InvalidInputError
from stats.metrics import AnalysisOptions, MetricSpec
from stats.omnibus import chi_square_omnibus, welch_anova
from stats.preparing import PreparedArm, PreparedArms, Summary, prepare
from stats.results import ArmResult, Comparison, MetricResult, Omnibus
from stats.statuses import SENTENCES, Status
from stats.summaries import BinarySummary
from stats.version import ENGINE_VERSION

DEFAULT_OPTIONS = AnalysisOptions()


def analyse_metric(
    metric: MetricSpec,
    arms: Mapping[str, Summary],
    *,
    control: str,
    options: AnalysisOptions = DEFAULT_OPTIONS,
) -> MetricResult:
    """Analyse one metric from one summary per arm, all of the same kind.

    Answers with a status instead of raising when the data can't carry a number; raises
    `InvalidInputError` (with `field`) only for a call that is wrong: no such control, mixed kinds, fewer
    than two arms.
    """
    prepared = prepare(arms)
    if control not in arms:
        raise InvalidInputError("control", f"{control!r} is not among the arms")
    treatments = [arm for arm in arms if arm != control]
    comparisons = tuple(_compare(arms, prepared, arm, control, options) for arm in treatments)
    status = _worst_status(comparisons)
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
        inputs=_inputs(metric, arms, options),
    )


def _compare(
    arms: Mapping[str, Summary],
    prepared: PreparedArms,
    treatment: str,
    control: str,
    options: AnalysisOptions,
) -> Comparison:
    pair = Pair(treatment, control, prepared.arms[treatment], prepared.arms[control], prepared.shared_variance)
    treatment_summary, control_summary = arms[treatment], arms[control]
    if isinstance(treatment_summary, BinarySummary) and isinstance(control_summary, BinarySummary):
        return compare_binary_pair(pair, treatment_summary, control_summary, options.alpha)
    return compare_pair(pair, options.alpha)


def _arm_result(name: str, summary: Summary, prepared: PreparedArm, alpha: float) -> ArmResult:
    estimate = prepared.estimate
    if estimate is None:
        return ArmResult(name, prepared.n, prepared.mean, None, None, None)
    se = estimate.variance**0.5
    if isinstance(summary, BinarySummary):
        lower, upper = binary_intervals.wilson(summary, alpha)
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


def _worst_status(comparisons: tuple[Comparison, ...]) -> Status:
    return next((one.status for one in comparisons if one.status is not Status.OK), Status.OK)


def _inputs(metric: MetricSpec, arms: Mapping[str, Summary], options: AnalysisOptions) -> dict[str, object]:
    return {"metric": as_document(metric), "arms": as_document(arms), "options": as_document(options)}
