"""Combining comparisons over strata: post-stratification, heterogeneity, Mantel–Haenszel.

Sources: Miratrix, Sekhon & Yu 2013 (post-stratification); Cochran 1954 (Q) and Higgins & Thompson 2002 (I²);
Cochran 1954 and Mantel & Haenszel 1959 for the stratified 2×2 tables.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy import special

from stats import distributions
from stats.comparison.contrasts import Contrast, compare
from stats.errors import InvalidInputError
from stats.judgement.multinomial import shares_differ
from stats.kinds.binary import BinarySummary
from stats.kinds.estimates import ArmEstimate

STRATA_MAX = 10_000
ALLOCATION_THRESHOLD = 0.001

EstimatePair = tuple[ArmEstimate, ArmEstimate]
RatePair = tuple[BinarySummary, BinarySummary]
"""(treatment, control) of one stratum."""


@dataclass(frozen=True, slots=True)
class PostStratified:
    """Σ w_k d_k with w_k = n_k/N and its standard error given the strata's sizes."""

    difference: float
    se: float
    p_value: float | None
    lower: float | None
    upper: float | None
    weights: tuple[float, ...]
    stratum_differences: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Heterogeneity:
    """Do the effects differ between segments? Cochran's Q (df k − 1), I², and the pooled effect."""

    contrasts: tuple[Contrast, ...]
    q: float
    df: int
    p_value: float
    i2: float
    pooled: float
    pooled_se: float


@dataclass(frozen=True, slots=True)
class MantelHaenszel:
    """The stratified comparison of rates. Ratios are None where they would divide by 0."""

    statistic: float | None
    p_value: float | None
    odds_ratio: float | None
    risk_ratio: float | None
    risk_difference: float


def post_stratify(strata: Sequence[EstimatePair], alpha: float = 0.05) -> PostStratified:
    """Weigh each stratum's difference by its share of all units; normal interval."""
    _check(strata)
    total = sum(treatment.n + control.n for treatment, control in strata)
    weights = tuple((treatment.n + control.n) / total for treatment, control in strata)
    differences = tuple(treatment.mean - control.mean for treatment, control in strata)
    difference = math.fsum(w * d for w, d in zip(weights, differences, strict=True))
    variance = math.fsum(
        w * w * (treatment.variance + control.variance) for w, (treatment, control) in zip(weights, strata, strict=True)
    )
    se = math.sqrt(variance)
    if se == 0.0:
        return PostStratified(difference, se, None, None, None, weights, differences)
    half_width = distributions.critical(alpha) * se
    p_value = distributions.two_sided_p(difference / se)
    return PostStratified(
        difference, se, p_value, difference - half_width, difference + half_width, weights, differences
    )


def heterogeneity(segments: Sequence[EstimatePair], alpha: float = 0.05) -> Heterogeneity:
    """Welch's test in each segment, and whether the effects are the same; each needs a variance."""
    _check(segments)
    contrasts = tuple(compare(treatment, control, alpha) for treatment, control in segments)
    if any(contrast.se == 0.0 for contrast in contrasts):
        raise InvalidInputError("segments", "each segment needs a variance")
    least = min(contrast.se for contrast in contrasts)
    weights = [(least / contrast.se) ** 2 for contrast in contrasts]
    total = math.fsum(weights)
    pooled = math.fsum(w * c.difference for w, c in zip(weights, contrasts, strict=True)) / total
    q = math.fsum(((contrast.difference - pooled) / contrast.se) ** 2 for contrast in contrasts)
    df = len(contrasts) - 1
    p_value = float(special.chdtrc(df, q)) if df else 1.0
    i2 = max(0.0, 1.0 - df / q) if q > 0.0 else 0.0
    return Heterogeneity(contrasts, q, df, p_value, i2, pooled, least / math.sqrt(total))


def mantel_haenszel(strata: Sequence[RatePair]) -> MantelHaenszel:
    """Cochran–Mantel–Haenszel without continuity correction, and the common odds and risk ratio.

    A stratum in which an arm has no units says nothing and is passed over; one at least must have both.
    """
    _check(strata)
    strata = [pair for pair in strata if pair[0].n > 0 and pair[1].n > 0]
    if not strata:
        raise InvalidInputError("strata", "none has units in both arms")
    gap = variance = difference = weight = 0.0
    odds_top = odds_bottom = risk_top = risk_bottom = 0.0
    for treatment, control in strata:
        nt, nc, total = treatment.n, control.n, treatment.n + control.n
        hits, misses = treatment.conversions + control.conversions, total - treatment.conversions - control.conversions
        gap += treatment.conversions - nt * hits / total
        if total > 1:
            variance += nt * nc * hits * misses / (total * total * (total - 1.0))
        odds_top += treatment.conversions * (nc - control.conversions) / total
        odds_bottom += control.conversions * (nt - treatment.conversions) / total
        risk_top += treatment.conversions * nc / total
        risk_bottom += control.conversions * nt / total
        difference += (treatment.conversions * nc - control.conversions * nt) / total
        weight += nt * nc / total
    statistic = gap * gap / variance if variance > 0.0 else None
    return MantelHaenszel(
        statistic=statistic,
        p_value=None if statistic is None else float(special.chdtrc(1, statistic)),
        odds_ratio=odds_top / odds_bottom if odds_bottom > 0.0 else None,
        risk_ratio=risk_top / risk_bottom if risk_bottom > 0.0 else None,
        risk_difference=difference / weight,
    )


def allocation_changed(sizes: Sequence[tuple[int, int]]) -> bool:
    """True if the treatment's share of units differs between periods (chi-square, p below .001).

    Then the pooled table can point the wrong way (Simpson's paradox) and periods must stay apart.
    """
    _check(sizes)
    return shares_differ(sizes, ALLOCATION_THRESHOLD)


def _check(strata: Sequence[object]) -> None:
    if not 1 <= len(strata) <= STRATA_MAX:
        raise InvalidInputError("strata", f"must be 1 to {STRATA_MAX}")
