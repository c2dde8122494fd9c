"""Guardrails: is the treatment at least not worse than a margin allows?

Non-inferiority against an absolute or a relative margin; the relative one as the linear contrast
mt − (1 ∓ δ)·mc, which keeps the control's uncertainty. Sources: Wellek 2010, "Testing Statistical Hypotheses
of Equivalence and Noninferiority"; Schuirmann 1987 for the two one-sided tests.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from stats import distributions
from stats.comparison.lift import SetKind, fieller
from stats.kinds.estimates import ArmEstimate, moments, welch_df
from stats.metrics import Direction, Guardrail
from stats.results import GuardrailBlock
from stats.sequential.results import AlwaysValidResult

RULE = (
    "pass: one-sided non-inferiority p below alpha; deteriorated: not a pass, and the always-valid interval of "
    "the difference lies wholly on the harmful side of 0; else inconclusive; insufficient: no test is possible"
)


@dataclass(frozen=True, slots=True)
class NonInferiority:
    """A test that the treatment is not worse than its margin.

    `bound`: the confidence bound on the harmful side, of the difference or (relative) of the lift."""

    statistic: float
    df: float
    p_value: float
    bound: float | None
    passes: bool


def non_inferiority(
    treatment: ArmEstimate,
    control: ArmEstimate,
    guardrail: Guardrail,
    direction: Direction,
    alpha: float,
    shared: float = 0.0,
) -> NonInferiority | None:
    """One-sided test that the harm is below the margin; None if neither arm varies."""
    harm_sign = 1.0 if direction is Direction.INCREASE else -1.0
    factor = 1.0
    if guardrail.relative:
        factor = 1.0 - harm_sign * guardrail.margin * math.copysign(1.0, control.mean)
    variance = moments(treatment, control, shared).of_combination(factor)
    if variance <= 0.0:
        return None
    slack = 0.0 if guardrail.relative else guardrail.margin
    statistic = (harm_sign * (treatment.mean - factor * control.mean) + slack) / math.sqrt(variance)
    scaled = ArmEstimate(factor * control.mean, factor * factor * control.variance, control.n, control.df)
    df = welch_df(treatment, scaled)
    p_value = distributions.upper_p(statistic, df)
    if guardrail.relative:
        bound = _lift_bound(treatment, control, distributions.upper_quantile(alpha, df), harm_sign, shared)
    else:
        half_width = distributions.upper_quantile(alpha, df) * math.sqrt(variance)
        bound = treatment.mean - control.mean - harm_sign * half_width
    return NonInferiority(harm_sign * statistic, df, p_value, bound, p_value < alpha)


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


def guardrail_block(
    test: NonInferiority | None,
    monitored: AlwaysValidResult | None,
    guardrail: Guardrail,
    direction: Direction,
) -> GuardrailBlock:
    """The state from the non-inferiority test and the always-valid watch on the difference."""
    kind = "relative" if guardrail.relative else "absolute"
    if test is None or monitored is None:
        return GuardrailBlock("insufficient", guardrail.margin, kind, None, None, None, None, None, RULE)
    harmful = _wholly_harmful(monitored, direction)
    state = "pass" if test.passes else "deteriorated" if harmful else "inconclusive"
    df = None if math.isinf(test.df) else test.df
    return GuardrailBlock(
        state,
        guardrail.margin,
        kind,
        test.statistic,
        df,
        test.p_value,
        test.bound,
        monitored.p_value,
        RULE,
    )


def _wholly_harmful(monitored: AlwaysValidResult, direction: Direction) -> bool:
    lower, upper = monitored.lower, monitored.upper
    if lower is None or upper is None:
        # The effect drifted: the interval of this look alone decides.
        lower, upper = monitored.current_lower, monitored.current_upper
    return upper < 0.0 if direction is Direction.INCREASE else lower > 0.0


def _lift_bound(
    treatment: ArmEstimate, control: ArmEstimate, critical: float, harm_sign: float, shared: float
) -> float | None:
    if control.mean == 0.0:
        return None
    region = fieller(treatment, control, critical, shared)
    if control.mean < 0.0:
        region = region.mirrored()
    if region.kind is not SetKind.INTERVAL:
        return None
    return region.lower if harm_sign > 0.0 else region.upper
