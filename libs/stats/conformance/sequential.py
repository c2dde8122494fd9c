"""Cases on sequential monitoring."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from stats import distributions, validation
from stats.conformance.cases import DEFAULT_POWER, Case, fields, level, listed, number, two_sided
from stats.conformance.designs import alpha_of, bounds_of, evenly_spaced, information_of, whole_looks
from stats.conformance.futility import asks_for_futility, with_futility
from stats.conformance.names import Named, plain
from stats.errors import InvalidInputError
from stats.metrics import Boundary
from stats.sequential import always_valid
from stats.sequential.boundaries import SHAPES, check_information, crossing, planned_bounds, wang_tsiatis_bounds
from stats.sequential.inference import infer_at_stop, sample_inflation
from stats.statuses import Status


def _boundary(name: str) -> Boundary:
    return Boundary.POCOCK if "pocock" in name.lower() else Boundary.OBRIEN_FLEMING


def pocock(inputs: Case, options: Case) -> dict[str, Any]:
    """gs_pocock."""
    return _planned(inputs, options, Boundary.POCOCK)


def obrien_fleming(inputs: Case, options: Case) -> dict[str, Any]:
    """gs_obf."""
    return _planned(inputs, options, Boundary.OBRIEN_FLEMING)


def _planned(inputs: Case, options: Case, boundary: Boundary) -> dict[str, Any]:
    """The constants of this shape, at the information told or at equally spaced looks."""
    both, alpha = two_sided(options), level(options)
    if "information" in inputs:
        times = check_information(listed(inputs, "information"))
        bounds = wang_tsiatis_bounds(times, alpha, SHAPES[boundary], two_sided=both)
    else:
        looks = whole_looks(fields(inputs, "looks")[0])
        times, bounds = tuple(evenly_spaced(looks)), planned_bounds(looks, alpha, boundary, two_sided=both)
    sided = distributions.two_sided_p if both else distributions.upper_p
    spent = crossing(times, bounds, two_sided=both).cumulative
    return {
        "constant": bounds[-1],
        "constant_published": round(bounds[-1], 3),
        "z_bounds": bounds,
        "nominal_p": [sided(bound) for bound in bounds],
        "stage_levels": [distributions.upper_p(bound) for bound in bounds],
        "cumulative_alpha": spent,
        "total_alpha": spent[-1],
    }


def inflation(inputs: Case, options: Case, title: str) -> dict[str, Any]:
    """gs_inflation: by number of looks, or for one design by its information.

    The shape of the bounds is the design's type, else it stands in the case's title.
    """
    if "type_of_design" in options:
        return _inflation(check_information(information_of(inputs, options)), options)
    shape = Named({"type_of_design": {Boundary.POCOCK: "P"}.get(_boundary(title), "OF")}, options)
    (looks,) = fields(inputs, "looks")
    if not isinstance(looks, list):
        return _inflation(tuple(evenly_spaced(whole_looks(looks))), shape)
    return {str(one): _inflation(tuple(evenly_spaced(one)), shape) for one in map(whole_looks, listed(inputs, "looks"))}


def _inflation(information: tuple[float, ...], options: Case) -> dict[str, Any]:
    both, alpha = two_sided(options), alpha_of(options)
    found = bounds_of(information, alpha, options, two_sided=both)
    if found.without_information:
        raise InvalidInputError("information", "must rise at each look")
    bounds = [math.inf if bound is None else bound for bound in found.bounds]
    wanted = validation.power(1.0 - options["beta"] if "beta" in options else options.get("power", DEFAULT_POWER))
    result = sample_inflation(information, bounds, alpha, wanted, two_sided=both)
    fixed = (
        distributions.upper_quantile(alpha / 2.0 if both else alpha) + distributions.upper_quantile(1.0 - wanted)
    ) ** 2
    return {
        "inflation": result.maximum,
        "inflation_published": round(result.maximum, 3),
        "expected_sample_fraction_of_fixed": result.expected,
        "n_fixed": fixed,
        "shift": fixed * result.maximum,
    }


def naive_peeking(inputs: Case, options: Case) -> dict[str, Any]:
    """gs_naive: the true error of reading a fixed-horizon test at each look."""
    alpha, both = level(options), two_sided(options)
    z = distributions.critical(alpha) if both else distributions.upper_quantile(alpha)
    every = map(whole_looks, listed(inputs, "looks"))
    return {str(looks): crossing(evenly_spaced(looks), [z] * looks, two_sided=both).total for looks in every}


def spending(inputs: Case, options: Case) -> dict[str, Any]:
    """gs_landemets, gs_rpact and gs_edge: bounds at looks with this information, by the design's type."""
    if asks_for_futility(options):
        return with_futility(inputs, options)
    both, alpha = two_sided(options), alpha_of(options)
    information = check_information(information_of(inputs, options))
    result = bounds_of(information, alpha, options, two_sided=both)
    stale = result.without_information
    sided = distributions.two_sided_p if both else distributions.upper_p
    shown = [bound for bound in result.bounds if bound is not None]
    return {
        "z_bounds": result.bounds,
        "z_bounds_recomputed": result.bounds,
        "constant": shown[-1] if shown else None,
        "cumulative_alpha": result.cumulative_alpha,
        "total_alpha": result.cumulative_alpha[-1],
        "nominal_p": [None if bound is None else sided(bound) for bound in result.bounds],
        "stage_levels": [None if bound is None else distributions.upper_p(bound) for bound in result.bounds],
        "status": _status(information, stale),
    }


