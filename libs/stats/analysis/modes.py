"""What the plan's mode lets a comparison say: its p, difference and lift, true however often they are read."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from stats import distributions
from stats.analysis.pairs import Compared, Pair, Rates, sets_at
from stats.distributions import LOG_10
from stats.effects import Difference, Lift
from stats.metrics import AnalysisOptions, Look, Memory, Mode
from stats.results import LookState
from stats.sequential.always_valid import mixture_variance, sequence_point
from stats.sequential.intersections import (
    Range,
    difference_within,
    drifted,
    lift_within,
    range_with_difference,
    range_with_lift,
)
from stats.sequential.monitoring import (
    is_final,
    is_look,
    look_bounds,
    next_look_units,
    repeated_p,
    tuned_for,
    watch_group,
)
from stats.sequential.results import AlwaysValidResult, SequentialResult
from stats.statuses import Notice, Status, notice

LOG10_LEAST = -307.0
Z_MOST = 1e6


@dataclass(frozen=True, slots=True)
class Decisive:
    """The figures that decide. `p_value` None: the mode has not decided anything yet, or no test exists."""

    p_value: float | None
    log10_p: float | None
    difference: Difference
    lift: Lift
    complete: bool
    sequential: SequentialResult | None = None
    look: LookState | None = None
    memory: Memory | None = None
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class Subject:
    """A pair with what it said at a fixed horizon, and the rates behind it, if it has any."""

    pair: Pair
    compared: Compared
    rates: Rates | None


def decisive(subject: Subject, options: AnalysisOptions) -> Decisive:
    """The figures of the options' mode for one comparison."""
    if options.mode is Mode.FIXED:
        return _at_the_end(subject.compared, options)
    if options.mode is Mode.ALWAYS_VALID:
        return _at_any_time(subject, options)
    return _at_looks(subject, options)


def undecided(compared: Compared, *, complete: bool = False) -> Decisive:
    """Estimates without an inference: the plan decides later, or no test exists."""
    difference = replace(compared.difference, lower=None, upper=None)
    lift = replace(compared.lift, kind=None, lower=None, upper=None, excluded=None, delta_lower=None, delta_upper=None)
    if compared.z is not None and lift.estimate is not None:
        lift = replace(lift, status=Status.TOO_EARLY)
    return Decisive(None, None, difference, lift, complete)


def _at_the_end(compared: Compared, options: AnalysisOptions) -> Decisive:
    if not options.complete:
        return undecided(compared)
    test = compared.test
    return Decisive(test.p_value, test.log10_p, compared.difference, compared.lift, complete=True)


def _at_any_time(subject: Subject, options: AnalysisOptions) -> Decisive:
    pair, compared = subject.pair, subject.compared
    complete = options.planned_units is not None and pair.units >= options.planned_units
    before = options.memory.get(pair.treatment_name, Memory())
    z = compared.z
    if z is None or compared.difference.se is None:
        return _remembered(undecided(compared, complete=complete), before)
    n_star = tuned_for(options)
    rho2 = mixture_variance(options.alpha, n_star)
    point = sequence_point(z, 1.0, pair.units, options.alpha, rho2)
    difference, lift = sets_at(
        pair, subject.rates, lambda df: distributions.equivalent_critical(point.z_equivalent, df), z
    )
    common = range_with_difference(Range(before.lower, before.upper), difference)
    common_lift = range_with_lift(Range(before.lift_lower, before.lift_upper, before.lift_gap), lift)
    lowest = min(before.lowest_p, point.p_value)
    # While the control has no outcome, a narrow interval around 0 tells of the time that has passed, not of the effect.
    memory = (
        before
        if lift.estimate is None
        else replace(
            before,
            lowest_p=lowest,
            lower=common.lower,
            upper=common.upper,
            lift_lower=common_lift.lower,
            lift_upper=common_lift.upper,
            lift_gap_lower=common_lift.gap[0] if common_lift.gap else None,
            lift_gap_upper=common_lift.gap[1] if common_lift.gap else None,
        )
    )
    drifts = drifted(common, difference.estimate) or drifted(common_lift, lift.estimate)
    p_value = point.p_value if drifts else lowest
    log10_now = min(0.0, -point.log_e_value / LOG_10)
    notices = (notice(Status.DRIFT_DETECTED),) if drifts else ()
    state = AlwaysValidResult(
        method="normal_mixture_confidence_sequence",
        status=Status.DRIFT_DETECTED if drifts else Status.OK,
        n=pair.units,
        n_star=n_star,
        rho2=rho2,
        e_value_log10=point.log_e_value / LOG_10,
        p_value=p_value,
        crossed=p_value < options.alpha,
        lower=None if drifts else common.lower,
        upper=None if drifts else common.upper,
        current_p_value=point.p_value,
        current_lower=difference.lower,
        current_upper=difference.upper,
        notices=notices,
    )
    return Decisive(
        p_value,
        log10_now if drifts else min(_log10(lowest), log10_now),
        difference if drifts else difference_within(difference, common),
        lift if drifts else lift_within(lift, common_lift),
        complete,
        sequential=state,
        memory=memory,
        notices=notices,
    )


