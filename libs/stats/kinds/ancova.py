"""Other regression adjustments from the same sums, for who must report them beside CUPED.

Sources: Fisher 1932 (analysis of covariance); Lin 2013, "Agnostic notes on regression adjustments to
experimental data" (a slope per arm); Deng et al. 2013 (θ from the arms taken together).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from stats.kinds.covariates import CupedSummary
from stats.kinds.cuped import CupedFit, Vector, WithinArm, adjust_arms, pooled_theta


@dataclass(frozen=True, slots=True)
class Ancova:
    """y ~ 1 + T + x by least squares with one residual variance; r2 is of the whole model."""

    difference: float
    se: float
    theta: tuple[float, ...]
    r2: float


@dataclass(frozen=True, slots=True)
class LinAdjustment:
    """A slope per arm, centred at the grand mean. `se` uses each arm's residual variance with n − k − 1."""

    difference: float
    se: float
    theta_treatment: tuple[float, ...]
    theta_control: tuple[float, ...]


def ancova(treatment: CupedSummary, control: CupedSummary, columns: tuple[int, ...] | None = None) -> Ancova:
    """Least squares on the chosen covariates (all by default); needs more units than coefficients."""
    arms = [_columns(WithinArm.of(treatment), columns), _columns(WithinArm.of(control), columns)]
    first, second = arms
    usable = np.ones(len(first.x_mean), dtype=np.bool_)
    theta = pooled_theta(arms, usable)
    squares = first.x_squares + second.x_squares
    residual = max(0.0, first.y_squares + second.y_squares - float(theta @ (first.cross + second.cross)))
    n1, n2 = first.n, second.n
    gap = first.x_mean - second.x_mean
    leverage = 1.0 / n1 + 1.0 / n2 + float(gap @ np.linalg.pinv(squares, hermitian=True) @ gap)
    between = n1 * n2 / (n1 + n2) * (first.y_mean - second.y_mean) ** 2
    return Ancova(
        difference=first.y_mean - second.y_mean - float(theta @ gap),
        se=math.sqrt(residual / (n1 + n2 - 2 - len(theta)) * leverage),
        theta=tuple(float(value) for value in theta),
        r2=1.0 - residual / (first.y_squares + second.y_squares + between),
    )


def lin_adjustment(treatment: CupedSummary, control: CupedSummary) -> LinAdjustment:
    """Adjust each arm by its own slope; every covariate must vary in both arms."""
    arms = (WithinArm.of(treatment), WithinArm.of(control))
    grand = _grand_mean(arms)
    means, variances, thetas = [], [], []
    for arm in arms:
        theta = pooled_theta([arm], np.ones(len(arm.x_mean), dtype=np.bool_))
        residual = max(0.0, arm.y_squares - float(theta @ arm.cross))
        means.append(arm.y_mean - float(theta @ (arm.x_mean - grand)))
        variances.append(residual / (arm.n - 1 - len(theta)) / arm.n)
        thetas.append(tuple(float(value) for value in theta))
    return LinAdjustment(means[0] - means[1], math.sqrt(sum(variances)), thetas[0], thetas[1])


def total_pooled_fit(treatment: CupedSummary, control: CupedSummary) -> tuple[CupedFit, float]:
    """CUPED with θ from both arms as one sample, and for one covariate the total correlation of x and y.

    The treatment's effect leaks into this θ; the engine's own θ is pooled within the arms.
    """
    arms = {"treatment": treatment, "control": control}
    within = {name: WithinArm.of(summary) for name, summary in arms.items()}
    together = _as_one(within["treatment"], within["control"])
    theta = pooled_theta([together], np.ones(len(together.x_mean), dtype=np.bool_))
    correlation = float(together.cross[0]) / math.sqrt(float(together.x_squares[0, 0]) * together.y_squares)
    return adjust_arms(arms, within, theta), correlation


def _as_one(first: WithinArm, second: WithinArm) -> WithinArm:
    n = first.n + second.n
    weight = first.n * second.n / n
    gap, y_gap = first.x_mean - second.x_mean, first.y_mean - second.y_mean
    return WithinArm(
        n,
        (first.n * first.y_mean + second.n * second.y_mean) / n,
        _grand_mean((first, second)),
        first.y_squares + second.y_squares + weight * y_gap * y_gap,
        first.x_squares + second.x_squares + weight * np.outer(gap, gap),
        first.cross + second.cross + weight * gap * y_gap,
    )


def _grand_mean(arms: tuple[WithinArm, WithinArm]) -> Vector:
    first, second = arms
    result: Vector = (first.n * first.x_mean + second.n * second.x_mean) / (first.n + second.n)
    return result


def _columns(arm: WithinArm, columns: tuple[int, ...] | None) -> WithinArm:
    if columns is None:
        return arm
    keep = list(columns)
    return WithinArm(
        arm.n, arm.y_mean, arm.x_mean[keep], arm.y_squares, arm.x_squares[np.ix_(keep, keep)], arm.cross[keep]
    )
