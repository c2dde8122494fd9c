"""Adjusted p-values for a family of tests.

Sources: Holm 1979; Hochberg 1988; Hommel 1988; Šidák 1967; Benjamini & Hochberg 1995; Benjamini &
Yekutieli 2001. Every function takes p-values in [0, 1] in any order and answers in the same order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from stats import validation
from stats.errors import InvalidInputError

Vector = NDArray[np.float64]
FAMILY_MAX = 10_000


def adjust(p_values: Sequence[float], method: str) -> tuple[float, ...]:
    """Adjust by the method's name, one of `METHODS`; an empty family stays empty."""
    if method not in METHODS:
        raise InvalidInputError("method", f"must be one of {', '.join(sorted(METHODS))}")
    values = validation.finite_vector(p_values, "p_values")
    if len(values) > FAMILY_MAX:
        raise InvalidInputError("p_values", f"must be at most {FAMILY_MAX}")
    if any(not 0.0 <= p <= 1.0 for p in values):
        raise InvalidInputError("p_values", "must lie between 0 and 1")
    if not values:
        return ()
    order = np.argsort(values, kind="stable")
    adjusted = np.empty(len(values))
    adjusted[order] = np.minimum(METHODS[method](np.asarray(values, dtype=np.float64)[order]), 1.0)
    return tuple(float(p) for p in adjusted)


def _bonferroni(p: Vector) -> Vector:
    return p * len(p)


def _sidak(p: Vector) -> Vector:
    return _sidak_power(p, np.full(len(p), float(len(p))))


def _holm(p: Vector) -> Vector:
    return np.maximum.accumulate(p * _remaining(p))


def _holm_sidak(p: Vector) -> Vector:
    return np.maximum.accumulate(_sidak_power(p, _remaining(p)))


def _hochberg(p: Vector) -> Vector:
    return _step_up(p * _remaining(p))


def _benjamini_hochberg(p: Vector) -> Vector:
    return _step_up(p * (len(p) / np.arange(1, len(p) + 1)))


def _benjamini_yekutieli(p: Vector) -> Vector:
    return _benjamini_hochberg(p) * np.sum(1.0 / np.arange(1, len(p) + 1))


def _hommel(p: Vector) -> Vector:
    """Hommel's closed Simes procedure, in the form of Wright 1992."""
    size = len(p)
    adjusted = p.copy()
    for group in range(size, 1, -1):
        head, tail = p[: size - group + 1], p[size - group + 1 :]
        least = float(np.min(group * tail / np.arange(2, group + 1)))
        adjusted[size - group + 1 :] = np.maximum(adjusted[size - group + 1 :], least)
        adjusted[: size - group + 1] = np.maximum(adjusted[: size - group + 1], np.minimum(least, group * head))
    return adjusted


def _remaining(p: Vector) -> Vector:
    return np.arange(len(p), 0, -1).astype(np.float64)


def _step_up(p: Vector) -> Vector:
    return np.minimum.accumulate(p[::-1])[::-1]


def _sidak_power(p: Vector, exponents: Vector) -> Vector:
    """1 − (1 − p)^exponent, without losing small p."""
    with np.errstate(divide="ignore"):
        result: Vector = -np.expm1(exponents * np.log1p(-p))
    return result


METHODS: dict[str, Callable[[Vector], Vector]] = {
    "bonferroni": _bonferroni,
    "sidak": _sidak,
    "holm": _holm,
    "holm_sidak": _holm_sidak,
    "hochberg": _hochberg,
    "hommel": _hommel,
    "bh": _benjamini_hochberg,
    "by": _benjamini_yekutieli,
}
