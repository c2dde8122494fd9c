"""CUPED: means adjusted by covariates from before the experiment.

θ is pooled within the arms (the slope of the analysis of covariance), so the treatment's own effect
never enters it; the adjusted mean is ȳ − θ′(x̄ₐ − x̄) around the grand mean x̄, so it keeps the metric's
scale and a lift stays a lift. Sources: Deng, Xu, Kohavi & Walker 2013; Lin 2013; Yang & Tsiatis 2001.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from stats import distributions
from stats.errors import InvalidInputError
from stats.kinds.covariates import CupedSummary
from stats.kinds.estimates import ArmEstimate, PreparedArm, welch_df
from stats.kinds.linearised import LinearisedSummary, prepare_linearised
from stats.kinds.mean import prepare_mean
from stats.kinds.sums import EPSILON

Vector = NDArray[np.float64]
Adjustable = CupedSummary | LinearisedSummary
CONSTANT_SHARE = 1e-12
"""A covariate whose within-arm squares are below this share of Σx² is constant up to rounding."""
COLLINEAR = 1e-10


@dataclass(frozen=True, slots=True)
class WithinArm:
    """An arm's means and centred cross products: n, ȳ, x̄, Σ(y−ȳ)², Σ(x−x̄)(x−x̄)′, Σ(x−x̄)(y−ȳ)."""

    n: int
    y_mean: float
    x_mean: Vector
    y_squares: float
    x_squares: Vector
    cross: Vector

    @classmethod
    def of(cls, summary: Adjustable) -> WithinArm:
        """Needs n ≥ 1."""
        if isinstance(summary, LinearisedSummary):
            return cls._of_linearised(summary)
        n = summary.n
        x_mean = np.asarray(summary.x_sum) / n
        cross = np.asarray(summary.xy) - x_mean * summary.sum
        x_squares = np.asarray(summary.xx) - n * np.outer(x_mean, x_mean)
        outcome = summary.outcome
        return cls(n, outcome.mean, x_mean, outcome.squares, x_squares, cross)

    @classmethod
    def _of_linearised(cls, summary: LinearisedSummary) -> WithinArm:
        n, estimate = summary.n, prepare_linearised(summary).estimate
        x_mean = np.asarray(summary.x_sum) / n
        x_squares = np.asarray(summary.xx) - n * np.outer(x_mean, x_mean)
        if estimate is None:
            return cls(n, 0.0, x_mean, 0.0, x_squares, np.zeros(len(x_mean)))
        y_squares = estimate.variance * n * (n - 1)
        return cls(n, estimate.mean, x_mean, y_squares, x_squares, summary.cross_products())


@dataclass(frozen=True, slots=True)
class CupedFit:
    """θ per covariate (0 for one that was left out), and one adjusted estimate per arm.

    `shared_variance` is Var(θ′x̄): all adjusted means carry it. `reason` says why nothing was adjusted.
    """

    theta: tuple[float, ...]
    arms: Mapping[str, ArmEstimate]
    shared_variance: float
    reason: str | None = None

    @property
    def applied(self) -> bool:
        """True if at least one covariate was used."""
        return self.reason is None


def prepare_adjusted(summary: CupedSummary) -> PreparedArm:
    """The arm as it is unadjusted; `fit_cuped` adjusts all arms together."""
    return prepare_mean(summary.outcome)


def fit_cuped(arms: Mapping[str, Adjustable]) -> CupedFit:
    """Adjust all arms with one θ; every arm needs n ≥ 2 and the same covariates."""
    names = {summary.covariates for summary in arms.values()}
    if len(names) > 1:
        raise InvalidInputError("covariates", "must be the same in all arms")
    k = len(names.pop())
    if any(summary.lacks_indicator for summary in arms.values()):
        return _not_fitted(k, "some units have no history and no indicator covariate marks them")
    if any(summary.n < k + 2 for summary in arms.values()):
        return _not_fitted(k, "an arm has too few units for this many covariates")
    if any(isinstance(each, LinearisedSummary) and prepare_linearised(each).estimate is None for each in arms.values()):
        return _not_fitted(k, "an arm can't be estimated")
    within = {name: WithinArm.of(summary) for name, summary in arms.items()}
    usable = _varying(arms, within)
    if not usable.any():
        return _not_fitted(k, "the covariates do not vary within the arms")
    theta = np.zeros(k)
    theta[usable] = pooled_theta(list(within.values()), usable)
    return adjust_arms(arms, within, theta)


