"""From a case's JSON to the engine's summaries; errors name the arm and the field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stats import validation
from stats.analysis.arms import Summary
from stats.conformance.names import Named, plain
from stats.errors import InvalidInputError
from stats.kinds.binary import BinarySummary
from stats.kinds.covariates import CupedSummary
from stats.kinds.estimates import ArmEstimate
from stats.kinds.mean import MeanSummary, estimate_mean
from stats.kinds.ratio import RatioSummary

Case = Mapping[str, Any]
DEFAULT_ALPHA = 0.05
DEFAULT_POWER = 0.8
LARGER = frozenset({"larger", "greater", "upper", "increase"})
SMALLER = frozenset({"smaller", "less", "lower", "decrease"})
ONE_SIDED = LARGER | SMALLER | {"onesided"}
SIDES = {"1": 1, "one": 1, "onesided": 1, "2": 2, "two": 2, "twosided": 2, "both": 2}


def number(value: object) -> object:
    """The strings `inf`, `-inf` and `nan` as the numbers they name; anything else as it is."""
    return float(value) if isinstance(value, str) and value in ("inf", "-inf", "nan") else value


def level(options: Case) -> float:
    """The significance level: `alpha`, or what a confidence level leaves; .05 unless the options set one."""
    for name in ("alpha", "conf_level", "confidence_level", "confidence"):
        if name in options:
            value = validation.finite(number(options[name]), name)
            return validation.level(value if name == "alpha" else 1.0 - value, name)
    return DEFAULT_ALPHA


def two_sided(options: Case) -> bool:
    """False if the options say one side (`sides`, `sided` 1 …) or name a one-sided `alternative`."""
    if "sides" in options:
        given = options["sides"]
        sides = None if isinstance(given, bool) else SIDES.get(plain(f"{given:g}" if _is_number(given) else str(given)))
        if sides is None:
            raise InvalidInputError("sides", "must be 1 or 2")
        return sides == 2
    if "one_sided" in options:
        return options["one_sided"] is not True
    return plain(str(options.get("alternative", ""))) not in ONE_SIDED


def tail_asked(options: Case) -> str | None:
    """`larger` or `smaller` if the test is one-sided (larger unless the alternative says smaller), else None."""
    if two_sided(options):
        return None
    return "smaller" if plain(str(options.get("alternative", ""))) in SMALLER else "larger"


def variances_equal(options: Case) -> bool:
    """True if the options ask for the classical test, which takes all arms to have one variance."""
    if "equal_var" in options:
        return options["equal_var"] is True
    text = plain(f"{options.get('use_var', '')} {options.get('method', '')} {options.get('test', '')}")
    if "unequal" in text or "welch" in text:
        return False
    return any(word in text for word in ("equal", "pooled", "classic", "oneway", "student", "fisher", "foneway"))


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


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
    arm = arm if isinstance(arm, Named) else Named(arm)
    if "conversions" in arm:
        return BinarySummary(*fields(arm, "n", "conversions"))
    if "num_sum" in arm:
        return RatioSummary(*fields(arm, "n", "num_sum", "num_sum_sq", "den_sum", "den_sum_sq", "num_den_sum"))
    if "x_sum" in arm:
        return covariate_summary(arm)
    if "mean" in arm and "sum_sq" not in arm:
        n, mean = fields(arm, "n", "mean")
        return MeanSummary.from_moments(validation.count(n, "n"), mean, variance_of(arm))
    return MeanSummary(*fields(arm, "n", "sum", "sum_sq"))


def spread_told(arm: Case) -> bool:
    """True if the variance of one unit is given, as such or as a standard deviation."""
    return "sd" in arm or any(name in arm and _is_number(arm[name]) for name in ("sigma2", "variance"))


def variance_of(arm: Case, default: float | None = None) -> float:
    """The variance of one unit, given as such or as a standard deviation."""
    for name in ("sigma2", "variance"):
        if name in arm and _is_number(arm[name]):
            return validation.non_negative(arm[name], name)
    if "sd" not in arm and default is not None:
        return default
    (sd,) = fields(arm, "sd")
    return validation.non_negative(sd, "sd") ** 2


def covariate_summary(arm: Mapping[str, Any], names: tuple[str, ...] = ()) -> CupedSummary:
    """One covariate (x_sum, x_sum_sq, xy_sum) or several (x_sum, xx, xy); x_n counts units with history."""
    arm = arm if isinstance(arm, Named) else Named(arm)
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
