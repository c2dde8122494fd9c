"""Tails and quantiles of the t and the normal distribution; df = infinity means the normal one.

p-values come from survival functions, never from 1 − cdf, and the logarithm has its own way, so that a
statistic of 60 has a log10 p of -783 and not a p of 0 that says nothing.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from stats.roots import root_between

LOG_10 = math.log(10.0)
_UNDERFLOW = 1e-290
LOG_MAX = 300.0
SERIES_BELOW = 0.9
SERIES_TERMS = 500
_LAGUERRE_NODES, _LAGUERRE_WEIGHTS = np.polynomial.laguerre.laggauss(40)


def upper_p(statistic: float, df: float = math.inf) -> float:
    """P(T > statistic)."""
    if math.isinf(df):
        return float(special.ndtr(-statistic))
    return float(special.stdtr(df, -statistic))


def two_sided_p(statistic: float, df: float = math.inf) -> float:
    """P(|T| > |statistic|)."""
    return min(1.0, 2.0 * upper_p(abs(statistic), df))


def critical(alpha: float, df: float = math.inf) -> float:
    """The two-sided critical value: P(|T| > critical) = alpha."""
    return upper_quantile(alpha / 2.0, df)


def upper_quantile(tail: float, df: float = math.inf) -> float:
    """The value that T exceeds with probability `tail`."""
    if math.isinf(df):
        return -float(special.ndtri(tail))
    return -float(special.stdtrit(df, tail))


def equivalent_critical(z: float, df: float) -> float:
    """The critical value with these degrees of freedom whose two-sided p is that of z; infinity beyond a double."""
    if math.isinf(df) or math.isinf(z):
        return z
    log_p = log10_two_sided_p(z)
    if log_p > math.log10(_UNDERFLOW):
        return critical(10.0**log_p, df)
    low, high = math.log(z), LOG_MAX
    if log10_two_sided_p(math.exp(high), df) > log_p:
        return math.inf
    found = root_between(lambda log_t: log10_two_sided_p(math.exp(log_t), df) - log_p, low, high, xtol=1e-12)
    return math.exp(found)


def log10_two_sided_p(statistic: float, df: float = math.inf) -> float:
    """log10 P(|T| > |statistic|), finite also where the probability itself underflows."""
    size = abs(statistic)
    if math.isinf(df):
        return min(0.0, (math.log(2.0) + float(special.log_ndtr(-size))) / LOG_10)
    tail = upper_p(size, df)
    if tail > _UNDERFLOW:
        return min(0.0, math.log10(2.0 * tail))
    return (math.log(2.0) + _log_t_tail(size, df)) / LOG_10


def log10_chi_square_p(statistic: float, df: int) -> float:
    """log10 of the upper tail of chi-square; the far tail by its leading asymptotic series."""
    tail = float(special.chdtrc(df, statistic))
    if tail > _UNDERFLOW:
        return math.log10(tail)
    shape, half = df / 2.0, statistic / 2.0
    series, term = 1.0, 1.0
    for step in range(1, 20):
        term *= (shape - step) / half
        if term == 0.0:
            break
        series += term
    log_tail = (shape - 1.0) * math.log(half) - half - float(special.gammaln(shape)) + math.log(series)
    return log_tail / LOG_10


def z_equivalent(p_two_sided_log10: float, sign: float) -> float:
    """The signed normal deviate whose two-sided p has this log10; so a Welch test meets a normal bound."""
    if p_two_sided_log10 >= 0.0:
        return 0.0
    size = -float(special.ndtri_exp(p_two_sided_log10 * LOG_10 - math.log(2.0)))
    return math.copysign(max(size, 0.0), sign)


def _log_t_tail(size: float, df: float) -> float:
    """log P(T > size) far out, where the probability itself underflows.

    The tail is half an incomplete beta function in x = df/(df + size²): its power series, or near x = 1,
    where the density falls like an exponential, Gauss–Laguerre.
    """
    x = df / (df + size * size)
    if x < SERIES_BELOW:
        a = df / 2.0
        steps = np.arange(SERIES_TERMS)
        terms = np.concatenate(([1.0], np.cumprod((a + 0.5 + steps) / (a + 1.0 + steps) * x)))
        # Beyond 1e154 the square is infinite and x is 0; its logarithm is not.
        log_x = math.log(x) if x > 0.0 else math.log(df) - 2.0 * math.log(size)
        log_factor = a * log_x + 0.5 * math.log1p(-x) - math.log(a) - float(special.betaln(a, 0.5))
        return log_factor + math.log(float(terms.sum())) - math.log(2.0)
    decay = (df + 1.0) * size / (df + size * size)
    beyond = size + _LAGUERRE_NODES / decay
    falls = -(df + 1.0) / 2.0 * (np.log1p(beyond * beyond / df) - math.log1p(size * size / df))
    mass = float(_LAGUERRE_WEIGHTS @ np.exp(falls + _LAGUERRE_NODES))
    log_density = -(df + 1.0) / 2.0 * math.log1p(size * size / df) - 0.5 * math.log(df) - special.betaln(df / 2.0, 0.5)
    return float(log_density) + math.log(mass) - math.log(decay)
