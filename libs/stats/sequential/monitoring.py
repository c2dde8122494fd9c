"""The sequential block of a comparison: which looks there were, what the bound is now, what stopping says."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from stats import distributions
from stats.metrics import AnalysisOptions, Boundary, Look
from stats.roots import root_between
from stats.sequential.always_valid import DEFAULT_N_STAR
from stats.sequential.boundaries import SHAPES, adds_information, crossing, planned_bounds
from stats.sequential.inference import infer_at_stop, power_drift
from stats.sequential.results import GroupSequentialResult
from stats.sequential.spending import bounds_for_spent, obrien_fleming_spending, pocock_spending
from stats.statuses import Notice, Status, notice

SPENDING = {Boundary.POCOCK: pocock_spending, Boundary.OBRIEN_FLEMING: obrien_fleming_spending}
SPACING_TOLERANCE = 0.1
"""A look is on plan if its information is within this share of the spacing between planned looks."""

ALPHA_ROUNDING = 1e-9
ROUNDING = 1e-12
"""Of a share of the planned size, which may be a fraction of a unit."""
P_LEAST, P_MOST = 1e-12, 0.999
"""The range of a repeated p; beyond it is its end, or 1."""
BEYOND = 1e9
LEVELS_TRIED = 60


@dataclass(frozen=True, slots=True)
class LookBounds:
    """Bounds on Z for the looks so far (None: this look can't stop), their information and alpha spent."""

    information: tuple[float, ...]
    bounds: tuple[float | None, ...]
    alpha_spent: float
    notices: tuple[Notice, ...]


def tuned_for(options: AnalysisOptions) -> float:
    """N*: as set, else half the planned units, else 10,000; never from the data."""
    if options.n_star is not None:
        return options.n_star
    return options.planned_units / 2.0 if options.planned_units else DEFAULT_N_STAR


def stage_of(units: float, options: AnalysisOptions) -> int:
    """How many planned shares these units have reached."""
    looks = options.looks_planned or 1
    if not options.planned_units:
        return 0
    return min(math.floor(units * looks / options.planned_units * (1.0 + ROUNDING)), looks)


def official_looks(looks: Sequence[Look], options: AnalysisOptions) -> tuple[Look, ...]:
    """Of readings in their order those that are looks: the first at or after each planned share of the units."""
    if options.planned_units is None:
        return tuple(looks[: options.looks_planned or 1])
    taken: list[Look] = []
    for look in looks:
        if stage_of(look.n, options) > (stage_of(taken[-1].n, options) if taken else 0):
            taken.append(look)
    return tuple(taken)


def is_look(units: float, history: Sequence[Look], options: AnalysisOptions) -> bool:
    """Whether a reading of these units reaches a planned share that no look has reached."""
    if options.planned_units is None:
        return len(history) < (options.looks_planned or 1)
    return stage_of(units, options) > (stage_of(history[-1].n, options) if history else 0)


def is_final(history: Sequence[Look], options: AnalysisOptions) -> bool:
    """Whether the last of these looks is the last of the plan."""
    looks = options.looks_planned or 1
    return len(history) >= looks or (bool(history) and stage_of(history[-1].n, options) >= looks)


def next_look_units(history: Sequence[Look], options: AnalysisOptions) -> int | None:
    """The units at which the next look is due; None after the last, or where no size was planned."""
    if options.planned_units is None or is_final(history, options):
        return None
    stage = stage_of(history[-1].n, options) if history else 0
    return math.ceil((stage + 1) * options.planned_units / (options.looks_planned or 1) * (1.0 - ROUNDING))


def watch_group(looks: Sequence[Look], options: AnalysisOptions) -> GroupSequentialResult:
    """The group-sequential state after these official looks, at least one."""
    planned = options.looks_planned or 1
    plan = look_bounds([look.n for look in looks], options)
    zs = [look.deviate for look in looks]
    crossed_at = next(
        (
            index
            for index, (z, bound) in enumerate(zip(zs, plan.bounds, strict=True))
            if bound is not None and abs(z) >= bound
        ),
        None,
    )
    bound, now = plan.bounds[-1], looks[-1]
    statuses = [one.status for one in plan.notices]
    result = GroupSequentialResult(
        method=f"group_sequential_{options.boundary.value}",
        status=statuses[0] if statuses else Status.OK,
        look=len(looks),
        looks_planned=planned,
        information=plan.information,
        bounds_z=plan.bounds,
        bound_z=bound,
        bound_p=None if bound is None else distributions.two_sided_p(bound),
        alpha_spent=plan.alpha_spent,
        z=zs[-1],
        crossed=crossed_at is not None,
        crossed_at=None if crossed_at is None else crossed_at + 1,
        lower=now.lower,
        upper=now.upper,
        repeated_p=_running_p(looks, options, crossed=crossed_at is not None),
        approximate=not options.windows_closed,
        notices=plan.notices,
    )
    stop = crossed_at if crossed_at is not None else len(looks) - 1
    if crossed_at is None and not is_final(looks, options):
        return result
    return _with_inference(result, looks[stop], stop, zs[stop], options.alpha)


def repeated_p(units: Sequence[float], z: float, options: AnalysisOptions) -> float:
    """The least alpha whose plan the last of looks at these units would have crossed with this z (two-sided).

    While all looks are on plan the bounds are a constant times known weights, so that it is the chance of ever crossing
    the bounds that go through z.
    """
    reach = abs(z)
    planned, shape = options.looks_planned or 1, SHAPES[options.boundary]
    times = _information(units, _Plan(planned, options.planned_units, options.boundary))
    if len(times) <= planned and all(_is_on_plan(time, look, planned) for look, time in enumerate(times, 1)):
        nominal = [look / planned for look in range(1, planned + 1)]
        constant = reach / nominal[len(times) - 1] ** (shape - 0.5)
        return min(1.0, max(P_LEAST, crossing(nominal, [constant * time ** (shape - 0.5) for time in nominal]).total))

    def crossed(log_alpha: float) -> float:
        bound = look_bounds(units, options, math.exp(log_alpha)).bounds[-1]
        return reach - (BEYOND if bound is None else bound)

    low, high = math.log(P_LEAST), math.log(P_MOST)
    if crossed(low) >= 0.0:
        return P_LEAST
    if crossed(high) < 0.0:
        # A plan that was left at a high level has nothing to spend later: there the bounds are not in order.
        steps = [low + (high - low) * step / LEVELS_TRIED for step in range(1, LEVELS_TRIED)]
        found = next((level for level in steps if crossed(level) >= 0.0), None)
        if found is None:
            return 1.0
        low, high = found - (high - low) / LEVELS_TRIED, found
    return math.exp(root_between(crossed, low, high, xtol=1e-10))


def _running_p(looks: Sequence[Look], options: AnalysisOptions, *, crossed: bool) -> float:
    """The least over the looks; rounding never parts it from the bounds."""
    units = [look.n for look in looks]
    least = min(
        repeated_p(units[: index + 1], look.deviate, options) if look.p_value is None else look.p_value
        for index, look in enumerate(looks)
    )
    below = options.alpha * (1.0 - ALPHA_ROUNDING)
    return min(least, below) if crossed else max(least, options.alpha)


def look_bounds(units: Sequence[float], options: AnalysisOptions, alpha: float | None = None) -> LookBounds:
    """Planned constants while the looks are on plan, then what alpha-spending leaves.

    Looks count as on plan while their number is within it and their information is evenly spaced (always,
    if no `planned_units` says otherwise). `alpha` instead of the options' own.
    """
    shape = _Plan(options.looks_planned or 1, options.planned_units, options.boundary)
    return _bounds(tuple(units), shape, options.alpha if alpha is None else alpha)


def detectable_at_looks(units: Sequence[float], options: AnalysisOptions) -> float | None:
    """The true effect that one of the looks so far finds with the asked power, in standard errors at the last of them;
    None if none of them can stop."""
    plan = look_bounds(units, options)
    seen = zip(plan.information, plan.bounds, strict=True)
    reached = tuple(_informative([(time, bound) for time, bound in seen if bound is not None]))
    return _detectable(reached, plan.information[-1], options.power) if reached else None


@lru_cache(maxsize=1024)
def _detectable(reached: tuple[tuple[float, float], ...], last: float, power: float) -> float:
    drift = power_drift([time for time, _ in reached], [bound for _, bound in reached], power, two_sided=True)
    return drift * math.sqrt(last)


@dataclass(frozen=True, slots=True)
class _Plan:
    looks: int
    units: float | None
    boundary: Boundary


@lru_cache(maxsize=4096)
def _bounds(units: tuple[float, ...], plan: _Plan, level: float) -> LookBounds:
    planned = plan.looks
    times = _information(units, plan)
    on_plan = 0
    while on_plan < min(len(times), planned) and _is_on_plan(times[on_plan], on_plan + 1, planned):
        on_plan += 1
    constants = planned_bounds(planned, level, plan.boundary)[:on_plan]
    nominal = [look / planned for look in range(1, on_plan + 1)]
    spent = list(crossing(nominal, constants).cumulative) if on_plan else []
    notices: tuple[Notice, ...] = ()
    if on_plan == len(times):
        return LookBounds(tuple(nominal), constants, spent[-1], notices)
    if len(times) > planned:
        notices = (notice(Status.LOOKS_EXCEED_PLAN),)
    spend = SPENDING[plan.boundary]
    for time in times[on_plan:]:
        before = spent[-1] if spent else 0.0
        target = 2.0 * spend(min(time, 1.0), level / 2.0)
        left = level - before > ALPHA_ROUNDING * level
        spent.append(max(before, min(target, level)) if left else before)
    information = _rising([*nominal, *times[on_plan:]])
    later = bounds_for_spent(information, spent)
    bounds = (*constants, *later.bounds[on_plan:])
    if len(times) - 1 in later.without_information:
        notices = (*notices, notice(Status.NO_NEW_INFORMATION))
    return LookBounds(tuple(information), bounds, spent[-1], notices)


def _information(units: Sequence[float], plan: _Plan) -> list[float]:
    if plan.units is None:
        return [look / plan.looks for look in range(1, len(units) + 1)]
    return _rising([n / plan.units for n in units])


def _rising(times: Sequence[float]) -> list[float]:
    """Each at least the one before: a recount that lost units brings no information."""
    highest, result = 0.0, []
    for time in times:
        highest = max(highest, time)
        result.append(highest)
    return result


def _is_on_plan(time: float, look: int, planned: int) -> bool:
    return abs(time - look / planned) <= SPACING_TOLERANCE / planned


def _with_inference(
    result: GroupSequentialResult, look: Look, stop: int, z: float, alpha: float
) -> GroupSequentialResult:
    """Stagewise p, median-unbiased estimate and interval at the look where the experiment stopped."""
    if result.bounds_z[stop] is None:
        return result
    seen = zip(result.information[: stop + 1], result.bounds_z[: stop + 1], strict=True)
    reached = _informative([(time, bound) for time, bound in seen if bound is not None])
    inferred = infer_at_stop([time for time, _ in reached], [bound for _, bound in reached], z, alpha)
    # A drift is E Z at information 1; the estimate's scale there is se·√information.
    scale = look.se * math.sqrt(result.information[stop])
    return replace(
        result,
        p_value=inferred.p_value,
        median_unbiased=inferred.drift_median_unbiased * scale,
        final_lower=inferred.lower * scale,
        final_upper=inferred.upper * scale,
    )


def _informative(reached: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    kept: list[tuple[float, float]] = []
    for time, bound in reached:
        if adds_information(kept[-1][0] if kept else 0.0, time):
            kept.append((time, bound))
    return kept
