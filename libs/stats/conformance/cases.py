"""From a case's JSON to the engine's summaries; errors name the arm and the field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stats import validation
from stats.analysis.arms import Summary
from stats.errors import InvalidInputError
from stats.kinds.binary import BinarySummary
from stats.kinds.covariates import CupedSummary
from stats.kinds.estimates import ArmEstimate
from stats.kinds.mean import MeanSummary, estimate_mean
from stats.kinds.ratio import RatioSummary

Case = Mapping[str, Any]
DEFAULT_ALPHA = 0.05
ONE_SIDED = frozenset({"larger", "smaller", "greater", "less", "one-sided", "one_sided"})


def number(value: object) -> object:
    """The strings `inf`, `-inf` and `nan` as the numbers they name; anything else as it is."""
    return float(value) if isinstance(value, str) and value in ("inf", "-inf", "nan") else value


def level(options: Case) -> float:
    """The significance level, .05 unless the options set another."""
    return validation.level(number(options.get("alpha", DEFAULT_ALPHA)))


def two_sided(options: Case) -> bool:
    """False if the options say `sides` 1 or name a one-sided `alternative`."""
    sides = options.get("sides", 1 if options.get("alternative") in ONE_SIDED else 2)
    if isinstance(sides, bool) or sides not in (1, 2):
        raise InvalidInputError("sides", "must be 1 or 2")
    return bool(sides == 2)


def by_absolute(options: Case) -> bool:
    """True if lifts shall be divided by the control mean's absolute value."""
    return "abs" in str(options.get("denominator", ""))


def listed(inputs: Case, name: str) -> list[Any]:
    """The list in this field, not empty."""
    (values,) = fields(inputs, name)
    if not isinstance(values, list) or not values:
        raise InvalidInputError(name, "must be a list that is not empty")
    return [number(value) for value in values]


def fields(arm: object, *names: str) -> list[Any]:
    """The values of these fields; a missing one is an error that names it."""
    if not isinstance(arm, Mapping):
        raise InvalidInputError(names[0], "is missing: its object is none")
    for name in names:
        if name not in arm:
            raise InvalidInputError(name, "is missing")
    return [number(arm[name]) for name in names]


def summary(arm: object) -> Summary:
    """The summary whose fields the arm has."""
    if not isinstance(arm, Mapping):
        raise InvalidInputError("n", "is missing: an arm must be an object")
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
    if isinstance(arm.get("x_sum"), list):
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
    """(treatment, control) as estimates of means; each needs two units."""
    summaries = mean_of(inputs, "treatment"), mean_of(inputs, "control")
    for name, one in zip(("treatment", "control"), summaries, strict=True):
        if one.n < 2:
            raise InvalidInputError(f"{name}.n", "must be at least 2")
    return estimate_mean(summaries[0]), estimate_mean(summaries[1])


def arm_at(inputs: Case, name: str) -> Summary:
    """The arm under this name, with errors prefixed by it."""
    (arm,) = fields(inputs, name)
    try:
        return summary(arm)
    except InvalidInputError as error:
        raise error.under(name) from None
