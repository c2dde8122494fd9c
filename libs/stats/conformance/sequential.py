"""Cases on sequential monitoring."""

from __future__ import annotations

import re
from typing import Any

from stats import distributions, validation
from stats.conformance.cases import Case, level, listed, number, two_sided
from stats.errors import InvalidInputError
from stats.metrics import LOOKS_PLANNED_MAX, Boundary
from stats.sequential import always_valid
from stats.sequential.boundaries import (
    check_information,
    crossing,
    haybittle_peto_bounds,
    planned_bounds,
    wang_tsiatis_constant,
)
from stats.sequential.inference import infer_at_stop, sample_inflation
from stats.sequential.spending import (
    Spending,
    SpendingBounds,
    bounds_for_spent,
    gamma_spending,
    obrien_fleming_spending,
    pocock_spending,
    power_spending,
    spending_bounds,
)
from stats.statuses import Status

POWER_OF_TIME = re.compile(r"(alpha|a|α)\*t((\^|\*\*)\(?(?P<exponent>[0-9]+(\.[0-9]+)?)\)?)?")
"""A spending function alpha·t^exponent as people write it."""


def _looks(value: object) -> int:
    looks = validation.count(value, "looks", LOOKS_PLANNED_MAX)
    return int(validation.positive(looks, "looks"))


def _even(looks: int) -> list[float]:
    return [look / looks for look in range(1, looks + 1)]


def _boundary(name: str) -> Boundary:
    return Boundary.POCOCK if "pocock" in name.lower() else Boundary.OBRIEN_FLEMING


def pocock(inputs: Case, options: Case) -> dict[str, Any]:
    """gs_pocock."""
    return _planned(inputs, options, Boundary.POCOCK)


def obrien_fleming(inputs: Case, options: Case) -> dict[str, Any]:
    """gs_obf."""
    return _planned(inputs, options, Boundary.OBRIEN_FLEMING)


def _planned(inputs: Case, options: Case, boundary: Boundary) -> dict[str, Any]:
    looks, both = _looks(inputs["looks"]), two_sided(options)
    bounds = planned_bounds(looks, level(options), boundary, two_sided=both)
    sided = distributions.two_sided_p if both else distributions.upper_p
    return {
        "constant": bounds[-1],
        "constant_published": round(bounds[-1], 3),
        "z_bounds": bounds,
        "nominal_p": [sided(bound) for bound in bounds],
        "cumulative_alpha": crossing(_even(looks), bounds, two_sided=both).cumulative,
    }


def inflation(inputs: Case, options: Case, title: str) -> dict[str, Any]:
    """gs_inflation; the shape of the bounds stands in the case's title."""
    boundary, alpha, both = _boundary(title), level(options), two_sided(options)
    answer: dict[str, Any] = {}
    for looks in map(_looks, listed(inputs, "looks")):
        bounds = planned_bounds(looks, alpha, boundary, two_sided=both)
        result = sample_inflation(_even(looks), bounds, alpha, options["power"], two_sided=both)
        answer[str(looks)] = {
            "inflation": result.maximum,
            "inflation_published": round(result.maximum, 3),
            "expected_sample_fraction_of_fixed": result.expected,
        }
    return answer


def naive_peeking(inputs: Case, options: Case) -> dict[str, Any]:
    """gs_naive: the true error of reading a fixed-horizon test at each look."""
    alpha, both = level(options), two_sided(options)
    z = distributions.critical(alpha) if both else distributions.upper_quantile(alpha)
    every = map(_looks, listed(inputs, "looks"))
    return {str(looks): crossing(_even(looks), [z] * looks, two_sided=both).total for looks in every}


def spending(inputs: Case, options: Case) -> dict[str, Any]:
    """gs_landemets, gs_rpact and gs_edge."""
    information, both = listed(inputs, "information"), two_sided(options)
    result = _spend(check_information(information), options, two_sided=both)
    stale = result.without_information
    sided = distributions.two_sided_p if both else distributions.upper_p
    return {
        "z_bounds": result.bounds,
        "z_bounds_recomputed": result.bounds,
        "cumulative_alpha": result.cumulative_alpha,
        "nominal_p": [None if bound is None else sided(bound) for bound in result.bounds],
        "status": _status(information, stale),
    }


