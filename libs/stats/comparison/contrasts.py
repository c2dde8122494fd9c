"""Treatment minus control, from two arm estimates: Welch's test with its interval.

Source: Welch 1947, "The generalization of Student's problem when several different population
variances are involved"; degrees of freedom by Satterthwaite 1946. With df = infinity in both arms it is
the z test on unpooled variances.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from stats import distributions
from stats.kinds.estimates import PRECISION_FATAL, ArmEstimate, welch_df
from stats.statuses import Status


@dataclass(frozen=True, slots=True)
class Contrast:
    """A difference with its test; what the data can't give is None and `status` says why.

    `log10_p` belongs to the two-sided p; `p_greater` is the one-sided p of "treatment is larger".
    """

    status: Status
    difference: float
    se: float
    df: float
    alpha: float
    statistic: float | None = None
    p_value: float | None = None
    log10_p: float | None = None
    p_greater: float | None = None
    p_less: float | None = None
    lower: float | None = None
    upper: float | None = None


def compare(treatment: ArmEstimate, control: ArmEstimate, alpha: float, null: float = 0.0) -> Contrast:
    """Test treatment − control = null, and the interval at level 1 − alpha for the difference."""
    difference = treatment.mean - control.mean
    variance = treatment.variance + control.variance
    se = math.sqrt(variance)
    df = welch_df(treatment, control)
    error = treatment.variance_error + control.variance_error
    if error > PRECISION_FATAL * variance:
        return Contrast(Status.PRECISION_LOSS, difference, se, df, alpha)
    if variance == 0.0:
        return Contrast(Status.ZERO_VARIANCE, difference, se, df, alpha)
    statistic = (difference - null) / se
    half_width = distributions.critical(alpha, df) * se
    return Contrast(
        Status.OK,
        difference,
        se,
        df,
        alpha,
        statistic=statistic,
        p_value=distributions.two_sided_p(statistic, df),
        log10_p=distributions.log10_two_sided_p(statistic, df),
        p_greater=distributions.upper_p(statistic, df),
        p_less=distributions.upper_p(-statistic, df),
        lower=difference - half_width,
        upper=difference + half_width,
    )
