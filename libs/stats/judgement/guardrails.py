"""Guardrails: is the treatment at least not worse than a margin allows?

Non-inferiority against an absolute or a relative margin; the relative one as the linear contrast
mt − (1 ∓ δ)·mc, which keeps the control's uncertainty. Sources: Wellek 2010, "Testing Statistical Hypotheses
of Equivalence and Noninferiority"; Schuirmann 1987 for the two one-sided tests.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from stats import distributions
from stats.comparison.lift import fieller
from stats.effects import SetKind
from stats.kinds.estimates import ArmEstimate, Arms, moments, welch_df
from stats.metrics import Direction, Guardrail


@dataclass(frozen=True, slots=True)
class NonInferiority:
    """A test that the treatment is not worse than its margin.

    `bound`: the confidence bound on the harmful side, of the difference or (relative) of the lift."""

    statistic: float
    df: float
    p_value: float
    bound: float | None
    passes: bool


@dataclass(frozen=True, slots=True)
class MarginTest:
    """The contrast of the treatment with the margin: in standard errors, positive on the tolerable side.

    `effect`: how far the margin is from no change, in the unit of the contrast whose standard error is `se`.
    """

    statistic: float
    df: float
    se: float
    effect: float

    @property
    def p_value(self) -> float:
        """One-sided, of "worse than the margin", at a fixed horizon."""
        return distributions.upper_p(self.statistic, self.df)

    @property
    def z(self) -> float:
        """The normal equivalent of the statistic."""
        return distributions.z_equivalent(distributions.log10_two_sided_p(self.statistic, self.df), self.statistic)


def margin_test(arms: Arms, guardrail: Guardrail, direction: Direction) -> MarginTest | None:
    """The statistic behind every mode's test against the margin; None if neither arm varies."""
    harm_sign, treatment, control = _harm_sign(direction), arms.treatment, arms.control
    factor = 1.0
    if guardrail.relative:
        factor = 1.0 - harm_sign * guardrail.margin * math.copysign(1.0, control.mean)
    variance = moments(treatment, control, arms.shared).of_combination(factor)
    if variance <= 0.0:
        return None
    slack = 0.0 if guardrail.relative else guardrail.margin
    se = math.sqrt(variance)
    statistic = (harm_sign * (treatment.mean - factor * control.mean) + slack) / se
    scaled = ArmEstimate(factor * control.mean, factor * factor * control.variance, control.n, control.df)
    effect = guardrail.margin * abs(control.mean) if guardrail.relative else guardrail.margin
    return MarginTest(statistic, welch_df(treatment, scaled), se, effect)


def margin_bound(arms: Arms, guardrail: Guardrail, direction: Direction, critical: float) -> float | None:
    """The bound on the side of harm, of the difference or (relative) of the lift, at a one-sided critical value."""
    if not math.isfinite(critical * critical):
        return None
    if guardrail.relative:
        return _lift_bound(arms, critical, _harm_sign(direction))
    variance = moments(arms.treatment, arms.control, arms.shared).of_combination(1.0)
    bound = arms.treatment.mean - arms.control.mean - _harm_sign(direction) * critical * math.sqrt(variance)
    return bound if math.isfinite(bound) else None


def non_inferiority(
    treatment: ArmEstimate,
    control: ArmEstimate,
    guardrail: Guardrail,
    direction: Direction,
    alpha: float,
    shared: float = 0.0,
) -> NonInferiority | None:
    """One-sided test that the harm is below the margin, at a fixed horizon; None if neither arm varies."""
    arms = Arms(treatment, control, shared)
    test = margin_test(arms, guardrail, direction)
    if test is None:
        return None
    bound = margin_bound(arms, guardrail, direction, distributions.upper_quantile(alpha, test.df))
    signed = _harm_sign(direction) * test.statistic
    return NonInferiority(signed, test.df, test.p_value, bound, test.p_value < alpha)


@dataclass(frozen=True, slots=True)
class Equivalence:
    """Two one-sided tests: p_lower that the difference is above −margin, p_upper that it is below +margin."""

    p_lower: float
    p_upper: float
    passes: bool

    @property
    def p_value(self) -> float:
        """The larger of both."""
        return max(self.p_lower, self.p_upper)


def equivalence(treatment: ArmEstimate, control: ArmEstimate, margin: Guardrail, alpha: float) -> Equivalence | None:
    """Schuirmann's test that |difference| (relative: |lift|) is below the margin; None if neither arm varies."""
    above = non_inferiority(treatment, control, margin, Direction.INCREASE, alpha)
    below = non_inferiority(treatment, control, margin, Direction.DECREASE, alpha)
    if above is None or below is None:
        return None
    return Equivalence(above.p_value, below.p_value, above.passes and below.passes)


def _harm_sign(direction: Direction) -> float:
    return 1.0 if direction is Direction.INCREASE else -1.0


def _lift_bound(arms: Arms, critical: float, harm_sign: float) -> float | None:
    if arms.control.mean == 0.0:
        return None
    region = fieller(arms.treatment, arms.control, critical, arms.shared)
    if arms.control.mean < 0.0:
        region = region.mirrored()
    if region.kind is not SetKind.INTERVAL:
        return None
    bound = region.lower if harm_sign > 0.0 else region.upper
    return bound if bound is not None and math.isfinite(bound) else None
