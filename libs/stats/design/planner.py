"""The plan of an experiment: how many units, how long, and what could be found after each week."""

from __future__ import annotations

import math
from dataclasses import dataclass

from stats import validation
from stats.design import power
from stats.errors import InvalidInputError
from stats.metrics import LOOKS_PLANNED_MAX, Boundary
from stats.sequential.boundaries import planned_bounds
from stats.sequential.inference import sample_inflation
from stats.version import ENGINE_VERSION

ARMS_MAX = 100
DAYS_SHOWN = (3, 7, 14, 21, 28, 42, 56, 90)


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """What is known before the start.

    baseline: the control's mean or rate; `sd` the standard deviation of one unit, None for a rate.
    effect_relative: the lift that must be found (0.05 is +5 %). `arms` counts the control. `shares` are the
    traffic shares of (control, one treatment) among all units, equal by default. `rho` is the correlation
    with CUPED's covariate. `looks` above 1 plans a group-sequential test. `comparisons` is the size of the
    family that shares alpha (Bonferroni).
    """

    baseline: float
    effect_relative: float
    sd: float | None = None
    alpha: float = 0.05
    power: float = 0.8
    arms: int = 2
    shares: tuple[float, float] | None = None
    units_per_day: float | None = None
    rho: float = 0.0
    looks: int = 1
    boundary: Boundary = Boundary.OBRIEN_FLEMING
    comparisons: int = 1

    def __post_init__(self) -> None:
        baseline = validation.finite(self.baseline, "baseline")
        effect = validation.finite(self.effect_relative, "effect_relative")
        if baseline == 0.0:
            raise InvalidInputError("baseline", "must not be 0, or no relative effect exists")
        if effect == 0.0:
            raise InvalidInputError("effect_relative", "must not be 0")
        if self.sd is not None:
            validation.positive(self.sd, "sd")
        elif not (0.0 < baseline < 1.0 and 0.0 < baseline * (1.0 + effect) < 1.0):
            raise InvalidInputError("baseline", "a rate and the rate after the effect must lie between 0 and 1")
        validation.level(self.alpha)
        if validation.power(self.power) <= self.alpha:
            raise InvalidInputError("power", "must be above alpha")
        for name, value, least, most in (
            ("arms", self.arms, 2, ARMS_MAX),
            ("looks", self.looks, 1, LOOKS_PLANNED_MAX),
            ("comparisons", self.comparisons, 1, 10_000),
        ):
            if not least <= validation.count(value, name) <= most:
                raise InvalidInputError(name, f"must lie between {least} and {most}")
        validation.level(self.alpha / self.comparisons, "comparisons")
        if not -1.0 < validation.finite(self.rho, "rho") < 1.0:
            raise InvalidInputError("rho", "must lie strictly between -1 and 1")
        if self.units_per_day is not None:
            validation.positive(self.units_per_day, "units_per_day")
        if self.shares is not None:
            shares = validation.finite_vector(self.shares, "shares", 2)
            if min(shares) <= 0.0 or sum(shares) > 1.0 + 1e-9:
                raise InvalidInputError("shares", "must be above 0 and together at most 1")
        object.__setattr__(self, "boundary", Boundary(self.boundary))

    @property
    def pair_shares(self) -> tuple[float, float]:
        """The shares of (control, treatment) among all units."""
        return self.shares or (1.0 / self.arms, 1.0 / self.arms)


@dataclass(frozen=True, slots=True)
class MdeAtDay:
    """What this many days of traffic can find: the smallest difference and lift."""

    day: int
    units: int
    mde_absolute: float | None
    mde_relative: float | None


@dataclass(frozen=True, slots=True)
class Plan:
    """Sizes are units, rounded up. `units_max` is the largest size a sequential plan may need."""

    units_control: int
    units_treatment: int
    units_total: int
    units_expected: int
    days: int | None
    inflation: float
    alpha_each: float
    mde_over_time: tuple[MdeAtDay, ...]
    request: PlanRequest
    method: str
    engine_version: str = ENGINE_VERSION


