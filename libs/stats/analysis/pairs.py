"""One treatment against the control: the fixed-horizon test, and difference and lift at any critical value."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from stats import distributions
from stats.comparison import proportion_intervals, proportions
from stats.comparison.contrasts import Contrast, compare
from stats.comparison.lift import delta_se, fieller
from stats.effects import Difference, FixedHorizon, Lift, SetKind, Test
from stats.kinds.binary import BinarySummary
from stats.kinds.estimates import Arms, PreparedArm
from stats.statuses import Notice, Status, notice

CRITICAL_MOST = 1e6
"""Beyond it a set of rates says nothing."""
Critical = Callable[[float], float]
"""Degrees of freedom -> the critical value at them."""
Rates = tuple[BinarySummary, BinarySummary]
"""(treatment, control), where the outcome is a rate."""


@dataclass(frozen=True, slots=True)
class Pair:
    """The two arms of a comparison, prepared; `shared_variance` is common to both means."""

    treatment_name: str
    control_name: str
    treatment: PreparedArm
    control: PreparedArm
    shared_variance: float = 0.0

    @property
    def units(self) -> int:
        return self.treatment.n + self.control.n


@dataclass(frozen=True, slots=True)
class Compared:
    """A pair at a fixed horizon. `z` is the normal equivalent of its test, None where there is no test.

    Where Fisher's exact test gives the p, z is the smaller of its and chi-square's, so that sequential sets agree.
    """

    status: Status
    horizon: FixedHorizon
    z: float | None
    df: float
    notices: tuple[Notice, ...]

    @property
    def test(self) -> Test:
        return self.horizon.test

    @property
    def difference(self) -> Difference:
        return self.horizon.difference

    @property
    def lift(self) -> Lift:
        return self.horizon.lift


def compare_pair(pair: Pair, alpha: float) -> Compared:
    """Welch's test (or z where the estimates are normal) with the difference and the lift."""
    treatment, control = pair.treatment.estimate, pair.control.estimate
    if treatment is None or control is None:
        return _not_comparable(pair)
    contrast = compare(treatment, control, alpha)
    normal = math.isinf(treatment.df) and math.isinf(control.df)
    test = Test(
        method="z_unpooled" if normal else "welch_t",
        statistic_name="z" if normal else "t",
        statistic=contrast.statistic,
        df=None if math.isinf(contrast.df) else contrast.df,
        p_value=contrast.p_value,
        log10_p=contrast.log10_p,
    )
    difference, lift = _welch_sets(
        Arms(treatment, control, pair.shared_variance), contrast, distributions.critical(alpha, contrast.df)
    )
    return _compared(pair, contrast, FixedHorizon(test, difference, lift), _deviate(test, contrast.difference))


def compare_binary_pair(pair: Pair, treatment: BinarySummary, control: BinarySummary, alpha: float) -> Compared:
    """Chi-square or Fisher for the test, Newcombe for the difference, the score interval for the lift.

    The test decides, and both intervals follow it: each excludes 0 exactly when the test rejects.
    """
    treatment_rate, control_rate = pair.treatment.estimate, pair.control.estimate
    if treatment_rate is None or control_rate is None:
        return _not_comparable(pair)
    tested = proportions.compare_rates(treatment, control)
    contrast = compare(treatment_rate, control_rate, alpha)
    if tested.exact:
        test = Test("fisher_exact", p_value=tested.p_value, log10_p=tested.log10_p)
        status = Status.SMALL_SAMPLE_EXACT_USED
    else:
        test = Test("pearson_chi_square", "chi_square", tested.chi_square, 1.0, tested.p_value, tested.log10_p)
        status = Status.OK
    z = _deviate(test, contrast.difference)
    difference, lift = _score_sets(
        Arms(treatment_rate, control_rate), (treatment, control), contrast, distributions.critical(alpha), z or 0.0
    )
    if tested.exact and tested.z is not None and z is not None and abs(tested.z) < abs(z):
        z = tested.z
    return _compared(pair, replace(contrast, status=status), FixedHorizon(test, difference, lift), z)


def sets_at(pair: Pair, rates: Rates | None, critical: Critical, z: float) -> tuple[Difference, Lift]:
    """Difference and lift with the sets at a mode's critical value; both arms must have estimates.

    Both sets exclude 0 exactly when |z| reaches the critical value. No delta interval: it belongs to one look.
    """
    treatment, control = pair.treatment.estimate, pair.control.estimate
    if treatment is None or control is None:
        raise ValueError("both arms need an estimate")
    contrast = compare(treatment, control, 0.5)
    if rates is None:
        difference, lift = _welch_sets(Arms(treatment, control, pair.shared_variance), contrast, critical(contrast.df))
    else:
        difference, lift = _score_sets(Arms(treatment, control), rates, contrast, critical(math.inf), z)
    return _finite(difference), replace(_finite_set(lift), delta_lower=None, delta_upper=None)


def _finite(difference: Difference) -> Difference:
    ends = difference.lower, difference.upper
    return (
        difference
        if all(end is None or math.isfinite(end) for end in ends)
        else replace(difference, lower=None, upper=None)
    )


