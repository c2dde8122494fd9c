"""One-sided designs with futility bounds: beta spent from look to look, and Pampallona and Tsiatis's bounds.

Sources: Pampallona, Tsiatis & Kim 2001 (beta-spending); Pampallona & Tsiatis 1994. The drift is E Z at information 1;
it is that at which the last look's bounds meet with the power 1 − beta.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from stats import distributions
from stats.errors import InvalidInputError
from stats.roots import solve_falling
from stats.sequential.boundaries import crossing, fresh_looks
from stats.sequential.spending import SPEND_MIN, Spending
from stats.sequential.sub_density import SubDensity

LOWEST = 800.0
DRIFT_LEAST = 1e-3


@dataclass(frozen=True, slots=True)
class FutilityDesign:
    """Bounds on Z at each look: at or above `upper` there is an effect, at or below `lower` none is expected; at the
    last look they are one. `spent` are alpha and beta by each look, in the end the whole of each."""

    information: tuple[float, ...]
    upper: tuple[float, ...]
    lower: tuple[float, ...]
    drift: float
    alpha_spent: tuple[float, ...]
    beta_spent: tuple[float, ...]


def beta_spending_design(
    information: Sequence[float], levels: tuple[float, float], spending: tuple[Spending, Spending], *, binding: bool
) -> FutilityDesign:
    """`levels` and `spending` are of (alpha, beta). Bounds that bind may be crossed upwards only by who stays above
    the lower ones; bounds that don't leave the upper ones as they are without them."""
    times = _rising(information)
    alpha, beta = levels
    fractions = [time / times[-1] for time in times]
    alphas = [spending[0](time, alpha) for time in fractions]
    betas = [spending[1](time, beta) for time in fractions]

    def missed(drift: float) -> float:
        """The chance to miss the effect by the end, above beta."""
        upper, lower = _spent(times, (alphas, betas), drift, binding=binding)
        return 1.0 - math.fsum(_crossed(times, upper, lower, drift).upper) - beta

    drift = _drift(missed, alpha, beta)
    upper, lower = _spent(times, (alphas, betas), drift, binding=binding)
    return _design(times, upper, lower, drift, binding=binding)


def pampallona_tsiatis(
    information: Sequence[float], levels: tuple[float, float], shapes: tuple[float, float]
) -> FutilityDesign:
    """Upper bounds C₁·t^(Δ₁ − ½), lower ones drift·√t − C₀·t^(Δ₀ − ½), which bind; `shapes` are (Δ₁, Δ₀)."""
    times = _rising(information)
    fractions = [time / times[-1] for time in times]
    alpha, beta = levels

    def bounds(first: float, second: float) -> tuple[list[float], list[float]]:
        upper = [first * time ** (shapes[0] - 0.5) for time in fractions]
        low = [(first + second) * math.sqrt(time) - second * time ** (shapes[1] - 0.5) for time in fractions]
        return upper, [min(one, other) for one, other in zip(upper, low, strict=True)]

    def first_of(second: float) -> float:
        def excess(first: float) -> float:
            return math.fsum(_crossed(fractions, *bounds(first, second), 0.0).upper) - alpha

        single = distributions.upper_quantile(alpha)
        return solve_falling(excess, single, single + 1.0)

    def missed(second: float) -> float:
        first = first_of(second)
        return math.fsum(_crossed(fractions, *bounds(first, second), first + second).lower) - beta

    single = distributions.upper_quantile(beta)
    second = solve_falling(missed, single, single + 1.0)
    first = first_of(second)
    upper, lower = bounds(first, second)
    found = _design(tuple(fractions), upper, lower, first + second, binding=True)
    return FutilityDesign(
        times, found.upper, found.lower, found.drift / math.sqrt(times[-1]), found.alpha_spent, found.beta_spent
    )


def _rising(information: Sequence[float]) -> tuple[float, ...]:
    if len(fresh_looks(information)) < len(information):
        raise InvalidInputError("information", "must rise at each look")
    return tuple(information)


def _drift(missed: Callable[[float], float], alpha: float, beta: float) -> float:
    fixed = distributions.upper_quantile(alpha) + distributions.upper_quantile(beta)
    return solve_falling(missed, max(fixed, DRIFT_LEAST), max(fixed, DRIFT_LEAST) + 0.5)


def _spent(
    times: Sequence[float], cumulative: tuple[Sequence[float], Sequence[float]], drift: float, *, binding: bool
) -> tuple[list[float], list[float]]:
    """Both bounds at each look, forward: what they spend depends on those before alone."""
    null, effect = SubDensity.start(0.0), SubDensity.start(drift)
    upper: list[float] = []
    lower: list[float] = []
    before = (0.0, 0.0)
    for index, time in enumerate(times):
        share = (cumulative[0][index] - before[0], cumulative[1][index] - before[1])
        before = (cumulative[0][index], cumulative[1][index])
        high = _above(null, time, share[0])
        low = high if index + 1 == len(times) else min(high, _below(effect, time, share[1]))
        upper.append(high)
        lower.append(low)
        if index + 1 < len(times):
            null = null.advance(low if binding else -math.inf, high, time, times[index + 1])
            effect = effect.advance(low, high, time, times[index + 1])
    return upper, lower


def _above(alive: SubDensity, time: float, share: float) -> float:
    if share < SPEND_MIN:
        return math.inf
    return solve_falling(lambda bound: _log(alive.above(bound, time)) - math.log(share), 0.0, 4.0)


def _below(alive: SubDensity, time: float, share: float) -> float:
    if share < SPEND_MIN:
        return -math.inf
    return solve_falling(lambda bound: math.log(share) - _log(alive.below(bound, time)), -1.0, 3.0)


def _log(chance: float) -> float:
    return math.log(chance) if chance > 0.0 else -LOWEST


@dataclass(frozen=True, slots=True)
class _Crossed:
    upper: tuple[float, ...]
    lower: tuple[float, ...]


def _crossed(times: Sequence[float], upper: Sequence[float], lower: Sequence[float], drift: float) -> _Crossed:
    """Per look the chance to cross there for the first time."""
    alive = SubDensity.start(drift)
    above: list[float] = []
    below: list[float] = []
    for index, time in enumerate(times):
        above.append(alive.above(upper[index], time))
        below.append(alive.below(lower[index], time))
        if index + 1 < len(times):
            alive = alive.advance(lower[index], upper[index], time, times[index + 1])
    return _Crossed(tuple(above), tuple(below))


def _design(
    times: tuple[float, ...], upper: Sequence[float], lower: Sequence[float], drift: float, *, binding: bool
) -> FutilityDesign:
    null = _crossed(times, upper, lower, 0.0).upper if binding else crossing(times, upper, two_sided=False).upper
    missed = _crossed(times, upper, lower, drift).lower
    return FutilityDesign(times, tuple(upper), tuple(lower), drift, _running(null), _running(missed))


def _running(parts: Sequence[float]) -> tuple[float, ...]:
    return tuple(math.fsum(parts[: index + 1]) for index in range(len(parts)))
