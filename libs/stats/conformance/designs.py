"""Group-sequential designs as cases describe them: information, level, and bounds by the design's type.

The types are rpact's (P, OF, WT, HP, asP, asOF, asKD, asHSD, asUser, noEarlyEfficacy), gsDesign's, and spending
functions by name or formula.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

from stats import validation
from stats.conformance.cases import Case, fields, level, listed
from stats.conformance.names import plain
from stats.errors import InvalidInputError
from stats.metrics import LOOKS_PLANNED_MAX
from stats.sequential.boundaries import crossing, fresh_looks, haybittle_peto_bounds, wang_tsiatis_bounds
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

SHAPES_OF: dict[str, float | None] = {"p": 0.5, "of": 0.0, "wt": None, "wangtsiatis": None}
CONSTANTS_EARLY = frozenset({"hp", "haybittlepeto", "haybittle", "peto"})
USER = frozenset({"asuser", "user"})
NO_EARLY = frozenset({"noearlyefficacy"})
POWER_OF_TIME = re.compile(r"(alpha|a|α)\*t((\^|\*\*)\(?(?P<exponent>[0-9]+(\.[0-9]+)?)\)?)?")
"""A spending function alpha·t^exponent as people write it."""


def whole_looks(value: object) -> int:
    """A number of looks, from 1 to 200."""
    looks = validation.count(value, "looks", LOOKS_PLANNED_MAX)
    return int(validation.positive(looks, "looks"))


def evenly_spaced(looks: int) -> list[float]:
    """The information fractions of equally spaced looks."""
    return [look / looks for look in range(1, looks + 1)]


def information_of(inputs: Case, options: Case) -> list[Any]:
    """The information fractions as given, else equally spaced: one per look, or per step of a user's spending."""
    if "information" in inputs:
        return listed(inputs, "information")
    if "looks" in inputs:
        return list(evenly_spaced(whole_looks(inputs["looks"])))
    if "userAlphaSpending" in options:
        return list(evenly_spaced(len(listed(options, "userAlphaSpending"))))
    return listed(inputs, "information")


def alpha_of(options: Case) -> float:
    """The level of all sides together; gsDesign's `test.type` 2 states it for one side."""
    if "alpha" not in options and "userAlphaSpending" in options:
        return validation.level(listed(options, "userAlphaSpending")[-1], "userAlphaSpending")
    return level(options)


def bounds_of(information: tuple[float, ...], alpha: float, options: Case, *, two_sided: bool) -> SpendingBounds:
    """The bounds of this type; a look that adds nothing has none."""
    kind = _kind(options)
    floors = _floors(options, len(information), two_sided=two_sided)
    if kind in SHAPES_OF or kind in CONSTANTS_EARLY:
        fresh = fresh_looks(information)
        times = tuple(information[look] for look in fresh)
        floors = tuple(floors[look] for look in fresh if look < len(floors))
        if kind in CONSTANTS_EARLY:
            early = validation.finite(options.get("constantBoundsHP", 3.0), "constantBoundsHP")
            found = haybittle_peto_bounds(times, alpha, early, two_sided=two_sided, floors=floors)
        else:
            found = wang_tsiatis_bounds(times, alpha, _shape(kind, options), two_sided=two_sided, floors=floors)
        spent = crossing(times, found, two_sided=two_sided, floors=floors).cumulative
        return _spread(len(information), fresh, found, spent)
    if kind in USER:
        told = listed(options, "userAlphaSpending")
        return bounds_for_spent(information, told, two_sided=two_sided, floors=floors)
    if kind in NO_EARLY:
        told = [0.0] * (len(information) - 1) + [alpha]
        late = bounds_for_spent(information, told, two_sided=two_sided, floors=floors)
        bounds = (*[math.inf] * (len(information) - 1), late.bounds[-1])
        return SpendingBounds(bounds, late.cumulative_alpha, late.without_information)
    function = spending_named(str(options.get("type", "")), options)
    return spending_bounds(information, alpha, function, two_sided=two_sided, floors=floors)


def _kind(options: Case) -> str:
    if "type" in options:
        return plain(str(options["type"]))
    return "asuser" if "userAlphaSpending" in options else "wt" if "deltaWT" in options else ""


def _shape(kind: str, options: Case) -> float:
    fixed = SHAPES_OF[kind]
    if fixed is not None:
        return fixed
    (shape,) = fields(options, "deltaWT")
    return validation.finite(shape, "deltaWT")


def _floors(options: Case, looks: int, *, two_sided: bool) -> tuple[float, ...]:
    """Futility bounds of all looks but the last, if they bind; those that don't leave the bounds as they are."""
    if two_sided or options.get("bindingFutility") is not True or "futilityBounds" not in options:
        return ()
    told = [-math.inf if value is None else float(value) for value in listed(options, "futilityBounds")]
    if len(told) != looks - 1:
        raise InvalidInputError("futilityBounds", f"must have {looks - 1} entries, got {len(told)}")
    return tuple(told)


def _spread(looks: int, fresh: list[int], bounds: Sequence[float], spent: Sequence[float]) -> SpendingBounds:
    """Bounds of the looks that saw something new, among all looks."""
    at = dict(zip(fresh, zip(bounds, spent, strict=True), strict=True))
    every: list[float | None] = []
    cumulative: list[float] = []
    for look in range(looks):
        bound, alpha = at.get(look, (None, cumulative[-1] if cumulative else 0.0))
        every.append(bound)
        cumulative.append(alpha)
    return SpendingBounds(tuple(every), tuple(cumulative), tuple(look for look in range(looks) if look not in at))


def spending_named(kind: str, options: Case, parameter: str = "gammaA") -> Spending:
    """The spending function of this name; its parameter stands in the options under `parameter`."""
    gamma = options.get(parameter, 1.0)
    text = kind.lower().replace(" ", "")
    bare = plain(kind)
    if bare in {"asp", "sfldpocock"} or "pocock" in text or "ln(" in text or "log(" in text:
        return pocock_spending
    if bare in {"asof", "sfldof", "ldof"} or "phi" in text or any(one in text for one in ("obf", "brien", "fleming")):
        return obrien_fleming_spending
    if bare == "ashsd" or any(name in text for name in ("hwang", "gamma", "hsd", "exp(")):
        return gamma_spending(gamma)
    power = POWER_OF_TIME.fullmatch(text)
    if power is not None:
        return power_spending(float(power["exponent"] or 1.0))
    if bare == "askd" or any(name in text for name in ("kim", "power", "linear")):
        return power_spending(gamma)
    raise InvalidInputError("spending", f"{kind!r} is not a known spending function")
