"""One treatment against the control at a fixed horizon: difference, test, lift."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from stats import distributions
from stats.comparison import proportion_intervals, proportions
from stats.comparison.contrasts import Contrast, compare
from stats.comparison.lift import SetKind, delta_se, fieller
from stats.kinds.binary import BinarySummary
from stats.kinds.estimates import ArmEstimate, PreparedArm
from stats.results import Comparison, Difference, Lift, Test
from stats.statuses import SENTENCES, Notice, Status, notice


@dataclass(frozen=True, slots=True)
class Pair:
    """The two arms of a comparison, prepared; `shared_variance` is common to both means."""

    treatment_name: str
    control_name: str
    treatment: PreparedArm
    control: PreparedArm
    shared_variance: float = 0.0


def compare_pair(pair: Pair, alpha: float) -> Comparison:
    """Welch's test (or z where the estimates are normal) with the difference and the lift."""
    treatment, control = pair.treatment.estimate, pair.control.estimate
    if treatment is None or control is None:
        return _not_comparable(pair, alpha)
    contrast = compare(treatment, control, alpha)
    critical = distributions.critical(alpha, contrast.df)
    normal = math.isinf(treatment.df) and math.isinf(control.df)
    test = Test(
        method="z_unpooled" if normal else "welch_t",
        statistic_name="z" if normal else "t",
        statistic=contrast.statistic,
        df=None if math.isinf(contrast.df) else contrast.df,
        p_value=contrast.p_value,
        log10_p=contrast.log10_p,
    )
    difference = Difference(
        contrast.difference, contrast.se, contrast.lower, contrast.upper, "wald" if normal else "welch"
    )
    lift = lift_of(treatment, control, critical, pair.shared_variance, testable=contrast.status is Status.OK)
    return _comparison(pair, contrast, difference, test, lift)


def compare_binary_pair(pair: Pair, treatment: BinarySummary, control: BinarySummary, alpha: float) -> Comparison:
    """Chi-square or Fisher for the test, Newcombe for the difference, the score interval for the lift.

    The score interval is Fieller's inversion with the variance under the hypothesis, as chi-square has it,
    so that it excludes 0 exactly when chi-square rejects.
    """
    treatment_rate, control_rate = pair.treatment.estimate, pair.control.estimate
    if treatment_rate is None or control_rate is None:
        return _not_comparable(pair, alpha)
    tested = proportions.compare_rates(treatment, control)
    contrast = compare(treatment_rate, control_rate, alpha)
    lower, upper = proportion_intervals.newcombe(treatment, control, alpha)
    difference = Difference(contrast.difference, contrast.se, lower, upper, "newcombe")
    if tested.exact:
        test = Test("fisher_exact", p_value=tested.p_value, log10_p=tested.log10_p)
        status = Status.SMALL_SAMPLE_EXACT_USED
    else:
        test = Test("pearson_chi_square", "chi_square", tested.chi_square, 1.0, tested.p_value, tested.log10_p)
        status = Status.OK
    lift = lift_of(treatment_rate, control_rate, distributions.critical(alpha), testable=contrast.se > 0.0)
    if lift.kind is not None:
        low, high = proportion_intervals.score_ratio(treatment, control, alpha)
        lift = replace(
            lift, status=Status.OK, method="score", kind=SetKind.INTERVAL, excluded=None,
            lower=low - 1.0, upper=high - 1.0,
        )  # fmt: skip
    return _comparison(pair, replace(contrast, status=status), difference, test, lift)


def lift_of(
    treatment: ArmEstimate, control: ArmEstimate, critical: float, shared: float = 0.0, *, testable: bool = True
) -> Lift:
    """The lift with both intervals at this critical value; intervals are None if `testable` is false."""
    if control.mean == 0.0:
        return Lift(Status.UNDEFINED_ZERO_BASELINE)
    negative = control.mean < 0.0
    denominator = "absolute_control_mean" if negative else "control_mean"
    estimate = (treatment.mean - control.mean) / abs(control.mean)
    if not testable:
        return Lift(Status.ZERO_VARIANCE, estimate, denominator=denominator)
    region = fieller(treatment, control, critical, shared)
    if negative:
        region = region.mirrored()
    half_width = critical * delta_se(treatment, control, shared)
    bounded = region.kind is SetKind.INTERVAL
    return Lift(
        status=Status.OK if bounded else Status.LIFT_UNBOUNDED,
        estimate=estimate,
        kind=region.kind,
        lower=region.lower,
        upper=region.upper,
        excluded=region.excluded,
        g=region.g,
        delta_lower=estimate - half_width,
        delta_upper=estimate + half_width,
        denominator=denominator,
    )


def _not_comparable(pair: Pair, alpha: float) -> Comparison:
    treatment, control = pair.treatment, pair.control
    problem = control.problem or treatment.problem or Status.INSUFFICIENT_DATA
    difference = None
    if treatment.mean is not None and control.mean is not None:
        difference = treatment.mean - control.mean
    contrast = Contrast(problem, math.nan, math.nan, math.inf, alpha)
    return _comparison(pair, contrast, Difference(difference), Test("none"), Lift(problem))


def _comparison(pair: Pair, contrast: Contrast, difference: Difference, test: Test, lift: Lift) -> Comparison:
    warnings: tuple[Notice, ...] = ()
    if contrast.status is not Status.OK:
        warnings = (notice(contrast.status, pair.treatment_name),)
    if lift.status in {Status.UNDEFINED_ZERO_BASELINE, Status.LIFT_UNBOUNDED}:
        warnings = (*warnings, notice(lift.status, pair.treatment_name))
    return Comparison(
        arm=pair.treatment_name,
        control=pair.control_name,
        status=contrast.status,
        explanation=SENTENCES[contrast.status],
        n_treatment=pair.treatment.n,
        n_control=pair.control.n,
        alpha=contrast.alpha,
        difference=difference,
        test=test,
        lift=lift,
        significant=None if test.p_value is None else test.p_value < contrast.alpha,
        decided_by=test.method,
        warnings=warnings,
    )
