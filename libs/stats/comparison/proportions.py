"""Two proportions: Pearson's chi-square, and Fisher's exact test when counts are small.

Sources: Pearson 1900; the rule of five is Cochran's (1954). No continuity correction: the
statistic is then z² exactly, so the sequential bounds for z carry over.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from stats import distributions
from stats.comparison.fisher import fisher_exact
from stats.kinds.binary import BinarySummary

EXPECTED_CELL_MIN = 5.0


@dataclass(frozen=True, slots=True)
class ProportionTest:
    """Chi-square (df 1) with its signed root z; all None when nobody or everybody converted.

    `expected_min` is the smallest expected cell; `exact` says that `p_value` is Fisher's.
    """

    chi_square: float | None
    z: float | None
    p_value: float
    log10_p: float
    expected_min: float
    exact: bool


def compare_rates(treatment: BinarySummary, control: BinarySummary) -> ProportionTest:
    """Test pt = pc; both arms need n ≥ 1. The p is Fisher's when an expected cell is below 5."""
    z = pooled_z(treatment, control)
    smallest = expected_min(treatment, control)
    if smallest < EXPECTED_CELL_MIN or z is None:
        p_value, log10_p = fisher_exact(treatment, control)
        return ProportionTest(None if z is None else z * z, z, p_value, log10_p, smallest, exact=True)
    return ProportionTest(
        z * z, z, distributions.two_sided_p(z), distributions.log10_two_sided_p(z), smallest, exact=False
    )


def pooled_se(treatment: BinarySummary, control: BinarySummary) -> float:
    """√(p̂(1 − p̂)(1/nc + 1/nt)) with the pooled rate p̂: the standard error if the rates are equal."""
    total = treatment.n + control.n
    hits = treatment.conversions + control.conversions
    return math.sqrt(hits / total * ((total - hits) / total) * (1.0 / control.n + 1.0 / treatment.n))


def pooled_z(treatment: BinarySummary, control: BinarySummary) -> float | None:
    """(pt − pc)/pooled_se; None if the pooled rate is 0 or 1."""
    se = pooled_se(treatment, control)
    return (treatment.rate - control.rate) / se if se > 0.0 else None


def expected_min(treatment: BinarySummary, control: BinarySummary) -> float:
    """The smallest expected cell of the 2×2 table under equal rates."""
    total = treatment.n + control.n
    hits = treatment.conversions + control.conversions
    return min(treatment.n, control.n) * (min(hits, total - hits) / total)
