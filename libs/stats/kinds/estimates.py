"""One form for every metric: the mean of an arm, the variance of that mean, n, degrees of freedom.

Proportion, mean, ratio and CUPED all end here; difference, lift, sequential modes, guardrails and the
planner start here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from stats.statuses import Status

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


@dataclass(frozen=True, slots=True)
class Arms:
    """Treatment and control, and the variance that both means carry in common."""

    treatment: ArmEstimate
    control: ArmEstimate
    shared: float = 0.0


@dataclass(frozen=True, slots=True)
class PreparedArm:
    """An arm's estimate, or None and the reason; `mean` may be known when a variance is not."""

    n: int
    mean: float | None
    estimate: ArmEstimate | None
    problem: Status | None = None


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
