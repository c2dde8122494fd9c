"""Covariates beside a ratio, a clustered mean or a quantile: the outcome is linear in two sums per unit, nearly.

A ratio R = Σm/Σd moves with z = (m − R·d)/d̄ of a unit, a quantile with z = −(below − p·size)/(mean size × density). Its
covariance with a covariate follows from Σx·top and Σx·bottom, so CUPED is that of a mean. Sources: Deng, Xu, Kohavi &
Walker 2013, appendix B (ratios); Deng, Knoblich & Lu 2018, section 4 (quantiles).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stats import distributions
from stats.errors import InvalidInputError
from stats.kinds.clustered import ClusteredSummary, prepare_clustered
from stats.kinds.covariates import (
    covariate_count,
    covariate_names,
    history_count,
    indicator_is_missing,
    sums_of_covariates,
    symmetric_sums,
)
from stats.kinds.estimates import PreparedArm
from stats.kinds.quantile import QuantileSummary, prepare_quantile
from stats.kinds.ratio import RatioSummary, prepare_ratio
from stats.kinds.sums import check_cross_sum, check_square_sum

Vector = NDArray[np.float64]
OUTCOMES: dict[str, type[RatioSummary] | type[ClusteredSummary] | type[QuantileSummary]] = {
    "ratio": RatioSummary,
    "clustered": ClusteredSummary,
    "quantile": QuantileSummary,
}


@dataclass(frozen=True, slots=True)
class LinearisedSummary:
    """An outcome with k covariates: Σx (k), X′X (k×k), and Σx·top, Σx·bottom (k) over the units.

    `of` names the outcome's kind. top and bottom of a unit: numerator and denominator of a ratio, outcomes and users of
    a clustered mean, observations at or below the quantile and all observations (which must come as clusters). A unit
    without history has x = 0 and an indicator covariate, as with a mean.
    """

    of: str
    outcome: RatioSummary | ClusteredSummary | QuantileSummary
    x_sum: tuple[float, ...]
    xx: tuple[tuple[float, ...], ...]
    x_top: tuple[float, ...]
    x_bottom: tuple[float, ...]
    covariates: tuple[str, ...] = ()
    history_n: int | None = None

    def __post_init__(self) -> None:
        if self.of not in OUTCOMES or not isinstance(self.outcome, OUTCOMES[self.of]):
            raise InvalidInputError("outcome", f"must be what `of` names: one of {', '.join(OUTCOMES)}")
        if isinstance(self.outcome, QuantileSummary) and self.outcome.clusters is None:
            raise InvalidInputError("outcome.clusters", "is needed beside covariates")
        k = covariate_count(self.x_sum)
        for name, power in (("x_sum", 1), ("x_top", 2), ("x_bottom", 2)):
            object.__setattr__(self, name, sums_of_covariates(getattr(self, name), name, k, power))
        object.__setattr__(self, "xx", symmetric_sums(self.xx, k))
        object.__setattr__(self, "covariates", covariate_names(self.covariates, k))
        object.__setattr__(self, "history_n", history_count(self.history_n, self.n))
        sums = self.sums
        for j, total in enumerate(self.x_sum):
            check_square_sum(self.n, total, self.xx[j][j], f"xx[{j}][{j}]")
            check_cross_sum(self.xx[j][j], sums.num_sum_sq, self.x_top[j], f"x_top[{j}]")
            check_cross_sum(self.xx[j][j], sums.den_sum_sq, self.x_bottom[j], f"x_bottom[{j}]")

    @property
    def sums(self) -> RatioSummary:
        """The units' tops and bottoms as a ratio."""
        if isinstance(self.outcome, RatioSummary):
            return self.outcome
        if isinstance(self.outcome, ClusteredSummary):
            return self.outcome.as_ratio()
        if self.outcome.clusters is None:
            raise InvalidInputError("outcome.clusters", "is needed beside covariates")
        return self.outcome.clusters.as_ratio()

    @property
    def n(self) -> int:
        """The units of randomisation."""
        return self.sums.n

    @property
    def sum_sq(self) -> float:
        """The size of Σz², for the bound on what rounding may cost."""
        prepared = prepare_outcome(self.outcome)
        return prepared.estimate.variance * self.n * self.n if prepared.estimate else 0.0

    @property
    def lacks_indicator(self) -> bool:
        """True if units without history exist that no indicator covariate marks."""
        return indicator_is_missing(self.history_n, self.n, self.x_sum, self.xx)

    def cross_products(self) -> Vector:
        """Σ(x − x̄)·z of the linearised outcome; the bottom must not sum to 0."""
        sums = self.sums
        x_mean = np.asarray(self.x_sum) / sums.n
        share = sums.num_sum / sums.den_sum
        tops = np.asarray(self.x_top) - x_mean * sums.num_sum
        bottoms = np.asarray(self.x_bottom) - x_mean * sums.den_sum
        products: Vector = self._slope() * (tops - share * bottoms)
        return products

    def _slope(self) -> float:
        sums = self.sums
        mean = sums.den_sum / sums.n
        if not isinstance(self.outcome, QuantileSummary):
            return 1.0 / mean
        outcome = self.outcome
        if outcome.lower is None or outcome.upper is None:
            return 0.0
        sd = (outcome.upper - outcome.lower) / (2.0 * distributions.critical(outcome.alpha))
        return -sd / (mean * math.sqrt(outcome.q * (1.0 - outcome.q) / outcome.n))


def prepare_outcome(outcome: RatioSummary | ClusteredSummary | QuantileSummary) -> PreparedArm:
    """The outcome's own estimate, without covariates."""
    if isinstance(outcome, RatioSummary):
        return prepare_ratio(outcome)
    return prepare_clustered(outcome) if isinstance(outcome, ClusteredSummary) else prepare_quantile(outcome)


def prepare_linearised(summary: LinearisedSummary) -> PreparedArm:
    """The arm as it is unadjusted; `fit_cuped` adjusts all arms together."""
    return prepare_outcome(summary.outcome)
