"""Whether two experiments change each other's effect: the difference of differences over the units that are in both.

For a treatment of each, the four cells are independent samples of units: (t, t'), (c, t'), (t, c'), (c, c'). The
contrast is linear in the cells' means, so its variance is the sum of theirs, and its degrees of freedom are
Satterthwaite's 1946, "An approximate distribution of estimates of variance components". For means it is the interaction
of a two-way layout with unequal variances; where cells have equal sizes and variances, that of the classical ANOVA.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stats import distributions, validation
from stats.analysis.arms import Summary, prepare_arm
from stats.judgement.multiplicity import adjust
from stats.kinds.binary import BinarySummary
from stats.kinds.estimates import PRECISION_FATAL, ArmEstimate
from stats.statuses import Status

EXPECTED_MIN = 5
"""Units with and without a conversion that each cell needs for the normal distribution of a rate."""

Cell = tuple[str, str]
"""The variation of the one experiment and that of the other."""


@dataclass(frozen=True, slots=True)
class Interaction:
    """How much larger the one's effect is with the other's treatment than with its control.

    `effect_with_control` and `effect_with_treatment` are the one's differences among the units of either side of the
    other; `difference` is the second minus the first. It is a test of one fixed look. What the data can't give is None,
    and `status` says why.
    """

    status: Status
    treatments: Cell
    n: int
    effect_with_control: float | None = None
    effect_with_treatment: float | None = None
    difference: float | None = None
    se: float | None = None
    df: float | None = None
    lower: float | None = None
    upper: float | None = None
    p_value: float | None = None
    log10_p: float | None = None


def interaction(cells: Mapping[Cell, Summary], *, controls: Cell, treatments: Cell, alpha: float = 0.05) -> Interaction:
    """The interaction of one treatment of each experiment. A cell that is missing has no units.

    Raises InvalidInputError for an alpha that is none.
    """
    validation.level(alpha)
    wanted = [(one, other) for one in (treatments[0], controls[0]) for other in (treatments[1], controls[1])]
    summaries = [cells.get(each) for each in wanted]
    n = sum(each.n for each in summaries if each is not None)
    estimates: list[ArmEstimate] = []
    for summary in summaries:
        prepared = prepare_arm(summary) if summary is not None else None
        if prepared is None or prepared.estimate is None:
            problem = prepared.problem if prepared is not None else None
            return Interaction(problem or Status.INSUFFICIENT_DATA, treatments, n)
        estimates.append(prepared.estimate)
    if any(isinstance(each, BinarySummary) and _is_rare(each) for each in summaries):
        return Interaction(Status.INSUFFICIENT_DATA, treatments, n, *_effects(estimates))
    return _tested(treatments, n, estimates, alpha)


def adjust_interactions(found: Sequence[Interaction]) -> tuple[float | None, ...]:
    """The p-values with the false discoveries among all of them controlled (Benjamini & Hochberg 1995)."""
    tested = [each.p_value for each in found if each.p_value is not None]
    adjusted = iter(adjust(tested, "bh"))
    return tuple(next(adjusted) if each.p_value is not None else None for each in found)


def _is_rare(summary: BinarySummary) -> bool:
    return min(summary.conversions, summary.n - summary.conversions) < EXPECTED_MIN


def _effects(estimates: Sequence[ArmEstimate]) -> tuple[float, float, float]:
    """The one's effect with the other's control, with its treatment, and the second minus the first."""
    both, only_one, only_other, neither = (each.mean for each in estimates)
    with_control, with_treatment = only_one - neither, both - only_other
    return with_control, with_treatment, with_treatment - with_control


def _tested(treatments: Cell, n: int, estimates: Sequence[ArmEstimate], alpha: float) -> Interaction:
    effects = _effects(estimates)
    difference = effects[2]
    variance = math.fsum(each.variance for each in estimates)
    known = (treatments, n, *effects)
    if not math.isfinite(difference) or not math.isfinite(variance):
        return Interaction(Status.PRECISION_LOSS, treatments, n)
    if math.fsum(each.variance_error for each in estimates) > PRECISION_FATAL * variance:
        return Interaction(Status.PRECISION_LOSS, *known)
    if variance == 0.0:
        return Interaction(Status.ZERO_VARIANCE, *known)
    se = math.sqrt(variance)
    inverse = math.fsum((each.variance / variance) ** 2 / each.df for each in estimates)
    df = 1.0 / inverse if inverse > 0.0 else math.inf
    half_width = distributions.critical(alpha, df) * se
    return Interaction(
        Status.OK,
        *known,
        se=se,
        df=df if math.isfinite(df) else None,
        lower=difference - half_width,
        upper=difference + half_width,
        p_value=distributions.two_sided_p(difference / se, df),
        log10_p=distributions.log10_two_sided_p(difference / se, df),
    )
