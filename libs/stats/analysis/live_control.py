"""A live control: has who got something new become worse than who has not, by more than a margin?

Who has the new is compared with who has not at the same time: within strata, the stages in which shares were constant.
Strata are combined by their information (sums of d/v and 1/v), so that a change of shares, or of the day, can't look
like an effect. The test is the one-sided normal mixture's, valid at any time. Sources: Cochran 1954 for the
combination; Farrington & Manning 1990 for a rate's variance at the margin; Howard, Ramdas, McAuliffe & Sekhon 2021 for
the mixture.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stats import validation
from stats.analysis.arms import Summary, kind_of, prepare_arm
from stats.distributions import LOG_10
from stats.kinds.binary import BinarySummary
from stats.kinds.estimates import ArmEstimate, PreparedArm
from stats.metrics import Direction, Guardrail
from stats.sequential.always_valid import DEFAULT_N_STAR, mixture_variance, one_sided_critical, one_sided_log_e
from stats.statuses import Status

UNITS_LEAST = 30
"""Of an arm with less the variance says too little, and the stratum waits."""
RATE_UNITS_LEAST, OUTCOMES_LEAST = 10, 5
"""Of a rate: units of an arm, and units of both with and without the outcome."""


Strata = Mapping[str, tuple[Summary, Summary]]
"""Treatment and control of each stratum, by its name."""


@dataclass(frozen=True, slots=True)
class ComparedStratum:
    """`difference`: below 0 is worse; `weight`: its part of the combination, 0 while the stratum waits."""

    name: str
    treatment: PreparedArm
    control: PreparedArm
    difference: float | None
    weight: float


@dataclass(frozen=True, slots=True)
class LiveControl:
    """One look. Means and `difference` (below 0 is worse) are of the strata by their weights; the bounds hold each at
    all looks together. `p_value`: of "not worse than the margin", the least of all looks. `harmed` once that is below
    alpha. No figure is NaN; what can't be told is None, and `status` says why.
    """

    status: Status
    treatment_units: int
    control_units: int
    treatment_mean: float | None = None
    control_mean: float | None = None
    difference: float | None = None
    lower: float | None = None
    upper: float | None = None
    p_value: float | None = None
    log10_p: float | None = None
    harmed: bool = False
    strata: tuple[ComparedStratum, ...] = ()


@dataclass(frozen=True, slots=True)
class Tolerance:
    """What harm is tolerated, which way of the metric is better, and the error rate of the test.

    `n_star`: units, half of them treated, at which the test is most powerful."""

    guardrail: Guardrail
    direction: Direction
    alpha: float
    n_star: float = DEFAULT_N_STAR

    @property
    def sign(self) -> float:
        return 1.0 if self.direction is Direction.INCREASE else -1.0


def control_live(strata: Strata, tolerance: Tolerance, log10_p_before: float = 0.0) -> LiveControl:
    """Compare at this look; `log10_p_before` is that of the look before. Raises InvalidInputError for summaries that
    contradict each other, and for an alpha that is none."""
    alpha = validation.fraction(tolerance.alpha, "alpha")
    contrasts = [_contrast(name, *arms, tolerance) for name, arms in strata.items()]
    units = sum(each.treatment.n for each in contrasts), sum(each.control.n for each in contrasts)
    weighed = [each for each in contrasts if each.weight > 0.0]
    total = math.fsum(each.weight for each in weighed)
    compared = tuple(each.compared(total) for each in contrasts)
    least = min(log10_p_before, 0.0)
    if not weighed or not math.isfinite(total):
        status = next((each.problem for each in contrasts if each.problem), Status.INSUFFICIENT_DATA)
        harmed = least < math.log10(alpha)
        return LiveControl(status, *units, p_value=10.0**least, log10_p=least, harmed=harmed, strata=compared)
    shares = [each.weight / total for each in weighed]
    margin = _combined(weighed, shares)
    size = math.fsum(each.balanced_units for each in weighed)
    rho2 = mixture_variance(alpha, tolerance.n_star)
    log_e = one_sided_log_e(-margin.value / margin.se, size * rho2)
    least = min(least, -max(log_e, 0.0) / LOG_10)
    half_width = one_sided_critical(size, alpha, rho2) * margin.difference_se
    return LiveControl(
        Status.OK,
        *units,
        treatment_mean=margin.treatment,
        control_mean=margin.control,
        difference=margin.difference,
        lower=margin.difference - half_width,
        upper=margin.difference + half_width,
        p_value=10.0**least,
        log10_p=least,
        harmed=least < math.log10(alpha),
        strata=compared,
    )


@dataclass(frozen=True, slots=True)
class _Contrast:
    """A stratum: its oriented contrast with the margin, how much of it there is to know, and its own variance.

    `weight` 0: it waits, or can't be compared (`problem`)."""

    name: str
    treatment: PreparedArm
    control: PreparedArm
    weight: float = 0.0
    margin: float = 0.0
    variance: float = 0.0
    difference: float | None = None
    difference_variance: float = 0.0
    problem: Status | None = None

    @property
    def balanced_units(self) -> float:
        """So many units, half of them treated, know as much."""
        return 4.0 * self.treatment.n * self.control.n / (self.treatment.n + self.control.n)

    def compared(self, total: float) -> ComparedStratum:
        share = self.weight / total if total > 0.0 and math.isfinite(total) else 0.0
        return ComparedStratum(self.name, self.treatment, self.control, self.difference, share)


