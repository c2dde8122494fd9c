"""Roots of functions of one variable, by Brent's method in a bracket that finds itself.

Source: Brent 1973, "Algorithms for Minimization without Derivatives", chapter 4.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from stats.errors import StatisticsError

WIDENINGS_MAX = 60
_RTOL_LEAST = 4.0 * 2.0**-52


def root_between(
    function: Callable[[float], float], low: float, high: float, *, xtol: float, rtol: float = _RTOL_LEAST
) -> float:
    """Where a function crosses zero between two points at which its signs differ, to within `xtol` plus `rtol` of it.

    Raises ValueError where the signs are the same. All that scipy minimizes with comes along with this one function:
    half a second and 25 MB, for whoever needs a root.
    """
    return float(import_module("scipy.optimize").brentq(function, low, high, xtol=xtol, rtol=rtol))


def solve_falling(function: Callable[[float], float], low: float, high: float) -> float:
    """The root of a falling function; the bracket is widened upwards and downwards as needed."""
    for _ in range(WIDENINGS_MAX):
        if function(high) > 0.0:
            low, high = high, high + (high - low) * 2.0
        elif function(low) < 0.0:
            low, high = low - (high - low) * 2.0, low
        else:
            return root_between(function, low, high, xtol=1e-13, rtol=1e-13)
    raise StatisticsError("no bound or drift meets these levels")
