"""Power, smallest detectable effects and sample sizes; never "observed power".

Sources: Cohen 1988; Fleiss, Levin & Paik 2003 (rates: pooled variance under the null, unpooled under the
alternative); Chow, Shao, Wang & Lokhnygina 2017. All tests are two-sided unless stated.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy import special

from stats import distributions, validation
from stats.errors import InvalidInputError
from stats.roots import root_between

UNITS_SEARCHED_MAX = 1e15
UNITS_T_MIN = 1.5
EFFECT_SIZE_MAX = 1e9
DF_NORMAL = 1e7
SCALE_TAIL = 1e-16
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(128)


def detectable_parts(alpha: float, power: float) -> tuple[float, float]:
    """(z₁₋α/₂, z₁₋β)."""
    tail = 1.0 - validation.fraction(power, "power")
    return distributions.critical(validation.fraction(alpha, "alpha")), distributions.upper_quantile(tail)


def detectable_multiple(alpha: float, power: float) -> float:
    """k = z₁₋α/₂ + z₁₋β: the smallest detectable effect in standard errors."""
    return sum(detectable_parts(alpha, power))


def power_normal(effect: float, se: float, alpha: float) -> float:
    """Power of the two-sided z test for a true effect (both tails counted)."""
    z, shift = distributions.critical(alpha), effect / validation.positive(se, "se")
    return distributions.upper_p(z - shift) + distributions.upper_p(z + shift)


def mde_normal_exact(se: float, alpha: float, power: float) -> float:
    """The effect at which `power_normal` equals `power`: the far tail is counted, unlike in k·se."""
    validation.positive(se, "se")
    if validation.fraction(power, "power") <= validation.fraction(alpha, "alpha"):
        raise InvalidInputError("power", "must be above alpha")
    top = detectable_multiple(alpha, power)
    return se * _root(lambda multiple: power_normal(multiple, 1.0, alpha) - power, 0.0, max(top, 1.0) + 1.0)


def mde_relative(variance_control: float, variance_treatment: float, baseline: float, k: float) -> float | None:
    """The smallest lift r with r = k·√(vt + (1 + r)²·vc)/|baseline|: the lift's own variance grows with r.

    Variances are those of the means. None where no lift is large enough (k²·vc ≥ baseline²).
    """
    if baseline == 0.0:
        return None
    c, t = (one * one for one in (k * math.sqrt(v) / baseline for v in (variance_control, variance_treatment)))
    if c >= 1.0:
        return None
    # (1 − c)r² − 2cr − (c + t) = 0, the positive root.
    return (c + math.sqrt(c * c + (1.0 - c) * (c + t))) / (1.0 - c)


def power_rates(control: float, treatment: float, sizes: tuple[float, float], alpha: float) -> float:
    """Power of the pooled z test in the direction of the difference; sizes are (control, treatment) units."""
    n_control, n_treatment = sizes
    pooled = (n_control * control + n_treatment * treatment) / (n_control + n_treatment)
    null_se = math.sqrt(pooled * (1.0 - pooled) * (1.0 / n_control + 1.0 / n_treatment))
    true_se = math.sqrt(control * (1.0 - control) / n_control + treatment * (1.0 - treatment) / n_treatment)
    if true_se == 0.0:
        return 1.0 if treatment != control else alpha
    gap = abs(treatment - control)
    return distributions.upper_p((distributions.critical(alpha) * null_se - gap) / true_se)


def mde_rate(baseline: float, sizes: tuple[float, float], alpha: float, power: float) -> float | None:
    """The smallest rise above the baseline rate with this power; None if even a rate of 1 is too little."""
    validation.fraction(baseline, "baseline")
    _check_sizes(sizes)

    def excess(rise: float) -> float:
        return power_rates(baseline, baseline + rise, sizes, alpha) - power

    most = 1.0 - baseline
    if excess(most) < 0.0:
        return None
    return _root(excess, 0.0, most)


def mde_rate_fall(baseline: float, sizes: tuple[float, float], alpha: float, power: float) -> float | None:
    """The smallest fall below the baseline rate with this power: a rise of the rate of not converting."""
    return mde_rate(1.0 - validation.fraction(baseline, "baseline"), sizes, alpha, power)


def mde_rate_simple(baseline: float, sizes: tuple[float, float], alpha: float, power: float) -> float:
    """k·√(p(1 − p)(1/nc + 1/nt)): the usual shortcut, too small for rare events."""
    _check_sizes(sizes)
    variance = baseline * (1.0 - baseline) * (1.0 / sizes[0] + 1.0 / sizes[1])
    return detectable_multiple(alpha, power) * math.sqrt(variance)


def units_per_arm_rates(
    control: float, treatment: float, alpha: float, power: float, *, pooled_null: bool = True, ratio: float = 1.0
) -> float:
    """Units in the control to tell two rates apart (not rounded), `ratio` times as many in the treatment."""
    for name, value in (("control", control), ("treatment", treatment)):
        if not 0.0 <= validation.finite(value, name) <= 1.0:
            raise InvalidInputError(name, "must lie between 0 and 1")
    if control == treatment:
        raise InvalidInputError("treatment", "must differ from the control's rate")
    true_variance = control * (1.0 - control) + treatment * (1.0 - treatment) / validation.positive(ratio, "ratio")
    middle = (control + ratio * treatment) / (1.0 + ratio)
    null_variance = (1.0 + 1.0 / ratio) * middle * (1.0 - middle) if pooled_null else true_variance
    reach = distributions.critical(alpha) * math.sqrt(null_variance)
    reach += distributions.upper_quantile(1.0 - power) * math.sqrt(true_variance)
    return (reach / (treatment - control)) ** 2


def units_per_arm_means(effect: float, sd: float, alpha: float, power: float) -> float:
    """Units in each of two equal arms for a difference in means, normal approximation (not rounded)."""
    if validation.finite(effect, "effect") == 0.0:
        raise InvalidInputError("effect", "must not be 0")
    return 2.0 * (detectable_multiple(alpha, power) * validation.positive(sd, "sd") / effect) ** 2


def units_per_arm_t(
    effect_size: float, alpha: float, power: float, *, two_sided: bool = True, ratio: float = 1.0
) -> float:
    """The same by the noncentral t distribution, for an effect in standard deviations (not rounded).

    The answer counts the control's units; the treatment has `ratio` times as many.
    """
    size = abs(validation.finite(effect_size, "effect_size"))
    if size == 0.0:
        raise InvalidInputError("effect_size", "must not be 0")
    validation.positive(ratio, "ratio")

    def reached(units: float) -> float:
        return power_t(size, (units, ratio * units), alpha, two_sided=two_sided)

    least = 2.0 * UNITS_T_MIN / (1.0 + ratio)
    start = max(2.0, units_per_arm_means(size, 1.0, alpha, power))
    high = max(start, least) + 2.0
    while reached(high) < power:
        high *= 2.0
        if high > UNITS_SEARCHED_MAX:
            raise InvalidInputError("effect_size", "is too small to be planned for")
    if reached(least) >= power:
        return least
    return _root(lambda n: reached(n) - power, least, high)


def power_t(effect_size: float, sizes: tuple[float, float], alpha: float, *, two_sided: bool = True) -> float:
    """Power of the t test with these units per arm, at least 3 together; two-sided: both tails counted.

    The noncentral t is (Z + shift)/S with df·S² chi-square: integrated over S, which stays exact where
    series for the distribution break off.
    """
    _check_sizes(sizes)
    df = sizes[0] + sizes[1] - 2.0
    if df < 1.0:
        raise InvalidInputError("sizes", "must be at least 3 units together")
    shift = effect_size * math.sqrt(sizes[0] / (sizes[0] + sizes[1]) * sizes[1])
    tail = alpha / 2.0 if two_sided else alpha
    if df > DF_NORMAL:
        z = distributions.upper_quantile(tail)
        return distributions.upper_p(z - shift) + (distributions.upper_p(z + shift) if two_sided else 0.0)
    critical = distributions.upper_quantile(tail, df)
    shape = df / 2.0
    low = math.sqrt(special.gammaincinv(shape, SCALE_TAIL) / shape)
    high = math.sqrt(special.gammainccinv(shape, SCALE_TAIL) / shape)
    scales = (high + low) / 2.0 + (high - low) / 2.0 * _NODES
    log_density = (df - 1.0) * np.log(scales) - shape * scales**2 + shape * math.log(shape) + math.log(2.0)
    weights = (high - low) / 2.0 * _WEIGHTS * np.exp(log_density - float(special.gammaln(shape)))
    beyond = special.ndtr(shift - critical * scales)
    if two_sided:
        beyond = beyond + special.ndtr(-shift - critical * scales)
    return float(weights @ beyond)


def effect_size_t(sizes: tuple[float, float], alpha: float, power: float, *, two_sided: bool = True) -> float:
    """The effect in standard deviations that the t test finds with this power and these units per arm."""
    if validation.fraction(power, "power") <= validation.fraction(alpha, "alpha"):
        raise InvalidInputError("power", "must be above alpha")
    high = 1.0
    while power_t(high, sizes, alpha, two_sided=two_sided) < power:
        high *= 2.0
        if high > EFFECT_SIZE_MAX:
            raise InvalidInputError("sizes", "are too small for any effect")
    return _root(lambda size: power_t(size, sizes, alpha, two_sided=two_sided) - power, 0.0, high)


def _check_sizes(sizes: tuple[float, float]) -> None:
    validation.positive(sizes[0], "n_control")
    validation.positive(sizes[1], "n_treatment")


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    return root_between(function, low, high, xtol=1e-15, rtol=1e-13)
