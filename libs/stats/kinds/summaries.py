"""Sufficient statistics of one arm: what the warehouse hands over, checked and immutable.

One row per unit of randomisation is meant everywhere, never one per event. Sums may be taken around a
rounded `centre` (Σ(y − centre), Σ(y − centre)²), which keeps their digits when the mean is large.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass

from stats import validation
from stats.errors import InvalidInputError

EPSILON = sys.float_info.epsilon
SUM_ROUNDING = 1e-9
"""How far below its least possible value a float sum of squares may fall before it is refused."""


@dataclass(frozen=True, slots=True)
class BinarySummary:
    """n units, of which `conversions` converted (0 ≤ conversions ≤ n)."""

    n: int
    conversions: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "n", validation.count(self.n, "n"))
        object.__setattr__(self, "conversions", validation.count(self.conversions, "conversions"))
        if self.conversions > self.n:
            raise InvalidInputError("conversions", f"must not exceed n ({self.conversions} > {self.n})")

    @property
    def rate(self) -> float:
        """The share that converted; n must be above 0."""
        return self.conversions / self.n

    def as_mean(self) -> MeanSummary:
        """The same outcome read as the numbers 0 and 1."""
        return MeanSummary(self.n, self.conversions, self.conversions)


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


def within_squares(n: int, total: float, square_total: float) -> float:
    """Σ(y − ȳ)² from the sums, not negative; 0 for n = 0."""
    if n == 0:
        return 0.0
    return max(0.0, square_total - total * total / n)


def check_square_sum(n: int, total: float, square_total: float, field: str) -> None:
    """Refuse a Σy² that no n numbers with that Σy can have (Cauchy–Schwarz), rounding aside."""
    if n == 0:
        if total != 0.0 or square_total != 0.0:
            raise InvalidInputError(field, "must be 0 when n is 0, like its sum")
        return
    least = total * total / n
    if square_total < least - SUM_ROUNDING * max(least, square_total):
        raise InvalidInputError(field, f"is below sum²/n ({square_total:g} < {least:g}): no data have these sums")


def check_cross_sum(first_squares: float, second_squares: float, cross: float, field: str) -> None:
    """Refuse a Σab with (Σab)² > Σa²·Σb², rounding aside."""
    most = math.sqrt(first_squares) * math.sqrt(second_squares)
    if abs(cross) > most * (1.0 + SUM_ROUNDING):
        raise InvalidInputError(field, f"is above √(Σa²·Σb²) ({abs(cross):g} > {most:g}): no data have these sums")


def check_centred_cross(
    n: int, sums: tuple[float, float], squares: tuple[float, float], cross: float, field: str
) -> None:
    """Refuse a Σab whose covariance exceeds both standard deviations' product, rounding of the sums aside."""
    if n == 0:
        return
    covariance = cross - sums[0] / n * sums[1]
    most = math.sqrt(within_squares(n, sums[0], squares[0])) * math.sqrt(within_squares(n, sums[1], squares[1]))
    if abs(covariance) > most * (1.0 + SUM_ROUNDING) + SUM_ROUNDING * math.sqrt(squares[0]) * math.sqrt(squares[1]):
        raise InvalidInputError(field, "makes a correlation above 1: no data have these sums")


def cancellation(n: int, total: float, square_total: float) -> float:
    """ε·Σy² / Σ(y − ȳ)²: 0 for exactly constant data, infinity if the variance drowned in rounding."""
    squares = within_squares(n, total, square_total)
    if squares > 0.0:
        return EPSILON * square_total / squares
    return 0.0 if _exactly_constant(n, total, square_total) else math.inf


def _exactly_constant(n: int, total: float, square_total: float) -> bool:
    if n <= 1 or square_total == 0.0:
        return True
    (top, bottom), (square_top, square_bottom) = total.as_integer_ratio(), square_total.as_integer_ratio()
    return square_top * n * bottom * bottom == top * top * square_bottom
