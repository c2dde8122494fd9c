"""Cases on margins: non-inferiority and equivalence, absolute or relative."""

from __future__ import annotations

from typing import Any

from stats import validation
from stats.comparison.contrasts import compare
from stats.conformance.cases import Case, fields, level, two_means
from stats.conformance.names import plain
from stats.errors import InvalidInputError
from stats.judgement.guardrails import equivalence, non_inferiority
from stats.kinds.estimates import ArmEstimate
from stats.metrics import Direction, Guardrail
from stats.statuses import Status

LOWER_IS_BETTER = ("decrease", "lower", "less", "smaller", "down", "minimi")


def guardrail(inputs: Case, options: Case) -> dict[str, Any]:
    """guardrail: non-inferiority if a direction is named, else equivalence."""
    treatment, control = two_means(inputs)
    alpha = level(options)
    if "low" in options and "upp" in options:
        return _between(treatment, control, options)
    margin = margin_of(options)
    if "direction" not in options:
        both = equivalence(treatment, control, margin, alpha)
        if both is None:
            return {"status": Status.ZERO_VARIANCE.value, "p_value": None}
        return {
            "p_value": both.p_value,
            "p_lower": both.p_lower,
            "p_upper": both.p_upper,
            "passes": both.passes,
        }
    test = non_inferiority(treatment, control, margin, direction_of(options), alpha)
    if test is None:
        return {"status": Status.ZERO_VARIANCE.value, "t": None, "p_value": None}
    return {
        "t": test.statistic,
        "df": test.df,
        "p_value": test.p_value,
        "bound": test.bound,
        "passes": test.passes,
    }


def margin_of(options: Case) -> Guardrail:
    """`margin_rel` or `margin_abs`, or a `margin` with its kind (absolute unless it says relative)."""
    if "margin_rel" in options:
        return Guardrail(options["margin_rel"], relative=True)
    if "margin_abs" in options:
        return Guardrail(options["margin_abs"], relative=False)
    if "margin" not in options:
        raise InvalidInputError("margin_abs", "is missing")
    kind = plain(str(options.get("margin_kind", "relative" if options.get("relative") is True else "absolute")))
    if not kind.startswith(("abs", "rel")):
        raise InvalidInputError("margin_kind", "must be absolute or relative")
    return Guardrail(options["margin"], relative=kind.startswith("rel"))


def direction_of(options: Case) -> Direction:
    """What is good: an increase, unless the words say decrease or lower, or that an increase is bad."""
    text = plain(str(options["direction"]))
    falls = any(word in text for word in LOWER_IS_BETTER)
    bad = "bad" in text or "worse" in text or "harm" in text
    return Direction.DECREASE if falls != bad else Direction.INCREASE


def _between(treatment: ArmEstimate, control: ArmEstimate, options: Case) -> dict[str, Any]:
    """Schuirmann's two tests with limits of their own, as statsmodels' `ttost_ind(low, upp)` takes them."""
    low, high = (validation.finite(value, "low, upp") for value in fields(options, "low", "upp"))
    if low >= high:
        raise InvalidInputError("upp", "must be above low")
    alpha = level(options)
    above, below = compare(treatment, control, alpha, null=low), compare(treatment, control, alpha, null=high)
    if above.p_greater is None or below.p_less is None:
        return {"status": above.status.value, "p_value": None}
    largest = max(above.p_greater, below.p_less)
    return {
        "p_value": largest,
        "p_lower": above.p_greater,
        "p_upper": below.p_less,
        "t_lower": above.statistic,
        "t_upper": below.statistic,
        "df": above.df,
        "passes": largest < alpha,
    }