@dataclass(frozen=True, slots=True)
class _Combined:
    value: float
    se: float
    difference: float
    difference_se: float
    treatment: float
    control: float


def _combined(weighed: Sequence[_Contrast], shares: Sequence[float]) -> _Combined:
    pairs = list(zip(weighed, shares, strict=True))
    return _Combined(
        math.fsum(share * each.margin for each, share in pairs),
        math.sqrt(math.fsum(share * share * each.variance for each, share in pairs)),
        math.fsum(share * (each.difference or 0.0) for each, share in pairs),
        math.sqrt(math.fsum(share * share * each.difference_variance for each, share in pairs)),
        math.fsum(share * (each.treatment.mean or 0.0) for each, share in pairs),
        math.fsum(share * (each.control.mean or 0.0) for each, share in pairs),
    )


def _contrast(name: str, treatment: Summary, control: Summary, tolerance: Tolerance) -> _Contrast:
    kind_of({"treatment": treatment, "control": control})
    new, rest = prepare_arm(treatment), prepare_arm(control)
    if new.estimate is None or rest.estimate is None:
        return _Contrast(name, new, rest, problem=new.problem or rest.problem)
    sign, margin = tolerance.sign, tolerance.guardrail.margin
    factor, slack = 1.0, margin
    if tolerance.guardrail.relative:
        factor, slack = 1.0 - sign * margin * math.copysign(1.0, rest.estimate.mean), 0.0
    difference = sign * (new.estimate.mean - rest.estimate.mean)
    if isinstance(treatment, BinarySummary) and isinstance(control, BinarySummary):
        variances = _rate_variance(treatment, control, factor, -sign * slack)
        enough = _enough_outcomes(treatment, control)
    else:
        variances = _mean_variances(new.estimate, rest.estimate, factor)
        enough = min(new.n, rest.n) >= UNITS_LEAST
    known, own = variances
    if not enough:
        return _Contrast(name, new, rest, difference=difference)
    if not 0.0 < known < math.inf or not math.isfinite(difference):
        return _Contrast(name, new, rest, difference=difference, problem=Status.ZERO_VARIANCE)
    return _Contrast(
        name,
        new,
        rest,
        1.0 / known,
        sign * (new.estimate.mean - factor * rest.estimate.mean) + slack,
        max(known, own),
        difference,
        max(new.estimate.variance + rest.estimate.variance, _mean_variances(new.estimate, rest.estimate, 1.0)[0]),
    )


def _enough_outcomes(treatment: BinarySummary, control: BinarySummary) -> bool:
    hits, units = treatment.conversions + control.conversions, treatment.n + control.n
    return min(treatment.n, control.n) >= RATE_UNITS_LEAST and min(hits, units - hits) >= OUTCOMES_LEAST


def _rate_variance(
    treatment: BinarySummary, control: BinarySummary, factor: float, shift: float
) -> tuple[float, float]:
    """Of pt − factor·pc with the rates that all outcomes together give at pt = factor·pc + shift: what chance does to
    one arm's rate does not make its variance small."""
    hits = treatment.conversions + control.conversions
    pc = (hits - shift * treatment.n) / (factor * treatment.n + control.n)
    pt = min(max(factor * pc + shift, 0.0), 1.0)
    pc = min(max(pc, 0.0), 1.0)
    variance = pt * (1.0 - pt) / treatment.n + factor * factor * pc * (1.0 - pc) / control.n
    return variance, variance


def _mean_variances(treatment: ArmEstimate, control: ArmEstimate, factor: float) -> tuple[float, float]:
    """Of mt − factor·mc: with the spread of both arms together, and with each arm's own. An arm that has few units has
    a small spread where it has a small mean; the weight of a stratum must not follow that."""
    spread = (treatment.n * treatment.n * treatment.variance + control.n * control.n * control.variance) / (
        treatment.n + control.n
    )
    together = spread * (1.0 / treatment.n + factor * factor / control.n)
    return together, treatment.variance + factor * factor * control.variance