def plan(request: PlanRequest) -> Plan:
    """Sample size, run time, and the smallest detectable effect over time for a planned experiment.

    Raises InvalidInputError for numbers of which the size goes beyond a double.
    """
    try:
        return _plan(request)
    except (ArithmeticError, ValueError) as error:
        if isinstance(error, InvalidInputError):
            raise
        reason = "together with the baseline asks for a size that can't be computed; scale the outcome"
        raise InvalidInputError("effect_relative", reason) from error


def _plan(request: PlanRequest) -> Plan:
    alpha = request.alpha / request.comparisons
    control_share, treatment_share = request.pair_shares
    maximum, expected = _inflation(request, alpha)
    total = _fixed_total(request, alpha) * (1.0 - request.rho**2)
    units_total = math.ceil(total * maximum - 1e-9)
    days = math.ceil(units_total / request.units_per_day) if request.units_per_day else None
    return Plan(
        units_control=math.ceil(units_total * control_share),
        units_treatment=math.ceil(units_total * treatment_share),
        units_total=units_total,
        units_expected=math.ceil(total * expected - 1e-9),
        days=days,
        inflation=maximum,
        alpha_each=alpha,
        mde_over_time=_over_time(request, alpha, maximum),
        request=request,
        method="rates_pooled_null" if request.sd is None else "means_normal",
    )


def _fixed_total(request: PlanRequest, alpha: float) -> float:
    """All arms' units at a fixed horizon without covariates."""
    control_share, treatment_share = request.pair_shares
    effect = request.baseline * request.effect_relative
    if request.sd is not None:
        spread = request.sd**2 * (1.0 / control_share + 1.0 / treatment_share)
        return (power.detectable_multiple(alpha, request.power) / effect) ** 2 * spread
    # Power for given shares depends on the total only through a scale, so the size has a closed form.
    control, treatment = request.baseline, request.baseline + effect
    pooled = (control_share * control + treatment_share * treatment) / (control_share + treatment_share)
    null = pooled * (1.0 - pooled) * (1.0 / control_share + 1.0 / treatment_share)
    true = control * (1.0 - control) / control_share + treatment * (1.0 - treatment) / treatment_share
    z_alpha, z_beta = power.detectable_parts(alpha, request.power)
    return ((z_alpha * math.sqrt(null) + z_beta * math.sqrt(true)) / effect) ** 2


def _inflation(request: PlanRequest, alpha: float) -> tuple[float, float]:
    if request.looks == 1:
        return 1.0, 1.0
    information = [look / request.looks for look in range(1, request.looks + 1)]
    bounds = planned_bounds(request.looks, alpha, request.boundary)
    result = sample_inflation(information, bounds, alpha, request.power)
    return result.maximum, result.expected


def _over_time(request: PlanRequest, alpha: float, inflation: float) -> tuple[MdeAtDay, ...]:
    if request.units_per_day is None:
        return ()
    return tuple(_at_day(request, alpha, inflation, day) for day in DAYS_SHOWN)


def _at_day(request: PlanRequest, alpha: float, inflation: float, day: int) -> MdeAtDay:
    units = (request.units_per_day or 0.0) * day
    effective = units / inflation / (1.0 - request.rho**2)
    control, treatment = (share * effective for share in request.pair_shares)
    if request.sd is None:
        absolute = power.mde_rate(request.baseline, (control, treatment), alpha, request.power)
    else:
        se = request.sd * math.sqrt(1.0 / control + 1.0 / treatment)
        absolute = power.detectable_multiple(alpha, request.power) * se
    relative = None if absolute is None else absolute / abs(request.baseline)
    return MdeAtDay(day, math.floor(units), absolute, relative)


def days_left(mde_wanted: float, mde_now: float, units_now: int, units_per_day: float) -> int | None:
    """Days until the smallest detectable effect has shrunk to the one wanted; None without traffic.

    The effect shrinks with the square root of the units.
    """
    wanted, now = validation.positive(mde_wanted, "mde_wanted"), validation.positive(mde_now, "mde_now")
    if units_per_day <= 0.0:
        return None
    needed = validation.count(units_now, "units_now") * (now / wanted) ** 2
    return max(0, math.ceil((needed - units_now) / units_per_day))