def _status(information: list[Any], stale: tuple[int, ...]) -> str:
    if stale:
        return f"no_new_information_at_look_{stale[0] + 1}"
    return Status.LOOKS_EXCEED_PLAN.value if information[-1] > 1.0 else Status.OK.value


def _spend(information: tuple[float, ...], options: Case, *, two_sided: bool) -> SpendingBounds:
    alpha = level(options)
    kind = str(options.get("type", options.get("spending", "")))
    if kind in {"P", "OF", "WT"}:
        shape = {"P": 0.5, "OF": 0.0}[kind] if kind != "WT" else float(options["deltaWT"])
        constant = wang_tsiatis_constant(len(information), alpha, shape, two_sided=two_sided)
        bounds = tuple(constant * float(time ** (shape - 0.5)) for time in information)
        return SpendingBounds(bounds, crossing(information, bounds, two_sided=two_sided).cumulative, ())
    if kind == "HP":
        # Only two-sided: the constant early bound is meant for both directions.
        bounds = haybittle_peto_bounds(information, alpha, options.get("constantBoundsHP", 3.0))
        return SpendingBounds(bounds, crossing(information, bounds).cumulative, ())
    if kind == "asUser":
        return bounds_for_spent(information, options["userAlphaSpending"], two_sided=two_sided)
    return spending_bounds(information, alpha, _spending_function(kind, options), two_sided=two_sided)


def _spending_function(kind: str, options: Case) -> Spending:
    gamma = next((options[name] for name in ("gammaA", "gamma", "rho", "exponent") if name in options), 1.0)
    text = kind.lower().replace(" ", "")
    if text == "asp" or "pocock" in text or "ln(" in text or "log(" in text:
        return pocock_spending
    if text == "asof" or "phi" in text or any(name in text for name in ("obf", "brien", "fleming")):
        return obrien_fleming_spending
    if text == "ashsd" or any(name in text for name in ("hwang", "gamma", "hsd", "exp(")):
        return gamma_spending(gamma)
    power = POWER_OF_TIME.fullmatch(text)
    if power is not None:
        return power_spending(float(power["exponent"] or 1.0))
    if text == "askd" or any(name in text for name in ("kim", "power", "linear")):
        return power_spending(gamma)
    raise InvalidInputError("spending", f"{kind!r} is not a known spending function")


def inference(inputs: Case, options: Case) -> dict[str, Any]:
    """gs_inference."""
    looks, alpha = _looks(inputs["looks"]), level(options)
    stop = validation.count(inputs["stop_look"], "stop_look", looks)
    bounds = planned_bounds(looks, alpha, _boundary(str(options["boundary"])))
    z = validation.finite(number(inputs["z"]), "z")
    result = infer_at_stop(_even(looks)[:stop], bounds[:stop], z, alpha)
    return {
        "naive_p": result.naive_p,
        "stagewise_p_two_sided": result.p_value,
        "theta_mle": result.drift_naive,
        "theta_median_unbiased": result.drift_median_unbiased,
        "theta_ci95": [result.lower, result.upper],
        "repeated_ci_theta": [result.repeated_lower, result.repeated_upper],
    }


def any_time(inputs: Case, options: Case) -> dict[str, Any]:
    """always_valid: the mSPRT if tau2 is given, else the asymptotic confidence sequence."""
    alpha, estimate = level(options), validation.finite(number(inputs["estimate"]), "estimate")
    if "tau2" in options:
        point = always_valid.msprt_point(estimate, inputs["variance"], alpha, options["tau2"])
        return {"likelihood_ratio": point.e_value, **_point(point, estimate)}
    n_star = validation.positive(options.get("n_star", always_valid.DEFAULT_N_STAR), "n_star")
    rho2 = always_valid.mixture_variance(alpha, n_star)
    se, units = validation.positive(inputs["se"], "se"), validation.count(inputs["n"], "n")
    point = always_valid.sequence_point(estimate, se, int(validation.positive(units, "n")), alpha, rho2)
    return {"rho2": rho2, **_point(point, estimate)}


def _point(point: always_valid.SequencePoint, estimate: float) -> dict[str, Any]:
    return {
        "halfwidth": point.half_width,
        "ci": [estimate - point.half_width, estimate + point.half_width],
        "e_value": point.e_value,
        "p_value": point.p_value,
        "z_equivalent": point.z_equivalent,
    }
