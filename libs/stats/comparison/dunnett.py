"""Many treatments against one control: Dunnett's test.

Source: Dunnett 1955, "A multiple comparison procedure for comparing several treatments with a control". The
multivariate t probability is a double integral (Gauss–Legendre), so the answer is the same at each call.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from stats.errors import InvalidInputError
from stats.kinds.mean import MeanSummary

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(48)
SHARED_REACH = 8.5
SCALE_REACH = 10.0


@dataclass(frozen=True, slots=True)
class DunnettTest:
    """Per treatment its t (pooled variance, N − k degrees of freedom) and family-wise two-sided p."""

    statistics: tuple[float, ...]
    p_values: tuple[float, ...]
    df: int


def dunnett(treatments: Sequence[MeanSummary], control: MeanSummary) -> DunnettTest | None:
    """Compare each treatment with the control; None if no arm varies. Needs n ≥ 1 each, N above k."""
    arms = [control, *treatments]
    df = sum(arm.n for arm in arms) - len(arms)
    if not treatments or df < 1 or any(arm.n < 1 for arm in arms):
        raise InvalidInputError("arms", "need a control, at least one treatment, and more units than arms")
    variance = math.fsum(arm.squares for arm in arms) / df
    if variance == 0.0:
        return None
    statistics = tuple(
        (arm.mean - control.mean) / math.sqrt(variance * (1.0 / arm.n + 1.0 / control.n)) for arm in treatments
    )
    loadings = np.array([math.sqrt(arm.n / (arm.n + control.n)) for arm in treatments])
    p_values = tuple(1.0 - all_within(abs(statistic), loadings, df) for statistic in statistics)
    return DunnettTest(statistics, tuple(min(1.0, max(0.0, p)) for p in p_values), df)


def all_within(size: float, loadings: np.ndarray, df: int) -> float:
    """P(all |T_i| ≤ size) when T_i = (λᵢZ₀ + √(1 − λᵢ²)Zᵢ)/S, with df·S² chi-square distributed."""
    shared = SHARED_REACH * _NODES
    shared_weights = SHARED_REACH * _WEIGHTS * np.exp(-0.5 * shared**2) / math.sqrt(2.0 * math.pi)
    spread = SCALE_REACH / math.sqrt(2.0 * df)
    low, high = max(0.0, 1.0 - spread), 1.0 + spread
    scales = low + (high - low) * (_NODES + 1.0) / 2.0
    log_density = (
        (df - 1.0) * np.log(scales)
        - df * scales**2 / 2.0
        + df / 2.0 * math.log(df / 2.0)
        + math.log(2.0)
        - float(special.gammaln(df / 2.0))
    )
    scale_weights = (high - low) / 2.0 * _WEIGHTS * np.exp(log_density)
    inside = np.ones((len(scales), len(shared)))
    for loading in loadings:
        own = math.sqrt(1.0 - loading * loading)
        reach, shift = size * scales[:, None] / own, loading * shared[None, :] / own
        inside *= special.ndtr(reach - shift) - special.ndtr(-reach - shift)
    return float(scale_weights @ inside @ shared_weights)
