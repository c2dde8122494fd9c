"""The sequential block of a comparison: which looks there were, what the bound is now, what stopping says."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from stats import distributions
from stats.metrics import AnalysisOptions, Boundary, Look
from stats.sequential.always_valid import DEFAULT_N_STAR, monitor
from stats.sequential.boundaries import adds_information, crossing, planned_bounds
from stats.sequential.inference import infer_at_stop
from stats.sequential.results import AlwaysValidResult, GroupSequentialResult
from stats.sequential.spending import bounds_for_spent, obrien_fleming_spending, pocock_spending
from stats.statuses import Notice, Status, notice

SPENDING = {Boundary.POCOCK: pocock_spending, Boundary.OBRIEN_FLEMING: obrien_fleming_spending}
SPACING_TOLERANCE = 0.1
"""A look is on plan if its information is within this share of the spacing between planned looks."""

ALPHA_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class LookBounds:
    """Bounds on Z for the looks so far (None: this look can't stop), their information and alpha spent."""

    information: tuple[float, ...]
    bounds: tuple[float | None, ...]
    alpha_spent: float
    notices: tuple[Notice, ...]


def watch_always(looks: Sequence[Look], options: AnalysisOptions) -> AlwaysValidResult:
    """The always-valid state after these looks; tuned to half the planned units unless N* is set."""
    return monitor(looks, options.alpha, tuned_for(options))


def tuned_for(options: AnalysisOptions) -> float:
    """N*: as set, else half the planned units, else 10,000; never from the data."""
    if options.n_star is not None:
        return options.n_star
    return options.planned_units / 2.0 if options.planned_units else DEFAULT_N_STAR


def watch_group(looks: Sequence[Look], z_now: float, df: float, options: AnalysisOptions) -> GroupSequentialResult:
    """The group-sequential state; `z_now` is the normal equivalent of the present look's p-value."""
    planned = options.looks_planned or 1
    plan = look_bounds([look.n for look in looks], options)
    zs = [*(look.difference / look.se for look in looks[:-1]), z_now]
    crossed_at = next(
        (
            index
            for index, (z, bound) in enumerate(zip(zs, plan.bounds, strict=True))
            if bound is not None and abs(z) >= bound
        ),
        None,
    )
    bound, now = plan.bounds[-1], looks[-1]
    bound_p = None if bound is None else distributions.two_sided_p(bound)
    half_width = None if bound_p is None else distributions.critical(bound_p, df) * now.se
    statuses = [one.status for one in plan.notices]
    result = GroupSequentialResult(
        method=f"group_sequential_{options.boundary.value}",
        status=statuses[0] if statuses else Status.OK,
        look=len(looks),
        looks_planned=planned,
        information=plan.information,
        bounds_z=plan.bounds,
        bound_z=bound,
        bound_p=bound_p,
        alpha_spent=plan.alpha_spent,
        z=z_now,
        crossed=crossed_at is not None,
        crossed_at=None if crossed_at is None else crossed_at + 1,
        lower=None if half_width is None else now.difference - half_width,
        upper=None if half_width is None else now.difference + half_width,
        approximate=not options.windows_closed,
        notices=plan.notices,
    )
    stop = crossed_at if crossed_at is not None else len(looks) - 1
    if crossed_at is None and len(looks) < planned:
        return result
    return _with_inference(result, looks[stop], stop, zs[stop], options.alpha)


def look_bounds(units: Sequence[int], options: AnalysisOptions) -> LookBounds:
    """Planned constants while the looks are on plan, then what alpha-spending leaves.

    Looks count as on plan while their number is within it and their information is evenly spaced (always,
    if no `planned_units` says otherwise).
    """
    planned = options.looks_planned or 1
    times = _information(units, options)
    on_plan = 0
    while on_plan < min(len(times), planned) and _is_on_plan(times[on_plan], on_plan + 1, planned):
        on_plan += 1
    constants = planned_bounds(planned, options.alpha, options.boundary)[:on_plan]
    nominal = [look / planned for look in range(1, on_plan + 1)]
    spent = list(crossing(nominal, constants).cumulative) if on_plan else []
    notices: tuple[Notice, ...] = ()
    if on_plan == len(times):
        return LookBounds(tuple(nominal), constants, spent[-1], notices)
    if len(times) > planned:
        notices = (notice(Status.LOOKS_EXCEED_PLAN),)
    spend = SPENDING[options.boundary]
    for time in times[on_plan:]:
        before = spent[-1] if spent else 0.0
        target = 2.0 * spend(min(time, 1.0), options.alpha / 2.0)
        left = options.alpha - before > ALPHA_ROUNDING
        spent.append(max(before, min(target, options.alpha)) if left else before)
    information = _rising([*nominal, *times[on_plan:]])
    later = bounds_for_spent(information, spent)
    bounds = (*constants, *later.bounds[on_plan:])
    if len(times) - 1 in later.without_information:
        notices = (*notices, notice(Status.NO_NEW_INFORMATION))
    return LookBounds(tuple(information), bounds, spent[-1], notices)


def _information(units: Sequence[int], options: AnalysisOptions) -> list[float]:
    planned_looks = options.looks_planned or 1
    if options.planned_units is None:
        return [look / planned_looks for look in range(1, len(units) + 1)]
    return _rising([max(n, 1) / options.planned_units for n in units])


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
