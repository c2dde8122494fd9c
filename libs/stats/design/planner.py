"""The plan of an experiment: how many units, how long, and what could be found after each week."""

from __future__ import annotations

import math
from dataclasses import dataclass

from stats import validation
from stats.design import power
from stats.design.reach import Reach
from stats.design.requests import PlanRequest
from stats.errors import InvalidInputError
from stats.metrics import Direction, Guardrail, Mode
from stats.roots import root_between
from stats.version import ENGINE_VERSION

DAYS_SHOWN = (3, 7, 14, 21, 28, 42, 56, 90)
UNITS_MAX = 1e300


@dataclass(frozen=True, slots=True)
class MdeAtDay:
    """What this many days of traffic can find: the smallest difference and lift, or the smallest margin it proves."""

    day: int
    units: int
    mde_absolute: float | None
    mde_relative: float | None


@dataclass(frozen=True, slots=True)
class AtPlannedUnits:
    """What a given size finds: the chance to find the effect (or to prove the margin), and the smallest one."""

    units: int
    power: float
    mde_absolute: float | None
    mde_relative: float | None


@dataclass(frozen=True, slots=True)
class Plan:
    """Sizes are units, rounded up. `units_total` is the largest size that is needed for the power, `units_expected`
    what is needed on average under the effect: None for `always_valid`, which may end at any time.

    `inflation` is the cost of looking early, as a factor of a fixed test's size.
    """

    units_control: int
    units_treatment: int
    units_total: int
    units_expected: int | None
    days: int | None
    inflation: float
    alpha_each: float
    mde_over_time: tuple[MdeAtDay, ...]
    at_planned_units: AtPlannedUnits | None
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
        field = next(each for each in _AIMS if getattr(request, each) is not None)
        reason = "together with the baseline asks for a size that can't be computed; scale the outcome"
        raise InvalidInputError(field, reason) from error


_AIMS = ("effect_relative", "effect_absolute", "guardrail")


def _plan(request: PlanRequest) -> Plan:
    control_share, treatment_share = request.pair_shares
    n_star = request.n_star or (request.planned_units / 2.0 if request.planned_units else None)
    reach = Reach(request, n_star if request.mode is Mode.ALWAYS_VALID else None)
    fixed = _fixed_total(request, reach) * (1.0 - request.rho**2)
    total = _total(reach, fixed)
    maximum, expected = reach.inflation(total)
    units_total = math.ceil(total - 1e-9)
    if reach.n_star is None and request.mode is Mode.ALWAYS_VALID:
        reach = Reach(request, total / 2.0)
    return Plan(
        units_control=math.ceil(units_total * control_share),
        units_treatment=math.ceil(units_total * treatment_share),
        units_total=units_total,
        units_expected=None if expected is None else math.ceil(fixed * expected - 1e-9),
        days=_days(request, units_total),
        inflation=maximum,
        alpha_each=request.alpha_each,
        mde_over_time=_over_time(request, reach),
        at_planned_units=_at_planned(request, reach),
        request=request,
        method=_method(request),
    )


def _method(request: PlanRequest) -> str:
    kind = "means_normal" if request.sd is not None else "rates"
    if request.guardrail is not None:
        return f"{kind}_non_inferiority"
    return kind if request.sd is not None else "rates_pooled_null"


def _days(request: PlanRequest, units: int) -> int | None:
    if request.units_per_day is None:
        return None
    return max(math.ceil(units / request.units_per_day), math.ceil(request.days_min))


def _total(reach: Reach, fixed: float) -> float:
    """All arms' units with what looking early costs; of an N* that is given the cost depends on the size itself."""
    factor = reach.inflation(fixed)[0]
    if reach.n_star is None:
        return fixed * factor
    most = fixed * factor
    while most < fixed * reach.inflation(most)[0]:
        most *= 2.0
        if most > UNITS_MAX:
            raise OverflowError
    if most == fixed:
        return fixed
    return root_between(lambda units: units - fixed * reach.inflation(units)[0], fixed, most, xtol=1e-9)


def _unit_variance(request: PlanRequest) -> float:
    return request.sd**2 if request.sd is not None else request.baseline * (1.0 - request.baseline)


def _harm_sign(request: PlanRequest) -> float:
    """+1 where the margin makes the control's mean smaller in the contrast, −1 where it makes it larger."""
    good = 1.0 if request.direction is Direction.INCREASE else -1.0
    return good * math.copysign(1.0, request.baseline)


def _distance(request: PlanRequest, guardrail: Guardrail) -> float:
    return guardrail.margin * abs(request.baseline) if guardrail.relative else guardrail.margin


