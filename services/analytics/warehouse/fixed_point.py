"""Sums of doubles that do not depend on the order of adding: over whole multiples of 2^-64, as integers of any size.

A sum of doubles differs in its last digits by which thread was first, so two ways to the same rows would not agree.
Here they agree to the last digit, and a variance loses nothing to a large mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

_BITS = 64
ONE_WHOLE = str(1 << _BITS)
ONE = f"{ONE_WHOLE}."
SIZE_MAX = 1e15
"""A unit's number beyond this is not summed; it is counted as strange."""


def usable(number: str) -> str:
    """SQL: whether the number can be summed. It is false of what is no number."""
    return f"(abs({number}) <= {SIZE_MAX:.0f}.)"


def whole(number: str) -> str:
    """SQL: the number as a whole multiple of 2^-64. It has to be usable."""
    return f"toInt128(({number}) * {ONE})"


def total(integer: str) -> str:
    """SQL: the sum over all rows, as text."""
    return f"toString(sum(toInt256({integer})))"


def total_product(left: str, right: str) -> str:
    """SQL: the sum of the products over all rows, as text."""
    return f"toString(sum(toInt256({left}) * {right}))"


@dataclass(frozen=True, slots=True)
class ExactSums:
    """Of `units` values, by integers: `sum` in 2^-64, `squares` in 2^-128."""

    units: int
    sum: int
    squares: int

    @property
    def mean(self) -> float:
        return self.sum / (self.units << _BITS) if self.units else 0.0

    @property
    def centred_squares(self) -> float:
        """Σ(value − mean)²."""
        return centred(self.units, self.squares, self.sum, self.sum)


def centred(units: int, products: int, left: int, right: int) -> float:
    """Σ(x − mean x)(y − mean y) of Σxy, Σx and Σy."""
    if not units:
        return 0.0
    return float(Fraction(units * products - left * right, units << 2 * _BITS))


def number(sum_of_whole: int) -> float:
    """The sum itself."""
    return float(Fraction(sum_of_whole, 1 << _BITS))


def product(sum_of_products: int) -> float:
    """The sum of products itself."""
    return float(Fraction(sum_of_products, 1 << 2 * _BITS))