def _status(information: Sequence[float], stale: tuple[int, ...]) -> str:
    if stale:
        return f"no_new_information_at_look_{stale[0] + 1}"
    return Status.LOOKS_EXCEED_PLAN.value if information[-1] > 1.0 else Status.OK.value


def inference(inputs: Case, options: Case) -> dict[str, Any]:
    """gs_inference: after a two-sided design by its looks, or by information and a type."""
    alpha = level(options)
    information = check_information(information_of(inputs, options))
    stop = int(validation.positive(validation.count(inputs["stop_look"], "stop_look", len(information)), "stop_look"))
    found = bounds_of(information, alpha, _planned_type(options), two_sided=True)
    seen = [(time, bound) for time, bound in zip(information, found.bounds, strict=True) if bound is not None]
    if found.bounds[stop - 1] is None:
        raise InvalidInputError("stop_look", "is a look without a bound")
    reached = [(time, bound) for time, bound in seen if time <= information[stop - 1]]
    z = validation.finite(number(inputs["z"]), "z")
    result = infer_at_stop([time for time, _ in reached], [bound for _, bound in reached], z, alpha)
    return {
        "naive_p": result.naive_p,
        "stagewise_p_two_sided": result.p_value,
        "stagewise_p_one_sided": result.p_value / 2.0 if z >= 0.0 else 1.0 - result.p_value / 2.0,
        "theta_mle": result.drift_naive,
        "theta_median_unbiased": result.drift_median_unbiased,
        "theta_ci95": [result.lower, result.upper],
        "repeated_ci_theta": [result.repeated_lower, result.repeated_upper],
        "crossed": abs(z) >= reached[-1][1],
    }


def _planned_type(options: Case) -> Case:
    """`boundary: pocock` names Pocock's constants here, not a spending function."""
    if "type_of_design" in options or "spending" in options:
        return options
    kind = plain(str(options.get("type", "")))
    if "pocock" in kind:
        return Named({"type": "P"}, options)
    return Named({"type": "OF"}, options) if "brien" in kind or "obf" in kind else options


def any_time(inputs: Case, options: Case) -> dict[str, Any]:
    """always_valid: the mSPRT if its mixing variance is given, else the asymptotic confidence sequence."""
    alpha, estimate = level(options), validation.finite(fields(inputs, "estimate")[0], "estimate")
    if "tau2" in options or "tau" in options:
        tau2 = options["tau2"] if "tau2" in options else validation.finite(options["tau"], "tau") ** 2
        point = always_valid.msprt_point(estimate, _variance_of_estimate(inputs), alpha, tau2)
        return {"likelihood_ratio": point.e_value, **_point(point, estimate)}
    n_star = validation.positive(options.get("n_star", always_valid.DEFAULT_N_STAR), "n_star")
    rho2 = always_valid.mixture_variance(alpha, n_star)
    if "rho2" in options:
        rho2 = validation.positive(options["rho2"], "rho2")
    se, units = math.sqrt(_variance_of_estimate(inputs)), _units(inputs)
    point = always_valid.sequence_point(estimate, se, units, alpha, rho2)
    return {"rho2": rho2, **_point(point, estimate)}


def _variance_of_estimate(inputs: Case) -> float:
    if "variance" in inputs:
        return validation.positive(inputs["variance"], "variance")
    return validation.positive(fields(inputs, "se")[0], "se") ** 2


def _units(inputs: Case) -> int:
    """Of both arms together."""
    name = "n" if "n" in inputs or "n_total" not in inputs else "n_total"
    told = fields(inputs, "n_control", "n_treatment") if "n_control" in inputs else fields(inputs, name)
    return int(validation.positive(sum(validation.count(one, "n") for one in told), "n"))


def _point(point: always_valid.SequencePoint, estimate: float) -> dict[str, Any]:
    return {
        "halfwidth": point.half_width,
        "ci": [estimate - point.half_width, estimate + point.half_width],
        "e_value": point.e_value,
        "p_value": point.p_value,
        "z_equivalent": point.z_equivalent,
    }
