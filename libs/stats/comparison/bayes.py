"""A Bayesian second view: beta-binomial for rates, normal-normal for the lift.

Sources: Miller 2015, "Formulas for Bayesian A/B Testing"; Stucchio 2015, "Bayesian A/B Testing at VWO"
(expected loss). Reading it daily is not controlled by it: that is what the sequential modes are for.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from stats import distributions, validation
from stats.kinds.binary import BinarySummary

Vector = NDArray[np.float64]
CAUTION = "Reading this repeatedly and stopping at a good moment is not controlled for; use a sequential mode."
PANELS = 64
REACH = 12.0
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(16)


@dataclass(frozen=True, slots=True)
class BetaPosterior:
    """Beta(a, b) of a rate, with its equal-tailed credible interval."""

    a: float
    b: float
    mean: float
    lower: float
    upper: float

    @property
    def sd(self) -> float:
        """The posterior's standard deviation."""
        return math.sqrt(self.mean * (1.0 - self.mean) / (self.a + self.b + 1.0))


@dataclass(frozen=True, slots=True)
class BetaComparison:
    """P(treatment > control), and what choosing an arm is expected to lose, in points of the rate."""

    control: BetaPosterior
    treatment: BetaPosterior
    chance_to_win: float
    expected_loss_treatment: float
    expected_loss_control: float


@dataclass(frozen=True, slots=True)
class NormalPosterior:
    """The posterior of an effect with chance to win Φ(μ/σ) and the expected losses."""

    mean: float
    sd: float
    lower: float
    upper: float
    chance_to_win: float
    expected_loss_treatment: float
    expected_loss_control: float


def beta_posterior(summary: BinarySummary, prior: tuple[float, float], alpha: float = 0.05) -> BetaPosterior:
    """The rate's posterior under a Beta(prior) prior."""
    a = validation.positive(prior[0], "prior[0]") + summary.conversions
    b = validation.positive(prior[1], "prior[1]") + summary.n - summary.conversions
    lower, upper = (float(special.betaincinv(a, b, tail)) for tail in (alpha / 2.0, 1.0 - alpha / 2.0))
    return BetaPosterior(a, b, a / (a + b), lower, upper)


def compare_betas(
    treatment: BinarySummary,
    control: BinarySummary,
    prior: tuple[float, float] = (1.0, 1.0),
    alpha: float = 0.05,
) -> BetaComparison:
    """Exact up to quadrature: both losses are ∫P(one < x)·P(other > x)dx, where nothing cancels."""
    first, second = beta_posterior(treatment, prior, alpha), beta_posterior(control, prior, alpha)
    x, weights = _grid((first, second))
    below_t, above_t = special.betainc(first.a, first.b, x), special.betaincc(first.a, first.b, x)
    below_c, above_c = special.betainc(second.a, second.b, x), special.betaincc(second.a, second.b, x)
    return BetaComparison(
        control=second,
        treatment=first,
        chance_to_win=_chance(first, second),
        expected_loss_treatment=float(weights @ (below_t * above_c)),
        expected_loss_control=float(weights @ (below_c * above_t)),
    )


def normal_posterior(
    estimate: float, se: float, prior_mean: float = 0.0, prior_sd: float | None = None, alpha: float = 0.05
) -> NormalPosterior:
    """Combine an estimate and its standard error with a normal prior; `prior_sd` None is flat.

    A standard error of 0, or one as small as makes no difference, leaves the estimate without doubt.
    """
    sd, weight = validation.no_deviation_or(se, "se"), 1.0
    if prior_sd is not None:
        spread = validation.deviation(prior_sd, "prior_sd")
        total = math.hypot(sd, spread)
        sd, weight = sd / total * spread, (spread / total) ** 2
    prior_mean = validation.finite(prior_mean, "prior_mean")
    mean = weight * validation.finite(estimate, "estimate") + (1.0 - weight) * prior_mean
    half_width = distributions.critical(alpha) * sd
    ratio = mean / sd if sd > 0.0 else math.copysign(math.inf, mean) if mean else 0.0
    density = sd * math.exp(-0.5 * ratio * ratio) / math.sqrt(2.0 * math.pi)
    return NormalPosterior(
        mean,
        sd,
        mean - half_width,
        mean + half_width,
        chance_to_win=distributions.upper_p(-ratio),
        expected_loss_treatment=max(0.0, density - mean * distributions.upper_p(ratio)),
        expected_loss_control=max(0.0, density + mean * distributions.upper_p(-ratio)),
    )


def _chance(treatment: BetaPosterior, control: BetaPosterior) -> float:
    """∫ P(control < quantile of the treatment at u) du by substituting x, over the treatment's own mass."""
    x, weights = _grid((treatment,))
    log_density = (
        special.xlogy(treatment.a - 1.0, x)
        + special.xlog1py(treatment.b - 1.0, -x)
        - special.betaln(treatment.a, treatment.b)
    )
    chance = float(weights @ (np.exp(log_density) * special.betainc(control.a, control.b, x)))
    return min(1.0, max(0.0, chance))


def _grid(posteriors: tuple[BetaPosterior, ...]) -> tuple[Vector, Vector]:
    """Nodes where any posterior has mass, in panels as fine as each needs where it has it.

    x = sin² of an angle clusters the nodes at 0 and 1, where densities may rise without bound.
    """
    edges = []
    for one in posteriors:
        low, high = one.mean - REACH * one.sd, one.mean + REACH * one.sd
        start, end = (math.asin(math.sqrt(min(1.0, max(0.0, edge)))) for edge in (low, high))
        edges.append(np.linspace(start, end, PANELS + 1))
    joined = np.unique(np.concatenate(edges))
    half = np.diff(joined) / 2.0
    angles = (joined[:-1] + half)[:, None] + half[:, None] * _NODES
    weights = half[:, None] * _WEIGHTS * np.sin(2.0 * angles)
    return (np.sin(angles) ** 2).ravel(), weights.ravel()