def _finite_set(lift: Lift) -> Lift:
    """The whole line for a set with an end beyond a double."""
    ends = lift.lower, lift.upper, *(lift.excluded or ())
    if all(end is None or math.isfinite(end) for end in ends):
        return lift
    return replace(lift, status=Status.LIFT_UNBOUNDED, kind=SetKind.ALL_REALS, lower=None, upper=None, excluded=None)


def _welch_sets(arms: Arms, contrast: Contrast, critical: float) -> tuple[Difference, Lift]:
    testable = contrast.status is Status.OK
    normal = math.isinf(arms.treatment.df) and math.isinf(arms.control.df)
    half_width = critical * contrast.se
    bounded = testable and math.isfinite(half_width)
    difference = Difference(
        contrast.difference,
        contrast.se,
        contrast.difference - half_width if bounded else None,
        contrast.difference + half_width if bounded else None,
        "wald" if normal else "welch",
    )
    return difference, lift_of(arms, critical, testable=testable)


def _score_sets(arms: Arms, rates: Rates, contrast: Contrast, critical: float, z: float) -> tuple[Difference, Lift]:
    """Newcombe's interval and the ratio's score interval, or where one contradicts the test, whose deviate is z, the
    score interval scaled by what this deviate is of chi-square's: at 0 it is the test."""
    if critical > CRITICAL_MOST:
        return Difference(contrast.difference, contrast.se, None, None, "newcombe"), lift_of(arms, math.inf)
    rejects = abs(z) >= critical
    scaled = _scaled_critical(rates, critical, z)
    lower, upper = proportion_intervals.newcombe_at(*rates, critical)
    difference = Difference(contrast.difference, contrast.se, lower, upper, "newcombe")
    if _excludes(lower, upper) != rejects:
        lower, upper = proportion_intervals.score_difference(*rates, scaled)
        difference = replace(difference, lower=lower, upper=upper, interval_method="score")
    lift = lift_of(arms, critical, testable=contrast.se > 0.0)
    if lift.kind is not None:
        low, high = proportion_intervals.score_ratio(*rates, critical)
        if _excludes(low - 1.0, high - 1.0) != rejects:
            low, high = proportion_intervals.score_ratio(*rates, scaled)
        lift = replace(
            lift, status=Status.OK, method="score", kind=SetKind.INTERVAL, excluded=None,
            lower=low - 1.0, upper=high - 1.0,
        )  # fmt: skip
    return difference, lift


def _scaled_critical(rates: Rates, critical: float, z: float) -> float:
    """The critical value of chi-square's deviate at which it rejects exactly when |z| reaches `critical`."""
    chi = proportions.pooled_z(*rates)
    if chi is None or chi == 0.0:
        return critical
    return min(critical * abs(chi / z), CRITICAL_MOST) if z != 0.0 else CRITICAL_MOST


def _excludes(lower: float, upper: float) -> bool:
    """Whether 0 is outside."""
    return lower > 0.0 or upper < 0.0


def lift_of(arms: Arms, critical: float, *, testable: bool = True) -> Lift:
    """The lift with both intervals at this critical value; intervals are None if `testable` is false."""
    treatment, control, shared = arms.treatment, arms.control, arms.shared
    if control.mean == 0.0:
        return Lift(Status.UNDEFINED_ZERO_BASELINE)
    negative = control.mean < 0.0
    denominator = "absolute_control_mean" if negative else "control_mean"
    estimate = (treatment.mean - control.mean) / abs(control.mean)
    if not testable:
        return Lift(Status.ZERO_VARIANCE, estimate, denominator=denominator)
    if not math.isfinite(critical * critical):
        return Lift(Status.LIFT_UNBOUNDED, estimate, SetKind.ALL_REALS, denominator=denominator)
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


def _deviate(test: Test, difference: float) -> float | None:
    return None if test.log10_p is None else distributions.z_equivalent(test.log10_p, difference)


def _not_comparable(pair: Pair) -> Compared:
    treatment, control = pair.treatment, pair.control
    problem = control.problem or treatment.problem or Status.INSUFFICIENT_DATA
    difference = None
    if treatment.mean is not None and control.mean is not None:
        difference = treatment.mean - control.mean
    contrast = Contrast(problem, math.nan, math.nan, math.inf, 0.0)
    return _compared(pair, contrast, FixedHorizon(Test("none"), Difference(difference), Lift(problem)), None)


def _compared(pair: Pair, contrast: Contrast, horizon: FixedHorizon, z: float | None) -> Compared:
    notices: tuple[Notice, ...] = ()
    if contrast.status is not Status.OK:
        notices = (notice(contrast.status, pair.treatment_name),)
    if horizon.lift.status in {Status.UNDEFINED_ZERO_BASELINE, Status.LIFT_UNBOUNDED}:
        notices = (*notices, notice(horizon.lift.status, pair.treatment_name))
    df = contrast.df if horizon.test.statistic_name == "t" else math.inf
    return Compared(contrast.status, horizon, z, df, notices)