def _margin_spread(request: PlanRequest, guardrail: Guardrail) -> float:
    """n times the variance of the contrast with the margin, if there is no effect."""
    control_share, treatment_share = request.pair_shares
    factor = 1.0 - _harm_sign(request) * guardrail.margin if guardrail.relative else 1.0
    return _unit_variance(request) * (1.0 / treatment_share + factor**2 / control_share)


def _rate_spreads(request: PlanRequest) -> tuple[float, float]:
    """n times the variance of the difference of rates: pooled if there were no effect, and under the effect."""
    control_share, treatment_share = request.pair_shares
    control, treatment = request.baseline, request.baseline + request.effect
    pooled = (control_share * control + treatment_share * treatment) / (control_share + treatment_share)
    null = pooled * (1.0 - pooled) * (1.0 / control_share + 1.0 / treatment_share)
    return null, control * (1.0 - control) / control_share + treatment * (1.0 - treatment) / treatment_share


def _spreads(request: PlanRequest) -> tuple[float, float, float]:
    """The distance to be told, and n times the variance without and with the effect."""
    if request.guardrail is not None:
        spread = _margin_spread(request, request.guardrail)
        return _distance(request, request.guardrail), spread, spread
    if request.sd is None:
        return (abs(request.effect), *_rate_spreads(request))
    control_share, treatment_share = request.pair_shares
    spread = request.sd**2 * (1.0 / control_share + 1.0 / treatment_share)
    return abs(request.effect), spread, spread


def _fixed_total(request: PlanRequest, reach: Reach) -> float:
    """All arms' units at a fixed horizon without covariates."""
    # Power for given shares depends on the total only through a scale, so the size has a closed form.
    distance, null, true = _spreads(request)
    if true <= 0.0:
        raise OverflowError
    z_alpha, z_beta = power.detectable_parts(reach.level, request.power)
    return ((z_alpha * math.sqrt(null) + z_beta * math.sqrt(true)) / distance) ** 2


def _over_time(request: PlanRequest, reach: Reach) -> tuple[MdeAtDay, ...]:
    if request.units_per_day is None:
        return ()
    rows = []
    for day in DAYS_SHOWN:
        units = request.units_per_day * day
        rows.append(MdeAtDay(day, math.floor(units), *_smallest(request, reach, units)))
    return tuple(rows)


def _at_planned(request: PlanRequest, reach: Reach) -> AtPlannedUnits | None:
    if request.planned_units is None:
        return None
    units = float(request.planned_units)
    distance, null, true = _spreads(request)
    effective = units / (1.0 - request.rho**2)
    # The critical value stands on the variance without the effect, the drift on that with it.
    shift = reach.critical(units) * (1.0 - math.sqrt(null / true))
    drift = distance / math.sqrt(true / effective) + shift
    return AtPlannedUnits(request.planned_units, reach.power(units, drift), *_smallest(request, reach, units))


def _smallest(request: PlanRequest, reach: Reach, units: float) -> tuple[float | None, float | None]:
    """The smallest effect that so many units of all arms find, or margin that they prove: absolute and relative."""
    effective = units / reach.inflation(units)[0] / (1.0 - request.rho**2)
    control, treatment = (share * effective for share in request.pair_shares)
    multiple = reach.fixed_drift
    absolute: float | None
    if request.guardrail is not None:
        absolute = _smallest_margin(request, request.guardrail, multiple, (control, treatment))
    elif request.sd is None:
        absolute = power.mde_rate(request.baseline, (control, treatment), reach.level, request.power)
    else:
        absolute = multiple * request.sd * math.sqrt(1.0 / control + 1.0 / treatment)
    relative = None if absolute is None or request.baseline == 0.0 else absolute / abs(request.baseline)
    return absolute, relative


def _smallest_margin(
    request: PlanRequest, guardrail: Guardrail, multiple: float, sizes: tuple[float, float]
) -> float | None:
    c, t = (multiple * multiple * _unit_variance(request) / size for size in sizes)
    if not guardrail.relative:
        return math.sqrt(c + t)
    # δ²(m² − c) + 2σcδ − (c + t) = 0, the positive root: the control's variance grows or shrinks with the margin.
    square = request.baseline**2 - c
    sign = _harm_sign(request)
    if square <= 0.0:
        return None
    margin = (-sign * c + math.sqrt(c * c + square * (c + t))) / square
    return margin * abs(request.baseline) if margin < 1.0 else None


def days_left(mde_wanted: float, mde_now: float, units_now: int, units_per_day: float) -> int | None:
    """Days until the smallest detectable effect has shrunk to the one wanted; None without traffic.

    The effect shrinks with the square root of the units.
    """
    wanted, now = validation.positive(mde_wanted, "mde_wanted"), validation.positive(mde_now, "mde_now")
    if units_per_day <= 0.0:
        return None
    needed = validation.count(units_now, "units_now") * (now / wanted) ** 2
    return max(0, math.ceil((needed - units_now) / units_per_day))