def _remembered(found: Decisive, before: Memory) -> Decisive:
    """What earlier readings have shown stands where this one has no test, as under a cap that makes all units equal."""
    ranges = Range(before.lower, before.upper), Range(before.lift_lower, before.lift_upper)
    if before.lowest_p == 1.0 or any(each.empty for each in ranges):
        return replace(found, memory=before)
    return replace(
        found,
        p_value=before.lowest_p,
        log10_p=_log10(before.lowest_p),
        difference=difference_within(found.difference, ranges[0]),
        memory=before,
        notices=(*found.notices, notice(Status.NO_NEW_INFORMATION)),
    )


def _at_looks(subject: Subject, options: AnalysisOptions) -> Decisive:
    """Only official looks decide; what the last one said stands until the next."""
    pair, compared = subject.pair, subject.compared
    history = options.history.get(pair.treatment_name, ())
    official = options.takes_look and compared.z is not None and is_look(pair.units, history, options)
    looks = (
        (*history, _taken(subject, compared.z, history, options)) if official and compared.z is not None else history
    )
    state = LookState(
        official=official,
        number=len(looks),
        planned=options.looks_planned or 1,
        final=is_final(looks, options),
        next_look_units=next_look_units(looks, options),
        taken=looks[-1] if looks else None,
    )
    if not looks:
        return replace(undecided(compared), look=state)
    group = watch_group(looks, options)
    common, common_lift = Range(), Range()
    for index, look in enumerate(looks):
        difference = _difference_of(look, group.bounds_z[index], compared.difference.interval_method)
        lift = look.lift or Lift(Status.OK)
        common, common_lift = range_with_difference(common, difference), range_with_lift(common_lift, lift)
    drifts = common.empty or common_lift.empty
    p_value = group.repeated_p
    if drifts:
        p_value = looks[-1].p_value or 1.0
    notices = (*group.notices, *((notice(Status.DRIFT_DETECTED),) if drifts else ()))
    return Decisive(
        p_value,
        _log10(p_value),
        difference if drifts else difference_within(difference, common),
        lift if drifts else lift_within(lift, common_lift),
        state.final,
        sequential=group,
        look=state,
        notices=notices,
    )


def _taken(subject: Subject, z: float, history: tuple[Look, ...], options: AnalysisOptions) -> Look:
    """This analysis as a look: with its own repeated sets and p."""
    pair, compared = subject.pair, subject.compared
    units = [*(look.n for look in history), pair.units]
    bound = look_bounds(units, options).bounds[-1]
    reach = math.inf if bound is None else bound
    difference, lift = sets_at(pair, subject.rates, lambda df: distributions.equivalent_critical(reach, df), z)
    estimate, se = compared.difference.estimate, compared.difference.se
    return Look(
        n=pair.units,
        difference=estimate or 0.0,
        se=se or SE_LEAST,
        z=max(-Z_MOST, min(Z_MOST, z)),
        df=None if math.isinf(compared.df) else compared.df,
        p_value=repeated_p(units, z, options),
        lower=difference.lower,
        upper=difference.upper,
        lift=lift,
    )


SE_LEAST = 1e-150
"""Where no unit varies though a test exists (all of one arm and none of the other converted)."""


def _difference_of(look: Look, bound: float | None, method: str | None) -> Difference:
    if look.lower is not None and look.upper is not None:
        return Difference(look.difference, look.se, look.lower, look.upper, method)
    reach = math.inf if bound is None else distributions.equivalent_critical(bound, look.df or math.inf)
    if not math.isfinite(reach * look.se):
        return Difference(look.difference, look.se, None, None, method)
    return Difference(
        look.difference, look.se, look.difference - reach * look.se, look.difference + reach * look.se, method
    )


def _log10(p_value: float) -> float:
    return math.log10(p_value) if p_value > 0.0 else LOG10_LEAST
