"""Checks of what comes in: each returns the value in its proper type or raises `InvalidInputError`."""

from __future__ import annotations

import math
from collections.abc import Sequence

from stats.errors import InvalidInputError

UNITS_MAX = 10**12
ALPHA_MIN, ALPHA_MAX = 1e-9, 0.5
POWER_MIN, POWER_MAX = 0.05, 0.9999
SUM_MAX = 1e60
SUM_MIN = 1e-60
"""Outside of this range products of sums over- or underflow a double; smaller sums count as 0."""


def finite(value: object, field: str) -> float:
    """A finite real number; booleans and text are refused."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InvalidInputError(field, f"must be a number, got {type(value).__name__}")
    try:
        number = float(value)
    except OverflowError:
        raise InvalidInputError(field, "is too large for a double") from None
    if not math.isfinite(number):
        raise InvalidInputError(field, "must be finite")
    return number


def outcome_sum(value: object, field: str, power: int = 1) -> float:
    """A sum of outcomes (`power` 2: of squares or products): at most 1e60 (1e120), below 1e-60 it is 0."""
    number = finite(value, field)
    if abs(number) > SUM_MAX**power:
        raise InvalidInputError(field, f"must not be larger than {SUM_MAX**power:g}; scale the outcome")
    return number if abs(number) >= SUM_MIN**power else 0.0


def deviation(value: object, field: str) -> float:
    """A standard deviation or error from 1e-60 to 1e60."""
    return _between(value, field, SUM_MIN, SUM_MAX)


def no_deviation_or(value: object, field: str) -> float:
    """A standard error that may be 0, up to 1e60."""
    number = non_negative(value, field)
    if number > SUM_MAX:
        raise InvalidInputError(field, f"must not be larger than {SUM_MAX:g}; scale the outcome")
    return number


def count(value: object, field: str, most: int = UNITS_MAX) -> int:
    """A whole number from 0 to `most` (a float without fraction is accepted)."""
    number = finite(value, field)
    if number != int(number):
        raise InvalidInputError(field, "must be a whole number")
    if not 0 <= number <= most:
        raise InvalidInputError(field, f"must lie between 0 and {most:g}, got {number:g}")
    return int(number)


def positive(value: object, field: str) -> float:
    """A finite number above 0."""
    number = finite(value, field)
    if number <= 0:
        raise InvalidInputError(field, f"must be above 0, got {number:g}")
    return number


def non_negative(value: object, field: str) -> float:
    """A finite number of at least 0."""
    number = finite(value, field)
    if number < 0:
        raise InvalidInputError(field, f"must not be negative, got {number:g}")
    return number


def fraction(value: object, field: str) -> float:
    """A number strictly between 0 and 1."""
    number = finite(value, field)
    if not 0 < number < 1:
        raise InvalidInputError(field, f"must lie strictly between 0 and 1, got {number:g}")
    return number


def level(value: object, field: str = "alpha") -> float:
    """A significance level from 1e-9 to 0.5."""
    return _between(value, field, ALPHA_MIN, ALPHA_MAX)


def power(value: object, field: str = "power") -> float:
    """A power from 0.05 to 0.9999."""
    return _between(value, field, POWER_MIN, POWER_MAX)


def _between(value: object, field: str, least: float, most: float) -> float:
    number = finite(value, field)
    if not least <= number <= most:
        raise InvalidInputError(field, f"must lie between {least:g} and {most:g}, got {number:g}")
    return number


def finite_vector(values: object, field: str, length: int | None = None) -> tuple[float, ...]:
    """A list of finite numbers, of the given length if one is given."""
    if not isinstance(values, Sequence) or isinstance(values, (str, bytes)):
        raise InvalidInputError(field, "must be a list of numbers")
    if length is not None and len(values) != length:
        raise InvalidInputError(field, f"must have {length} entries, got {len(values)}")
    return tuple(finite(value, f"{field}[{index}]") for index, value in enumerate(values))
