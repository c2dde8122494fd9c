"""Group-sequential bounds for planned looks, and the probability of crossing any bounds.

Sources: Pocock 1977; O'Brien & Fleming 1979; the family around both: Wang & Tsiatis 1987;
Haybittle 1971 and Peto et al. 1976 for the constant early bounds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from stats import distributions, validation
from stats.errors import InvalidInputError
from stats.metrics import LOOKS_PLANNED_MAX, Boundary
from stats.roots import solve_falling
from stats.sequential.sub_density import SubDensity

INFORMATION_STEP_MIN = 1e-3
"""A look that adds less than this share to the information has seen nothing new."""
SHAPES = {Boundary.POCOCK: 0.5, Boundary.OBRIEN_FLEMING: 0.0}


@dataclass(frozen=True, slots=True)
class Crossing:
    """Per look, the probability of crossing there for the first time, above and below."""

    upper: tuple[float, ...]
    lower: tuple[float, ...]

    @property
    def total(self) -> float:
        """The probability of ever crossing."""
        return math.fsum(self.upper) + math.fsum(self.lower)

    @property
    def cumulative(self) -> tuple[float, ...]:
        """The probability of having crossed by each look."""
        parts = [up + low for up, low in zip(self.upper, self.lower, strict=True)]
        return tuple(math.fsum(parts[: index + 1]) for index in range(len(parts)))


def check_information(information: Sequence[float], field: str = "information") -> tuple[float, ...]:
    """Positive, not falling, at most 200 looks."""
    times = validation.finite_vector(information, field)
    if not 1 <= len(times) <= LOOKS_PLANNED_MAX:
        raise InvalidInputError(field, f"must have 1 to {LOOKS_PLANNED_MAX} looks")
    for index, time in enumerate(times):
        validation.positive(time, f"{field}[{index}]")
        if index and time < times[index - 1]:
            raise InvalidInputError(f"{field}[{index}]", "must not be less than the look before")
    return times


def adds_information(before: float, after: float) -> bool:
    """True if the look at `after` saw more than rounding beyond the look at `before`."""
    return after - before > INFORMATION_STEP_MIN * after


def fresh_looks(information: Sequence[float]) -> list[int]:
    """The looks (from 0) that saw more than the last one before them that did."""
    fresh: list[int] = []
    for index, time in enumerate(information):
        if adds_information(information[fresh[-1]] if fresh else 0.0, time):
            fresh.append(index)
    return fresh


def crossing(
    information: Sequence[float],
    upper: Sequence[float],
    drift: float = 0.0,
    *,
    two_sided: bool = True,
    floors: Sequence[float] = (),
) -> Crossing:
    """First-crossing probabilities for bounds `upper` (and −upper) on Z; E Z = drift·√information.

    The information must rise at each look. Infinite bounds are allowed (a look that can't stop). `floors` are
    one-sided futility bounds that bind, of all looks but the last.
    """
    alive = SubDensity.start(drift)
    ups, lows = [], []
    for index, (time, bound) in enumerate(zip(information, upper, strict=True)):
        floor = floor_at(index, bound, floors, two_sided=two_sided)
        ups.append(alive.above(bound, time))
        lows.append(alive.below(floor, time) if two_sided else 0.0)
        if index + 1 < len(information):
            alive = alive.advance(floor, bound, time, information[index + 1])
    return Crossing(tuple(ups), tuple(lows))


def floor_at(index: int, bound: float, floors: Sequence[float], *, two_sided: bool) -> float:
    """The Z below which the paths of look `index` (from 0) go no further."""
    if two_sided:
        return -bound
    return floors[index] if index < len(floors) else -math.inf


def planned_bounds(looks: int, alpha: float, boundary: Boundary, *, two_sided: bool = True) -> tuple[float, ...]:
    """The bounds on Z at `looks` equally spaced looks, with crossing probability alpha under no effect."""
    if not 1 <= looks <= LOOKS_PLANNED_MAX:
        raise InvalidInputError("looks", f"must lie between 1 and {LOOKS_PLANNED_MAX}")
    information = tuple(look / looks for look in range(1, looks + 1))
    return wang_tsiatis_bounds(information, alpha, SHAPES[Boundary(boundary)], two_sided=two_sided)


def wang_tsiatis_bounds(
    information: Sequence[float],
    alpha: float,
    shape: float,
    *,
    two_sided: bool = True,
    floors: Sequence[float] = (),
) -> tuple[float, ...]:
    """C·t^(shape − ½) at these looks: shape ½ is Pocock's, 0 O'Brien and Fleming's.

    C is that of these very information fractions, so that the looks spend alpha together, equally spaced or not.
    Every look must add information.
    """
    times = check_information(information)
    validation.fraction(alpha, "alpha")
    validation.finite(shape, "shape")
    if len(fresh_looks(times)) < len(times):
        raise InvalidInputError("information", "must rise at each look")
    return _wang_tsiatis(tuple(time / times[-1] for time in times), alpha, shape, two_sided, tuple(floors))


@lru_cache(maxsize=1024)
def _wang_tsiatis(
    times: tuple[float, ...], alpha: float, shape: float, two_sided: bool, floors: tuple[float, ...]
) -> tuple[float, ...]:
    weights = [time ** (shape - 0.5) for time in times]
    single = distributions.upper_quantile(alpha / 2.0 if two_sided else alpha)
    if len(times) == 1:
        return (single,)

    def excess(constant: float) -> float:
        bounds = [constant * weight for weight in weights]
        return crossing(times, bounds, two_sided=two_sided, floors=floors).total - alpha

    constant = solve_falling(excess, single, single + 1.0)
    return tuple(constant * weight for weight in weights)


def haybittle_peto_bounds(
    information: Sequence[float],
    alpha: float,
    early: float = 3.0,
    *,
    two_sided: bool = True,
    floors: Sequence[float] = (),
) -> tuple[float, ...]:
    """`early` at all looks but the last, whose bound uses what is left of alpha (of all sides together)."""
    times = check_information(information)
    fixed = [validation.positive(early, "early")] * (len(times) - 1)

    def excess(last: float) -> float:
        return crossing(times, [*fixed, last], two_sided=two_sided, floors=floors).total - alpha

    if fixed and excess(math.inf) >= 0.0:
        raise InvalidInputError("early", "leaves no alpha for the last look")
    single = distributions.upper_quantile(alpha / 2.0 if two_sided else alpha)
    return (*fixed, single if not fixed else solve_falling(excess, single - 0.5, single + 1.0))
