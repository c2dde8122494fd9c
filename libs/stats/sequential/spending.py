"""Alpha-spending: bounds for looks at any information, planned or not.

Sources: Lan & DeMets 1983; Kim & DeMets 1987 (power family); Hwang, Shih & DeCani 1990 (gamma family).
Two-sided bounds spend alpha/2 on each side, symmetrically.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from stats import distributions, validation
from stats.errors import InvalidInputError
from stats.roots import solve_falling
from stats.sequential.boundaries import check_information, floor_at, fresh_looks
from stats.sequential.sub_density import SubDensity

Spending = Callable[[float, float], float]
"""(information fraction in [0, 1], alpha of one side) -> alpha of that side spent so far."""
SPEND_MIN = 1e-300


@dataclass(frozen=True, slots=True)
class SpendingBounds:
    """Per look: the bound on Z (None: nothing to spend there) and the alpha spent so far, all sides."""

    bounds: tuple[float | None, ...]
    cumulative_alpha: tuple[float, ...]
    without_information: tuple[int, ...]


def obrien_fleming_spending(time: float, alpha: float) -> float:
    """2(1 − Φ(z_{α/2}/√t)): little early, nearly all at the end."""
    return 2.0 * distributions.upper_p(distributions.critical(alpha) / math.sqrt(time))


def pocock_spending(time: float, alpha: float) -> float:
    """α·ln(1 + (e − 1)t): about the same at each look."""
    return alpha * math.log1p((math.e - 1.0) * time)


def power_spending(exponent: float) -> Spending:
    """α·t^exponent; exponent > 0."""
    validation.positive(exponent, "exponent")
    return lambda time, alpha: float(alpha * time**exponent)


def gamma_spending(gamma: float) -> Spending:
    """α(1 − e^(−γt))/(1 − e^(−γ)); γ = 0 spends linearly."""
    validation.finite(gamma, "gamma")
    if gamma == 0.0:
        return lambda time, alpha: alpha * time
    return lambda time, alpha: alpha * math.expm1(-gamma * time) / math.expm1(-gamma)


def spending_bounds(
    information: Sequence[float],
    alpha: float,
    spending: Spending,
    *,
    two_sided: bool = True,
    floors: Sequence[float] = (),
) -> SpendingBounds:
    """Bounds on Z at looks with these information fractions; `alpha` covers all sides.

    Beyond fraction 1 there is no alpha left. A look without new information spends nothing.
    """
    validation.fraction(alpha, "alpha")
    times = check_information(information)
    sides = 2.0 if two_sided else 1.0
    cumulative = [sides * spending(min(time, 1.0), alpha / sides) for time in times]
    return bounds_for_spent(times, cumulative, two_sided=two_sided, floors=floors)


def bounds_for_spent(
    information: Sequence[float],
    cumulative_alpha: Sequence[float],
    *,
    two_sided: bool = True,
    floors: Sequence[float] = (),
) -> SpendingBounds:
    """Bounds that spend `cumulative_alpha` (all sides together, not falling) by each look.

    `floors` are one-sided futility bounds that bind, of all looks but the last.
    """
    times = check_information(information)
    targets = validation.finite_vector(cumulative_alpha, "cumulative_alpha", len(times))
    if any(later < earlier for earlier, later in itertools.pairwise(targets)) or targets[-1] >= 1.0:
        raise InvalidInputError("cumulative_alpha", "must not fall and must stay below 1")
    sides = 2.0 if two_sided else 1.0
    fresh = fresh_looks(times)
    following = dict(zip(fresh, [*(times[index] for index in fresh[1:]), None], strict=True))
    alive, spent = SubDensity.start(0.0), 0.0
    bounds: list[float | None] = []
    for index, time in enumerate(times):
        if index not in following:
            bounds.append(None)
            continue
        bound = _bound_for(alive, time, (targets[index] - spent) / sides)
        bounds.append(bound if math.isfinite(bound) else None)
        spent = targets[index] if math.isfinite(bound) else spent
        if following[index] is not None:
            alive = alive.advance(floor_at(index, bound, floors, two_sided=two_sided), bound, time, following[index])
    stale = tuple(index for index in range(len(times)) if index not in following)
    return SpendingBounds(tuple(bounds), targets, stale)


def _bound_for(alive: SubDensity, time: float, share: float) -> float:
    """The z that the paths alive exceed at `time` with probability `share`; infinity for no share."""
    if share < SPEND_MIN:
        return math.inf
    if alive.time == 0.0:
        return distributions.upper_quantile(share)
    log_share = math.log(share)

    def excess(bound: float) -> float:
        above = alive.above(bound, time)
        return (math.log(above) if above > 0.0 else -800.0) - log_share

    return solve_falling(excess, 0.0, 4.0)
