"""The relative effect: treatment mean over control mean, minus 1, with Fieller's confidence set.

Source: Fieller 1954, "Some problems in interval estimation"; the delta interval beside it is the
first-order approximation. Fieller's set is what inverts the test of mt − r·mc = 0, so it excludes a lift
of 0 exactly when that test rejects at the same critical value; it may be unbounded, and then says so.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from stats.effects import SetKind
from stats.kinds.estimates import ArmEstimate, moments

LOG_MAX = 709.0
EXPONENT_MOST = 500


@dataclass(frozen=True, slots=True)
class FiellerSet:
    """The lifts r − 1 that the data don't reject; g ≥ 1 means that the control's mean may be 0."""

    kind: SetKind
    g: float
    lower: float | None = None
    upper: float | None = None
    excluded: tuple[float, float] | None = None

    def contains(self, lift: float) -> bool:
        """True if the set holds this lift."""
        if self.kind is SetKind.ALL_REALS:
            return True
        if self.excluded is not None:
            return not self.excluded[0] < lift < self.excluded[1]
        return self.lower is not None and self.upper is not None and self.lower <= lift <= self.upper

    def mirrored(self) -> FiellerSet:
        """The set of −lift: what a negative baseline gives when lifts are divided by |control mean|."""
        if self.lower is not None and self.upper is not None:
            return FiellerSet(self.kind, self.g, -self.upper, -self.lower)
        if self.excluded is not None:
            return FiellerSet(self.kind, self.g, excluded=(-self.excluded[1], -self.excluded[0]))
        return self


def fieller(treatment: ArmEstimate, control: ArmEstimate, critical: float, shared: float = 0.0) -> FiellerSet:
    """The set of r with (mt − r·mc)² ≤ critical²·Var(mt − r·mc), as lifts r − 1.

    `shared` is the variance of what both means carry in common (see `estimates.moments`). With a
    control mean of 0 the set of ratios still exists, unbounded, although no lift does; g is then infinite.
    """
    spread = moments(treatment, control, shared)
    # A ratio has no unit, so all is told in one in which no square overflows, nor the largest underflows.
    unit = _unit_of(treatment.mean, control.mean, math.sqrt(max(spread.treatment, spread.control, 0.0)))
    mt, mc, q2 = treatment.mean * unit, control.mean * unit, critical * critical
    vt, vc, covariance = (each * unit * unit for each in (spread.treatment, spread.control, spread.covariance))
    a = mc * mc - q2 * vc
    half_b = -(mt * mc - q2 * covariance)
    c = mt * mt - q2 * vt
    # D/4 = b²/4 − ac, written out so that the leading terms, which cancel, never appear.
    leading = mc * mc * vt + mt * mt * vc - 2.0 * mt * mc * covariance
    quarter = q2 * leading - q2 * q2 * (vt * vc - covariance * covariance)
    g = q2 * vc / (mc * mc) if mc * mc > 0.0 else math.inf
    if a < 0.0 and quarter <= 0.0:
        return FiellerSet(SetKind.ALL_REALS, g)
    if a == 0.0:
        return _ray(half_b, c, g)
    stable = -(half_b + math.copysign(math.sqrt(max(quarter, 0.0)), half_b))
    roots = (stable / a, c / stable) if stable != 0.0 else (0.0, 0.0)
    low, high = min(roots) - 1.0, max(roots) - 1.0
    if a > 0.0:
        return FiellerSet(SetKind.INTERVAL, g, low, high)
    return FiellerSet(SetKind.COMPLEMENT, g, excluded=(low, high))


def _unit_of(*values: float) -> float:
    """The power of 2 that brings the largest of these near 1; it changes no digit."""
    return math.ldexp(1.0, max(-EXPONENT_MOST, min(EXPONENT_MOST, -math.frexp(max(map(abs, values)))[1])))


def _ray(half_b: float, c: float, g: float) -> FiellerSet:
    """The set at exactly g = 1, where one end of the gap has moved to infinity."""
    if half_b == 0.0:
        return FiellerSet(SetKind.ALL_REALS, g)
    end = -c / (2.0 * half_b) - 1.0
    gap = (end, math.inf) if half_b > 0.0 else (-math.inf, end)
    return FiellerSet(SetKind.COMPLEMENT, g, excluded=gap)


def delta_se(treatment: ArmEstimate, control: ArmEstimate, shared: float = 0.0) -> float:
    """√(vt/mc² + mt²·vc/mc⁴ − 2κ·mt/mc³), the first-order standard error of the lift."""
    spread = moments(treatment, control, shared)
    return math.sqrt(spread.of_combination(treatment.mean / control.mean)) / abs(control.mean)


def log_ratio_interval(treatment: ArmEstimate, control: ArmEstimate, critical: float) -> tuple[float, float] | None:
    """exp(ln(mt/mc) ± critical·√(vt/mt² + vc/mc²)) − 1 (Katz et al. 1978); None unless both are positive."""
    mt, mc = treatment.mean, control.mean
    if mt <= 0.0 or mc <= 0.0:
        return None
    half_width = critical * math.sqrt(treatment.variance / (mt * mt) + control.variance / (mc * mc))
    centre = math.log(mt / mc)
    high = centre + half_width
    return math.expm1(centre - half_width), math.expm1(high) if high < LOG_MAX else math.inf
