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


def crossing(
    information: Sequence[float], upper: Sequence[float], drift: float = 0.0, *, two_sided: bool = True
) -> Crossing:
    """First-crossing probabilities for bounds `upper` (and −upper) on Z; E Z = drift·√information.

    The information must rise at each look. Infinite bounds are allowed (a look that can't stop).
    """
    alive = SubDensity.start(drift)
    ups, lows = [], []
    for index, (time, bound) in enumerate(zip(information, upper, strict=True)):
        floor = -bound if two_sided else -math.inf
        ups.append(alive.above(bound, time))
        lows.append(alive.below(floor, time) if two_sided else 0.0)
        if index + 1 < len(information):
            alive = alive.advance(floor, bound, time, information[index + 1])
    return Crossing(tuple(ups), tuple(lows))


def planned_bounds(looks: int, alpha: float, boundary: Boundary, *, two_sided: bool = True) -> tuple[float, ...]:
    """The bounds on Z at `looks` equally spaced looks, with crossing probability alpha under no effect."""
    shape = SHAPES[Boundary(boundary)]
    constant = wang_tsiatis_constant(looks, alpha, shape, two_sided=two_sided)
    return tuple(constant * (look / looks) ** (shape - 0.5) for look in range(1, looks + 1))


@lru_cache(maxsize=1024)
def wang_tsiatis_constant(looks: int, alpha: float, shape: float, *, two_sided: bool = True) -> float:
    """C of the bounds C·(k/K)^(shape − ½): shape ½ is Pocock's, 0 O'Brien and Fleming's."""
    if not 1 <= looks <= LOOKS_PLANNED_MAX:
        raise InvalidInputError("looks", f"must lie between 1 and {LOOKS_PLANNED_MAX}")
    validation.fraction(alpha, "alpha")
    information = [look / looks for look in range(1, looks + 1)]
    weights = [time ** (shape - 0.5) for time in information]
    single = distributions.upper_quantile(alpha / 2.0 if two_sided else alpha)
    if looks == 1:
        return single

    def excess(constant: float) -> float:
        bounds = [constant * weight for weight in weights]
        return crossing(information, bounds, two_sided=two_sided).total - alpha

    return solve_falling(excess, single, single + 1.0)


def haybittle_peto_bounds(information: Sequence[float], alpha: float, early: float = 3.0) -> tuple[float, ...]:
    """`early` at all looks but the last, whose bound uses what is left of the two-sided alpha."""
    times = check_information(information)
    fixed = [early] * (len(times) - 1)

    def excess(last: float) -> float:
        return crossing(times, [*fixed, last]).total - alpha

    single = distributions.critical(alpha)
    return (*fixed, single if not fixed else solve_falling(excess, single - 0.5, single + 1.0))
