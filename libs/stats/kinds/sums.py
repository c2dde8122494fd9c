"""Sums and sums of squares: what no data can have is refused, and how much cancellation may have cost is told."""

from __future__ import annotations

import math
import sys

from stats.errors import InvalidInputError

EPSILON = sys.float_info.epsilon
SUM_ROUNDING = 1e-9
"""How far below its least possible value a float sum of squares may fall before it is refused."""


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
