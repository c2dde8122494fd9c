"""Cases on sequential monitoring."""

from __future__ import annotations

from typing import Any

from stats import always_valid, distributions
from stats.boundaries import crossing, haybittle_peto_bounds, planned_bounds, wang_tsiatis_constant
from stats.conformance.reading import Case
from stats.errors import InvalidInputError
from stats.metrics import Boundary
from stats.sequential_inference import infer_at_stop, sample_inflation
from stats.spending import (
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
    looks, two_sided = inputs["looks"], options.get("sides", 2) == 2
    bounds = planned_bounds(looks, options["alpha"], boundary, two_sided=two_sided)
    sided = distributions.two_sided_p if two_sided else distributions.upper_p
    return {
        "constant": bounds[-1],
        "constant_published": round(bounds[-1], 3),
        "z_bounds": bounds,
        "nominal_p": [sided(bound) for bound in bounds],
        "cumulative_alpha": crossing(_even(looks), bounds, two_sided=two_sided).cumulative,
    }


def inflation(inputs: Case, options: Case, title: str) -> dict[str, Any]:
    """gs_inflation; the shape of the bounds stands in the case's title."""
    boundary = _boundary(title)
    answer: dict[str, Any] = {}
    for looks in inputs["looks"]:
        bounds = planned_bounds(looks, options["alpha"], boundary)
        result = sample_inflation(_even(looks), bounds, options["alpha"], options["power"])
        answer[str(looks)] = {
            "inflation": result.maximum,
            "inflation_published": round(result.maximum, 3),
            "expected_sample_fraction_of_fixed": result.expected,
        }
    return answer


def naive_peeking(inputs: Case, options: Case) -> dict[str, Any]:
    """gs_naive: the true error of reading a fixed-horizon test at each look."""
    z = distributions.critical(options.get("alpha", 0.05))
    return {str(looks): crossing(_even(looks), [z] * looks).total for looks in inputs["looks"]}


def spending(inputs: Case, options: Case) -> dict[str, Any]:
    """gs_landemets, gs_rpact and gs_edge."""
    information = inputs["information"]
    two_sided = options.get("sides", 2) == 2
    result = _spend(information, options, two_sided=two_sided)
    stale = result.without_information
    sided = distributions.two_sided_p if two_sided else distributions.upper_p
    return {
        "z_bounds": result.bounds,
        "z_bounds_recomputed": result.bounds,
        "cumulative_alpha": result.cumulative_alpha,
        "nominal_p": [None if bound is None else sided(bound) for bound in result.bounds],
        "status": _status(information, stale),
    }


def _status(information: list[float], stale: tuple[int, ...]) -> str:
    if stale:
        return f"no_new_information_at_look_{stale[0] + 1}"
    return Status.LOOKS_EXCEED_PLAN.value if information[-1] > 1.0 else Status.OK.value


def _spend(information: list[float], options: Case, *, two_sided: bool) -> SpendingBounds:
    alpha = options["alpha"]
    kind = str(options.get("type", options.get("spending", "")))
    if kind in {"P", "OF", "WT"}:
        shape = {"P": 0.5, "OF": 0.0}[kind] if kind != "WT" else float(options["deltaWT"])
        constant = wang_tsiatis_constant(len(information), alpha, shape, two_sided=two_sided)
        bounds = tuple(constant * float(time ** (shape - 0.5)) for time in information)
        return SpendingBounds(bounds, crossing(information, bounds, two_sided=two_sided).cumulative, ())
    if kind == "HP":
        bounds = haybittle_peto_bounds(information, alpha, options.get("constantBoundsHP", 3.0))
        return SpendingBounds(bounds, crossing(information, bounds).cumulative, ())
    if kind == "asUser":
        return bounds_for_spent(information, options["userAlphaSpending"], two_sided=two_sided)
    return spending_bounds(information, alpha, _spending_function(kind, options), two_sided=two_sided)


def _spending_function(kind: str, options: Case) -> Spending:
    gamma = options.get("gammaA", options.get("gamma", 1.0))
    if kind in {"asKD", "power"}:
        return power_spending(gamma)
    if kind in {"asHSD", "hwang-shih-decani"}:
        return gamma_spending(gamma)
    if kind == "asP" or "pocock" in kind.lower() or "ln(" in kind:
        return pocock_spending
    if kind == "asOF" or "obf" in kind.lower() or "brien" in kind.lower() or "Phi" in kind:
        return obrien_fleming_spending
    raise InvalidInputError("spending", f"{kind!r} is not a known spending function")


def inference(inputs: Case, options: Case) -> dict[str, Any]:
    """gs_inference."""
    looks, stop = inputs["looks"], inputs["stop_look"]
    bounds = planned_bounds(looks, options["alpha"], _boundary(options["boundary"]))
    result = infer_at_stop(_even(looks)[:stop], bounds[:stop], inputs["z"], options["alpha"])
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
    alpha, estimate = options["alpha"], inputs["estimate"]
    if "tau2" in options:
        point = always_valid.msprt_point(estimate, inputs["variance"], alpha, options["tau2"])
        return {"likelihood_ratio": point.e_value, **_point(point, estimate)}
    rho2 = always_valid.mixture_variance(alpha, options["n_star"])
    point = always_valid.sequence_point(estimate, inputs["se"], inputs["n"], alpha, rho2)
    return {"rho2": rho2, **_point(point, estimate)}


def _point(point: always_valid.SequencePoint, estimate: float) -> dict[str, Any]:
    return {
        "halfwidth": point.half_width,
        "ci": [estimate - point.half_width, estimate + point.half_width],
        "e_value": point.e_value,
        "p_value": point.p_value,
        "z_equivalent": point.z_equivalent,
    }
