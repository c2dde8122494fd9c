"""The mean of a numeric outcome: its sums per arm, its estimate, and sums merged over segments or days.

Sums may be taken around a rounded `centre` (Σ(y − centre), Σ(y − centre)²), which keeps their digits when the mean
is large. Source of the merging: Chan, Golub & LeVeque 1983, "Algorithms for computing the sample variance".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stats import validation
from stats.kinds.estimates import ArmEstimate, PreparedArm
from stats.kinds.sums import EPSILON, cancellation, check_square_sum, within_squares
from stats.statuses import Status


@dataclass(frozen=True, slots=True)
class MeanSummary:
    """n units with Σ(y − centre) and Σ(y − centre)² of a numeric outcome y."""

    n: int
    sum: float
    sum_sq: float
    centre: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "n", validation.count(self.n, "n"))
        for name, power in (("sum", 1), ("sum_sq", 2), ("centre", 1)):
            object.__setattr__(self, name, validation.outcome_sum(getattr(self, name), name, power))
        check_square_sum(self.n, self.sum, self.sum_sq, "sum_sq")

    @classmethod
    def from_moments(cls, n: int, mean: float, variance: float) -> MeanSummary:
        """From a mean and an unbiased variance, for example ClickHouse's avg and varSampStable."""
        spread = validation.non_negative(variance, "variance") * max(n - 1, 0)
        return cls(n, 0.0, spread, validation.finite(mean, "mean"))

    @property
    def mean(self) -> float:
        """The mean of y; n must be above 0."""
        return self.centre + self.sum / self.n

    @property
    def squares(self) -> float:
        """Σ(y − ȳ)², not negative."""
        return within_squares(self.n, self.sum, self.sum_sq)

    @property
    def variance(self) -> float:
        """The unbiased variance of y; n must be above 1."""
        return self.squares / (self.n - 1)

    @property
    def is_constant(self) -> bool:
        """True if the sums say exactly that all units are equal (not merely up to rounding)."""
        return self.squares == 0.0 and self.relative_error == 0.0

    @property
    def relative_error(self) -> float:
        """Bound on the variance's relative error by cancellation: ε·Σy² / ((n − 1)·var)."""
        return cancellation(self.n, self.sum, self.sum_sq)


def estimate_mean(summary: MeanSummary) -> ArmEstimate:
    """Mean with s²/n on n − 1 degrees of freedom; needs n ≥ 2."""
    n = summary.n
    error = 0.0 if summary.is_constant else EPSILON * summary.sum_sq / ((n - 1) * n)
    return ArmEstimate(summary.mean, summary.variance / n, n, n - 1.0, error)


def prepare_mean(summary: MeanSummary) -> PreparedArm:
    """The estimate of an arm, or the status that stands in its way."""
    if summary.n < 2:
        mean = summary.mean if summary.n else None
        return PreparedArm(summary.n, mean, None, Status.INSUFFICIENT_DATA)
    return PreparedArm(summary.n, summary.mean, estimate_mean(summary))


def merge_means(parts: Sequence[MeanSummary]) -> MeanSummary:
    """One summary of all parts' units, around the merged mean; exact where plain sums would cancel."""
    n, mean, squares = 0, 0.0, 0.0
    for part in parts:
        if part.n == 0:
            continue
        total = n + part.n
        gap = part.mean - mean
        squares += part.squares + gap * gap * n * part.n / total
        mean += gap * part.n / total
        n = total
    return MeanSummary(n, 0.0, squares, mean)
