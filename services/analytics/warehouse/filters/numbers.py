"""Numbers compare exactly, as in the rule engine: an integer beyond 2^53 is no other number for being compared with a
fraction. So a literal becomes two bounds: one for values that are integers, one for those that are not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from analytics.warehouse.filters.parameters import Parameters

_WHOLE = "item.1 IN ('Int64', 'UInt64')"
_REAL = "item.1 = 'Double'"
_WHOLE_MAX = 2**70
"""Beyond every integer of JSON that is read as one."""


def number_test(comparison: str, literal: float, parameters: Parameters) -> str:
    """`comparison` is one of = > >= < <=."""
    whole = f"{_WHOLE} AND item.3 {comparison} {parameters.add(_whole_bound(comparison, literal), 'Int128')}"
    lower, upper = _neighbours(literal)
    real = f"{_REAL} AND item.4 {comparison} {parameters.add(lower if comparison in ('>', '<=') else upper, 'Float64')}"
    if comparison != "=":
        return f"(({whole}) OR ({real}))"
    possible = [part for part, is_one in ((whole, literal == math.floor(literal)), (real, lower == upper)) if is_one]
    return "(" + " OR ".join(f"({part})" for part in possible) + ")"


def numbers_test(literals: Sequence[float], parameters: Parameters) -> str:
    """Equal to one of them."""
    wholes = [int(each) for each in literals if each == math.floor(each) and abs(each) < _WHOLE_MAX]
    reals = [lower for lower, upper in map(_neighbours, literals) if lower == upper]
    return (
        f"({_WHOLE} AND has({parameters.add(wholes, 'Array(Int128)')}, item.3)) OR "
        f"({_REAL} AND has({parameters.add(reals, 'Array(Float64)')}, item.4))"
    )


def _whole_bound(comparison: str, literal: float) -> int:
    bound = math.floor(literal) if comparison in (">", "<=") else math.ceil(literal)
    return min(max(bound, -_WHOLE_MAX), _WHOLE_MAX)


def _neighbours(literal: float) -> tuple[float, float]:
    """The largest double that is not above it, and the smallest that is not below it."""
    try:
        near = float(literal)
    except OverflowError:
        largest = math.nextafter(math.inf, 0.0)
        return (largest, math.inf) if literal > 0 else (-math.inf, -largest)
    if near == literal:
        return near, near
    return (near, math.nextafter(near, math.inf)) if near < literal else (math.nextafter(near, -math.inf), near)
