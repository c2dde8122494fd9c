"""Omnibus tests: are all k arms equal? Chi-square for rates, Welch's analysis of variance for means.

Sources: Pearson 1900 for the k×2 table; Welch 1951, "On the comparison of several mean values"; Fisher 1925 for the
classical analysis of variance, which takes all arms to have one variance.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy import special

from stats.kinds.binary import BinarySummary
from stats.kinds.estimates import ArmEstimate
from stats.kinds.mean import MeanSummary, merge_means
from stats.statuses import Status


@dataclass(frozen=True, slots=True)
class Omnibus:
    """The test that all k arms are equal: chi-square, or Welch's analysis of variance."""

    method: str
    statistic: float | None
    df: float | None
    df_denominator: float | None
    p_value: float | None
    status: Status = Status.OK


def chi_square_omnibus(arms: Sequence[BinarySummary]) -> Omnibus:
    """Pearson's chi-square with df = k − 1; None where the pooled rate is 0 or 1. Needs n ≥ 1 each."""
    total = sum(arm.n for arm in arms)
    hits = sum(arm.conversions for arm in arms)
    df = len(arms) - 1
    if total == 0 or any(arm.n == 0 for arm in arms):
        return Omnibus("pearson_chi_square", None, float(df), None, None, Status.INSUFFICIENT_DATA)
    if hits in {0, total}:
        return Omnibus("pearson_chi_square", None, float(df), None, None, Status.ZERO_VARIANCE)
    rate = hits / total
    statistic = math.fsum(arm.n * (arm.rate - rate) ** 2 for arm in arms) / (rate * ((total - hits) / total))
    return Omnibus("pearson_chi_square", statistic, float(df), None, float(special.chdtrc(df, statistic)))


def welch_anova(arms: Sequence[ArmEstimate]) -> Omnibus:
    """Welch's F over k means with variances of their own; every arm needs df > 0 and a variance."""
    k = len(arms)
    if any(arm.variance <= 0.0 for arm in arms):
        return Omnibus("welch_anova", None, k - 1.0, None, None, Status.ZERO_VARIANCE)
    weights = [1.0 / arm.variance for arm in arms]
    total = math.fsum(weights)
    grand = math.fsum(w * arm.mean for w, arm in zip(weights, arms, strict=True)) / total
    between = math.fsum(w * (arm.mean - grand) ** 2 for w, arm in zip(weights, arms, strict=True)) / (k - 1)
    unevenness = math.fsum((1.0 - w / total) ** 2 / arm.df for w, arm in zip(weights, arms, strict=True))
    statistic = between / (1.0 + 2.0 * (k - 2) / (k * k - 1.0) * unevenness)
    df_denominator = (k * k - 1.0) / (3.0 * unevenness) if unevenness > 0.0 else math.inf
    if math.isinf(df_denominator):
        p_value = float(special.chdtrc(k - 1, (k - 1) * statistic))
    else:
        p_value = float(special.fdtrc(k - 1, df_denominator, statistic))
    return Omnibus("welch_anova", statistic, k - 1.0, df_denominator, p_value)


def classical_anova(arms: Sequence[MeanSummary]) -> Omnibus:
    """Fisher's F over k means with one variance; needs n ≥ 1 each and more units than arms."""
    k, units = len(arms), sum(arm.n for arm in arms)
    if units <= k or any(arm.n == 0 for arm in arms):
        return Omnibus("classical_anova", None, k - 1.0, None, None, Status.INSUFFICIENT_DATA)
    within = math.fsum(arm.squares for arm in arms)
    if within == 0.0:
        return Omnibus("classical_anova", None, k - 1.0, float(units - k), None, Status.ZERO_VARIANCE)
    grand = merge_means(arms).mean
    between = math.fsum(arm.n * (arm.mean - grand) ** 2 for arm in arms)
    statistic = between / (k - 1) / (within / (units - k))
    p_value = float(special.fdtrc(k - 1, units - k, statistic))
    return Omnibus("classical_anova", statistic, k - 1.0, float(units - k), p_value)
