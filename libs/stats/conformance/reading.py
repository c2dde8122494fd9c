"""From a case's JSON to the engine's summaries; errors name the arm and the field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stats.covariates import CupedSummary
from stats.errors import InvalidInputError
from stats.estimates import ArmEstimate, estimate_mean
from stats.preparing import Summary
from stats.summaries import BinarySummary, MeanSummary, RatioSummary

Case = Mapping[str, Any]


def number(value: object) -> object:
    """The strings `inf`, `-inf` and `nan` as the numbers they name; anything else as it is."""
    return float(value) if value in ("inf", "-inf", "nan") and isinstance(value, str) else value


def fields(arm: Mapping[str, Any], *names: str) -> list[Any]:
    """The values of these fields; a missing one is an error that names it."""
    for name in names:
        if name not in arm:
            raise InvalidInputError(name, "is missing")
    return [number(arm[name]) for name in names]


def summary(arm: Mapping[str, Any]) -> Summary:
    """The summary whose fields the arm has."""
    if "conversions" in arm:
        return BinarySummary(*fields(arm, "n", "conversions"))
    if "num_sum" in arm:
        return RatioSummary(*fields(arm, "n", "num_sum", "num_sum_sq", "den_sum", "den_sum_sq", "num_den_sum"))
    if "x_sum" in arm:
        return covariate_summary(arm)
    return MeanSummary(*fields(arm, "n", "sum", "sum_sq"))


def covariate_summary(arm: Mapping[str, Any], names: tuple[str, ...] = ()) -> CupedSummary:
    """One covariate (x_sum, x_sum_sq, xy_sum) or several (x_sum, xx, xy); x_n counts units with history."""
    n, total, squares = fields(arm, "n", "sum", "sum_sq")
    if isinstance(arm["x_sum"], list):
        x_sum, xx, xy = fields(arm, "x_sum", "xx", "xy")
    else:
        x, x_squares, cross = fields(arm, "x_sum", "x_sum_sq", "xy_sum")
        x_sum, xx, xy = [x], [[x_squares]], [cross]
    return CupedSummary(n, total, squares, x_sum, xx, xy, names, arm.get("x_n"))


def two_arms(inputs: Case) -> tuple[Summary, Summary]:
    """(treatment, control)."""
    return arm_at(inputs, "treatment"), arm_at(inputs, "control")


def two_rates(inputs: Case) -> tuple[BinarySummary, BinarySummary]:
    """(treatment, control) of a binary outcome."""
    treatment, control = two_arms(inputs)
    if not isinstance(treatment, BinarySummary) or not isinstance(control, BinarySummary):
        raise InvalidInputError("conversions", "is missing")
    return treatment, control


def mean_of(inputs: Case, name: str) -> MeanSummary:
    """The arm as a numeric outcome; conversions count as 0 and 1."""
    found = arm_at(inputs, name)
    if isinstance(found, BinarySummary):
        return found.as_mean()
    if isinstance(found, CupedSummary):
        return found.outcome
    if not isinstance(found, MeanSummary):
        raise InvalidInputError(f"{name}.sum", "is missing")
    return found


def two_means(inputs: Case) -> tuple[ArmEstimate, ArmEstimate]:
    """(treatment, control) as estimates of means."""
    return estimate_mean(mean_of(inputs, "treatment")), estimate_mean(mean_of(inputs, "control"))


def arm_at(inputs: Case, name: str) -> Summary:
    """The arm under this name, with errors prefixed by it."""
    try:
        return summary(inputs[name])
    except InvalidInputError as error:
        raise error.under(name) from None
