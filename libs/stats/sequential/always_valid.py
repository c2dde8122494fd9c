"""Inference that is valid at any time: the normal mixture's e-value and confidence sequence.

Sources: Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas 2024, "Time-uniform central limit theory and
asymptotic confidence sequences" (equation 9 and its tuning); Robbins 1970 for the mixture; Johari,
Koomen, Pekelis & Walsh 2022, "Always valid inference" for the mSPRT form; Howard, Ramdas, McAuliffe & Sekhon 2021
for the one-sided mixture.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy import special

from stats import validation
from stats.roots import root_between

DEFAULT_N_STAR = 10_000.0
"""Where the sequence is tightest when no size was planned; fixed before the data, as it must be."""
LOG_E_MAX = 709.0


@dataclass(frozen=True, slots=True)
class SequencePoint:
    """One look at the confidence sequence: estimate ± half_width, e-value (as a logarithm) and p."""

    half_width: float
    log_e_value: float
    p_value: float
    z_equivalent: float

    @property
    def e_value(self) -> float:
        """The evidence against "no difference"; infinity beyond the range of a double."""
        return math.exp(self.log_e_value) if self.log_e_value < LOG_E_MAX else math.inf


def mixture_variance(alpha: float, n_star: float) -> float:
    """ρ² = (−2 ln α + ln(1 − 2 ln α))/N*: the mixture that is tightest about N* units."""
    spread = -2.0 * math.log(alpha)
    return (spread + math.log1p(spread)) / n_star


def sequence_point(estimate: float, se: float, n: float, alpha: float, rho2: float) -> SequencePoint:
    """Half width se·√n·√(2(nρ² + 1)/(n²ρ²)·ln(√(nρ² + 1)/α)) and the e-value of "no difference".

    n counts the units of both arms; se > 0 is the standard error of the estimate at n.
    """
    growth = n * rho2
    z_equivalent = math.sqrt(2.0 * (growth + 1.0) / growth * (0.5 * math.log1p(growth) - math.log(alpha)))
    z = estimate / se
    log_e = 0.5 * z * z * growth / (growth + 1.0) - 0.5 * math.log1p(growth)
    return SequencePoint(z_equivalent * se, log_e, math.exp(min(0.0, -log_e)), z_equivalent)


def msprt_point(estimate: float, variance: float, alpha: float, tau2: float) -> SequencePoint:
    """The mixture likelihood ratio for effects N(0, tau2): Λ = √(V/(V + τ²))·exp(τ²·est²/(2V(V + τ²)))."""
    validation.positive(variance, "variance")
    validation.positive(tau2, "tau2")
    total = variance + tau2
    se = math.sqrt(variance)
    z, doubled = estimate / se, math.log(total) - math.log(variance)
    log_ratio = 0.5 * (tau2 / total * z * z - doubled)
    z_equivalent = math.sqrt(total / tau2 * (doubled - 2.0 * math.log(alpha)))
    return SequencePoint(z_equivalent * se, log_ratio, math.exp(min(0.0, -log_ratio)), z_equivalent)


def one_sided_log_e(z: float, growth: float) -> float:
    """The logarithm of the e-value of "not above 0" by the mixture over positive effects; growth is n·ρ².

    Twice the normal mixture's upper half: 2Φ(x)·exp(x²/2)/√(growth + 1) with x = z·√(growth/(growth + 1)).
    """
    x = z * math.sqrt(growth / (growth + 1.0))
    return math.log(2.0) + float(special.log_ndtr(x)) + 0.5 * x * x - 0.5 * math.log1p(growth)


def one_sided_p(z: float, n: float, rho2: float) -> float:
    """The p of "not above 0", valid at any time; z is positive towards the alternative."""
    return math.exp(min(0.0, -one_sided_log_e(z, n * rho2)))


def one_sided_critical(n: float, alpha: float, rho2: float) -> float:
    """The z at which the one-sided p is alpha."""
    growth = n * rho2
    most = sequence_point(0.0, 1.0, n, alpha, rho2).z_equivalent
    return root_between(lambda z: one_sided_log_e(z, growth) + math.log(alpha), 0.0, most + 1.0, xtol=1e-13)