def pooled_theta(within: list[WithinArm], usable: NDArray[np.bool_]) -> Vector:
    """(ΣXₐ)⁻¹ ΣCₐ over the usable covariates; collinear directions get none of the weight."""
    squares = np.sum([arm.x_squares for arm in within], axis=0)[np.ix_(usable, usable)]
    cross = np.sum([arm.cross for arm in within], axis=0)[usable]
    scale = np.sqrt(np.diag(squares))
    solution, *_ = np.linalg.lstsq(squares / np.outer(scale, scale), cross / scale, rcond=COLLINEAR)
    result: Vector = solution / scale
    return result


def balance_p(treatment: Adjustable, control: Adjustable) -> float | None:
    """p of equal covariate means before the start: Welch for one covariate, Wald's chi-square for more.

    None if no covariate varies. The indicator of history counts as a covariate too.
    """
    first, second = WithinArm.of(treatment), WithinArm.of(control)
    usable = _varying({"t": treatment, "c": control}, {"t": first, "c": second})
    if not usable.any():
        return None
    gap = (first.x_mean - second.x_mean)[usable]
    spread = (_of_mean(first.x_squares, first.n) + _of_mean(second.x_squares, second.n))[np.ix_(usable, usable)]
    if len(gap) > 1:
        scale = np.sqrt(np.diag(spread))
        inverse = np.linalg.pinv(spread / np.outer(scale, scale), rcond=COLLINEAR, hermitian=True)
        rank = int(np.linalg.matrix_rank(inverse, tol=COLLINEAR, hermitian=True))
        return float(special.chdtrc(rank, (gap / scale) @ inverse @ (gap / scale)))
    index = int(np.flatnonzero(usable)[0])
    estimates = [
        ArmEstimate(float(arm.x_mean[index]), float(_of_mean(arm.x_squares, arm.n)[index, index]), arm.n, arm.n - 1.0)
        for arm in (first, second)
    ]
    df = welch_df(estimates[0], estimates[1])
    return distributions.two_sided_p(float(gap[0]) / math.sqrt(float(spread[0, 0])), df)


def adjust_arms(arms: Mapping[str, Adjustable], within: Mapping[str, WithinArm], theta: Vector) -> CupedFit:
    total = sum(arm.n for arm in within.values())
    grand = np.sum([arm.n * arm.x_mean for arm in within.values()], axis=0) / total
    shared = 0.0
    estimates: dict[str, ArmEstimate] = {}
    for name, arm in within.items():
        share = arm.n / total
        explained = float(theta @ _of_mean(arm.x_squares, arm.n) @ theta)
        with_outcome = float(theta @ _of_mean(arm.cross, arm.n))
        variance = max(0.0, arm.y_squares / (arm.n - 1) / arm.n - 2.0 * with_outcome + explained)
        magnitude = arms[name].sum_sq + float(theta**2 @ np.diag(np.asarray(arms[name].xx)))
        estimates[name] = ArmEstimate(
            mean=arm.y_mean - float(theta @ (arm.x_mean - grand)),
            variance=variance,
            n=arm.n,
            df=arm.n - 1.0,
            variance_error=EPSILON * magnitude / ((arm.n - 1) * arm.n) if variance > 0.0 else 0.0,
            shared_covariance=share * (with_outcome - explained),
        )
        shared += share * share * explained
    return CupedFit(tuple(float(value) for value in theta), estimates, shared)


def _varying(arms: Mapping[str, Adjustable], within: Mapping[str, WithinArm]) -> NDArray[np.bool_]:
    spread = np.sum([np.diag(arm.x_squares) for arm in within.values()], axis=0)
    size = np.sum([np.diag(np.asarray(summary.xx)) for summary in arms.values()], axis=0)
    result: NDArray[np.bool_] = spread > CONSTANT_SHARE * size
    return result


def _of_mean(products: Vector, n: int) -> Vector:
    """From centred cross products to the (co)variance of the means."""
    return products / ((n - 1.0) * n)


def _not_fitted(k: int, reason: str) -> CupedFit:
    return CupedFit((0.0,) * k, {}, 0.0, reason)
