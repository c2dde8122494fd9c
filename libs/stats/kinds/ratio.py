"""A ratio of two sums, as revenue per order: the five sums per arm, its estimate, and sums merged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stats import validation
from stats.errors import InvalidInputError
from stats.kinds.estimates import ArmEstimate, PreparedArm
from stats.kinds.sums import EPSILON, check_centred_cross, check_cross_sum, check_square_sum
from stats.statuses import Status


@dataclass(frozen=True, slots=True)
class RatioSummary:
    """Σm, Σm², Σd, Σd², Σmd over n units, for the ratio of sums Σm / Σd."""

    n: int
    num_sum: float
    num_sum_sq: float
    den_sum: float
    den_sum_sq: float
    num_den_sum: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "n", validation.count(self.n, "n"))
        for name, power in (
            ("num_sum", 1),
            ("num_sum_sq", 2),
            ("den_sum", 1),
            ("den_sum_sq", 2),
            ("num_den_sum", 2),
        ):
            object.__setattr__(self, name, validation.outcome_sum(getattr(self, name), name, power))
        check_square_sum(self.n, self.num_sum, self.num_sum_sq, "num_sum_sq")
        check_square_sum(self.n, self.den_sum, self.den_sum_sq, "den_sum_sq")
        check_cross_sum(self.num_sum_sq, self.den_sum_sq, self.num_den_sum, "num_den_sum")
        check_centred_cross(
            self.n,
            (self.num_sum, self.den_sum),
            (self.num_sum_sq, self.den_sum_sq),
            self.num_den_sum,
            "num_den_sum",
        )


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


def prepare_ratio(summary: RatioSummary) -> PreparedArm:
    """The estimate of an arm, or the status that stands in its way."""
    if summary.n == 0:
        return PreparedArm(0, None, None, Status.INSUFFICIENT_DATA)
    if summary.den_sum == 0.0:
        return PreparedArm(summary.n, None, None, Status.UNDEFINED_ZERO_DENOMINATOR)
    if summary.n < 2:
        return PreparedArm(summary.n, summary.num_sum / summary.den_sum, None, Status.INSUFFICIENT_DATA)
    estimate = estimate_ratio(summary)
    return PreparedArm(summary.n, estimate.mean, estimate)


def merge_ratios(parts: Sequence[RatioSummary]) -> RatioSummary:
    """The five sums add; the parts must hold different units."""
    if not parts:
        raise InvalidInputError("parts", "must not be empty")
    return RatioSummary(
        sum(part.n for part in parts),
        sum(part.num_sum for part in parts),
        sum(part.num_sum_sq for part in parts),
        sum(part.den_sum for part in parts),
        sum(part.den_sum_sq for part in parts),
        sum(part.num_den_sum for part in parts),
    )
