"""One form for every metric: the mean of an arm, the variance of that mean, n, degrees of freedom.

Proportion, mean, ratio and CUPED all end here; difference, lift, sequential modes, guardrails and the
planner start here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from stats.kinds.summaries import EPSILON, BinarySummary, MeanSummary, RatioSummary

PRECISION_WARNING = 1e-6
PRECISION_FATAL = 1e-2


@dataclass(frozen=True, slots=True)
class ArmEstimate:
    """mean; variance of the mean; n units; df (infinity: the normal distribution applies).

    `variance_error` bounds the absolute rounding error of `variance` that the sums carry.
    `shared_covariance` is the covariance of this mean's own part with a part that all arms share (CUPED's
    grand covariate mean); it cancels in differences and matters for ratios.
    """

    mean: float
    variance: float
    n: int
    df: float
    variance_error: float = 0.0
    shared_covariance: float = 0.0

    @property
    def loses_precision(self) -> bool:
        """True if cancellation may have spoilt more than a millionth of the variance."""
        return self.variance_error > PRECISION_WARNING * self.variance


def estimate_rate(summary: BinarySummary) -> ArmEstimate:
    """Conversion rate p with p(1 − p)/n; needs n ≥ 1."""
    rate = summary.rate
    return ArmEstimate(rate, rate * (1.0 - rate) / summary.n, summary.n, math.inf)


def estimate_mean(summary: MeanSummary) -> ArmEstimate:
    """Mean with s²/n on n − 1 degrees of freedom; needs n ≥ 2."""
    n = summary.n
    error = 0.0 if summary.is_constant else EPSILON * summary.sum_sq / ((n - 1) * n)
    return ArmEstimate(summary.mean, summary.variance / n, n, n - 1.0, error)


def estimate_ratio(summary: RatioSummary) -> ArmEstimate:
    """R = Σm/Σd with the delta variance (s²m − 2R·s_md + R²·s²d)/(n·d̄²); needs n ≥ 2 and Σd ≠ 0.

    Source: Deng, Knoblich & Lu 2018, "Applying the Delta Method in Metric Analytics", section 3.
    """
    n = summary.n
    ratio = summary.num_sum / summary.den_sum
    den_mean = summary.den_sum / n
    # Σ(m − R·d) is 0 by the choice of R, so the residuals' squares need no centring.
    squares = summary.num_sum_sq - 2.0 * ratio * summary.num_den_sum + ratio * ratio * summary.den_sum_sq
    scale = (n - 1.0) * n * den_mean * den_mean
    size = summary.num_sum_sq + ratio * ratio * summary.den_sum_sq
    variance = max(squares, 0.0) / scale
    error = 0.0 if squares == 0.0 else 2.0 * EPSILON * size / scale
    return ArmEstimate(ratio, variance, n, n - 1.0, error)


@dataclass(frozen=True, slots=True)
class Moments:
    """Variances of both means and their covariance, complete with what the arms share."""

    treatment: float
    control: float
    covariance: float

    def of_combination(self, factor: float) -> float:
        """Var(treatment mean − factor · control mean)."""
        variance = self.treatment + factor * factor * self.control - 2.0 * factor * self.covariance
        return max(variance, 0.0)


def moments(treatment: ArmEstimate, control: ArmEstimate, shared_variance: float = 0.0) -> Moments:
    """Add the shared part to both arms: vₐ + 2kₐ + V each, kt + kc + V between them."""
    own_t, own_c = treatment.shared_covariance, control.shared_covariance
    return Moments(
        treatment.variance + 2.0 * own_t + shared_variance,
        control.variance + 2.0 * own_c + shared_variance,
        own_t + own_c + shared_variance,
    )


def welch_df(first: ArmEstimate, second: ArmEstimate) -> float:
    """(v₁ + v₂)² / (v₁²/df₁ + v₂²/df₂); infinity if both arms are normal or neither varies."""
    total = first.variance + second.variance
    if total == 0.0:
        return math.inf
    # Shares of the total, so that neither tiny nor huge variances under- or overflow when squared.
    first_share, second_share = first.variance / total, second.variance / total
    inverse = first_share * first_share / first.df + second_share * second_share / second.df
    return 1.0 / inverse if inverse > 0.0 else math.inf
