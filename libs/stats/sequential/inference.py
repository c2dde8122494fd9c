"""Estimates after a group-sequential stop, by the stagewise ordering of outcomes.

Earlier stops on the same side are more extreme than later ones. Source: Jennison & Turnbull 2000, sections
8.2 to 8.4; Fairbanks & Madsen 1982 and Tsiatis, Rosner & Mehta 1984. The drift is E Z at information 1, so
an effect is drift × (standard error at information 1).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from stats import distributions, validation
from stats.errors import InvalidInputError
from stats.roots import solve_falling
from stats.sequential.boundaries import crossing
from stats.sequential.sub_density import SubDensity


@dataclass(frozen=True, slots=True)
class StagewiseInference:
    """After stopping with Z = z at the last of the looks told; all but the p-values are drifts."""

    naive_p: float
    p_value: float
    drift_naive: float
    drift_median_unbiased: float
    lower: float
    upper: float
    repeated_lower: float
    repeated_upper: float


def infer_at_stop(information: Sequence[float], bounds: Sequence[float], z: float, alpha: float) -> StagewiseInference:
    """Inference at the last look in `information`; `bounds` are the two-sided bounds up to and with it."""
    if len(bounds) != len(information) or not information:
        raise InvalidInputError("bounds", "must have one entry per look")
    root = math.sqrt(information[-1])

    def tail(drift: float) -> float:
        return _as_extreme(information, bounds, abs(z), drift)

    def drift_at(probability: float) -> float:
        centre = abs(z) / root
        return solve_falling(lambda drift: probability - tail(drift), centre - 1.0 / root, centre + 1.0 / root)

    sign = math.copysign(1.0, z)
    ends = sorted((sign * drift_at(alpha / 2.0), sign * drift_at(1.0 - alpha / 2.0)))
    half_width = bounds[-1] / root
    return StagewiseInference(
        naive_p=distributions.two_sided_p(z),
        p_value=min(1.0, 2.0 * tail(0.0)),
        drift_naive=z / root,
        drift_median_unbiased=sign * drift_at(0.5),
        lower=ends[0],
        upper=ends[1],
        repeated_lower=z / root - half_width,
        repeated_upper=z / root + half_width,
    )


def _as_extreme(information: Sequence[float], bounds: Sequence[float], z: float, drift: float) -> float:
    """P(crossed above earlier, or alive and Z ≥ z at the last look), rising in the drift."""
    alive = SubDensity.start(drift)
    earlier = 0.0
    for index, time in enumerate(information[:-1]):
        earlier += alive.above(bounds[index], time)
        alive = alive.advance(-bounds[index], bounds[index], time, information[index + 1])
    return earlier + alive.above(z, information[-1])


def power_drift(information: Sequence[float], bounds: Sequence[float], power: float, *, two_sided: bool) -> float:
    """The drift at which the bounds on its own side are crossed with probability `power`."""

    def shortfall(drift: float) -> float:
        return power - math.fsum(crossing(information, bounds, drift, two_sided=two_sided).upper)

    return solve_falling(shortfall, 1.0, 4.0)


@dataclass(frozen=True, slots=True)
class Inflation:
    """Sample size against a fixed horizon with the same power: at most, and on average under the effect."""

    maximum: float
    expected: float


def sample_inflation(
    information: Sequence[float], bounds: Sequence[float], alpha: float, power: float, *, two_sided: bool = True
) -> Inflation:
    """What looking early costs at most and saves on average, as factors of the fixed sample size."""
    validation.power(power)
    drift = power_drift(information, bounds, power, two_sided=two_sided)
    tail = alpha / 2.0 if two_sided else alpha
    fixed = distributions.upper_quantile(tail) + distributions.upper_quantile(1.0 - power)
    maximum = (drift / fixed) ** 2
    stops = crossing(information, bounds, drift, two_sided=two_sided)
    first = [up + low for up, low in zip(stops.upper, stops.lower, strict=True)]
    early = math.fsum(p * time for p, time in zip(first, information, strict=True))
    return Inflation(maximum, maximum * (early + (1.0 - math.fsum(first)) * information[-1]))
