"""What a programme of experiments found on one metric: how often it wins, and by how much its winners are overstated.

Of many measured effects the largest are partly luck, so those that were picked for being large come out smaller. The
true effects are taken as draws from a normal distribution around the programme's mean, whose spread τ² is estimated
from them; each effect is then pulled towards the mean by the part that its own error has of the whole variance.

Sources: DerSimonian & Laird 1986, "Meta-analysis in clinical trials" (τ² by moments, never below 0); Efron & Morris
1975, "Data analysis using Stein's estimator and its generalizations" (the pull); Morris 1983, "Parametric empirical
Bayes inference" (that mean and spread are estimated widens the interval); Efron 2011, "Tweedie's formula and selection
bias" (what is pulled needs no correction for having been picked, if the normal distribution fits).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from stats import distributions, validation
from stats.comparison.proportion_intervals import wilson
from stats.errors import InvalidInputError
from stats.kinds.binary import BinarySummary
from stats.results import Comparison
from stats.statuses import Status

EFFECTS_MIN = 4
"""Below them the spread of true effects can't be told from the errors."""
EFFECTS_MAX = 10_000


@dataclass(frozen=True, slots=True)
class MeasuredEffect:
    """A measured effect of one treatment, with its standard error. `won`: it was read as better."""

    name: str
    estimate: float
    se: float
    won: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "estimate", validation.finite(self.estimate, "estimate"))
        object.__setattr__(self, "se", validation.deviation(self.se, "se"))


@dataclass(frozen=True, slots=True)
class ShrunkenEffect:
    """An effect as it is expected to be, with its interval at 1 − alpha. `weight` is what the measurement counts;
    the rest is the programme's mean."""

    name: str
    measured: float
    estimate: float
    se: float
    lower: float
    upper: float
    weight: float


@dataclass(frozen=True, slots=True)
class Inflation:
    """Of the effects that won: their mean as measured and as expected, and the difference between the two."""

    won: int
    measured: float
    expected: float
    excess: float


@dataclass(frozen=True, slots=True)
class Programme:
    """`mean` (with `mean_se`) and `spread` are of the true effects; `heterogeneity` is Cochran's Q, which has about
    `len(effects) − 1` where all true effects are the same. None with a status that isn't `ok`."""

    status: Status
    measured: int
    won: int
    win_rate: float | None
    win_rate_lower: float | None
    win_rate_upper: float | None
    mean: float | None = None
    mean_se: float | None = None
    spread: float | None = None
    heterogeneity: float | None = None
    effects: tuple[ShrunkenEffect, ...] = ()
    inflation: Inflation | None = None


def measured_lift(name: str, comparison: Comparison, *, won: bool) -> MeasuredEffect | None:
    """The lift of a comparison with its delta-method standard error, as one look at all units has it; None where there
    is none."""
    horizon = comparison.fixed_horizon
    lift, df = horizon.lift, math.inf
    if lift.estimate is None or lift.delta_lower is None or lift.delta_upper is None:
        return None
    if horizon.difference.interval_method == "welch" and horizon.test.df is not None:
        df = horizon.test.df
    se = (lift.delta_upper - lift.delta_lower) / (2.0 * distributions.critical(comparison.alpha, df))
    return MeasuredEffect(name, lift.estimate, se, won) if validation.SUM_MIN <= se <= validation.SUM_MAX else None


def assess_programme(effects: Sequence[MeasuredEffect], *, alpha: float = 0.05) -> Programme:
    """The figures of all effects, each of an experiment of its own; those that share a control are taken as apart.

    The win rate has Wilson's interval. Raises InvalidInputError.
    """
    alpha = validation.level(alpha)
    if len(effects) > EFFECTS_MAX:
        raise InvalidInputError("effects", f"must be at most {EFFECTS_MAX}")
    won = sum(each.won for each in effects)
    rate = won / len(effects) if effects else None
    low, high = wilson(BinarySummary(len(effects), won), alpha) if effects else (None, None)
    if len(effects) < EFFECTS_MIN:
        return Programme(Status.INSUFFICIENT_DATA, len(effects), won, rate, low, high)
    spread, heterogeneity = _spread(effects)
    weights = [1.0 / (each.se * each.se + spread) for each in effects]
    total = math.fsum(weights)
    mean = math.fsum(weight * each.estimate for weight, each in zip(weights, effects, strict=True)) / total
    typical = math.fsum(weight * each.se * each.se for weight, each in zip(weights, effects, strict=True)) / total
    truth = _Truth(
        mean, 1.0 / total, spread, 2.0 * (typical + spread) / (len(effects) - 3), distributions.critical(alpha)
    )
    shrunken = tuple(_shrunken(each, truth) for each in effects)
    return Programme(
        Status.OK,
        len(effects),
        won,
        rate,
        low,
        high,
        mean=mean,
        mean_se=math.sqrt(1.0 / total),
        spread=math.sqrt(spread),
        heterogeneity=heterogeneity,
        effects=shrunken,
        inflation=_inflation(effects, shrunken),
    )


def _spread(effects: Sequence[MeasuredEffect]) -> tuple[float, float]:
    """τ² and Cochran's Q."""
    weights = [1.0 / (each.se * each.se) for each in effects]
    total = math.fsum(weights)
    mean = math.fsum(weight * each.estimate for weight, each in zip(weights, effects, strict=True)) / total
    q = math.fsum(weight * (each.estimate - mean) ** 2 for weight, each in zip(weights, effects, strict=True))
    scale = total - math.fsum(weight * weight for weight in weights) / total
    return max((q - (len(effects) - 1)) / scale, 0.0) if scale > 0.0 else 0.0, q


@dataclass(frozen=True, slots=True)
class _Truth:
    """What is known of the true effects; `doubt` over an effect's own variance is that of its weight."""

    mean: float
    mean_variance: float
    spread: float
    doubt: float
    critical: float


def _shrunken(effect: MeasuredEffect, truth: _Truth) -> ShrunkenEffect:
    variance = effect.se * effect.se
    whole = truth.spread + variance
    weight, pull = truth.spread / whole, variance / whole
    apart = effect.estimate - truth.mean
    estimate = truth.mean + weight * apart
    of_weight = truth.doubt / whole * (pull * apart) ** 2
    se = math.sqrt(weight * variance + pull * pull * truth.mean_variance + of_weight)
    half_width = truth.critical * se
    return ShrunkenEffect(
        effect.name, effect.estimate, estimate, se, estimate - half_width, estimate + half_width, weight
    )


def _inflation(effects: Sequence[MeasuredEffect], shrunken: Sequence[ShrunkenEffect]) -> Inflation | None:
    winners = [each for effect, each in zip(effects, shrunken, strict=True) if effect.won]
    if not winners:
        return None
    measured = math.fsum(each.measured for each in winners) / len(winners)
    expected = math.fsum(each.estimate for each in winners) / len(winners)
    return Inflation(len(winners), measured, expected, measured - expected)
