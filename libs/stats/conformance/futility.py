"""Cases on designs that may stop for futility: beta-spending as rpact and gsDesign ask for it, and type PT."""

from __future__ import annotations

import math
from typing import Any

from stats import distributions, validation
from stats.conformance.cases import DEFAULT_POWER, Case, two_sided
from stats.conformance.designs import alpha_of, information_of, spending_named
from stats.conformance.futility_bounds import FutilityDesign, beta_spending_design, pampallona_tsiatis
from stats.conformance.names import plain
from stats.errors import InvalidInputError
from stats.sequential.boundaries import check_information

PAMPALLONA_TSIATIS = frozenset({"pt", "pampallonatsiatis"})
NONE = frozenset({"", "none"})
GSDESIGN_BINDING, GSDESIGN_FREE = 3, 4
"""gsDesign's `test.type`: one-sided with beta spent, the bounds binding or not."""


def asks_for_futility(options: Case) -> bool:
    return _is_pampallona_tsiatis(options) or plain(str(options.get("typeBetaSpending", ""))) not in NONE


def with_futility(inputs: Case, options: Case) -> dict[str, Any]:
    """The bounds on both ends of a one-sided design, its drift and what both spend."""
    if ("sides" in options or "alternative" in options) and two_sided(options):
        raise InvalidInputError("sides", "must be 1: futility bounds are of a one-sided test")
    information = check_information(information_of(inputs, options))
    alpha = validation.fraction(alpha_of(options), "alpha")
    beta = validation.fraction(options["beta"] if "beta" in options else 1.0 - _power(options), "beta")
    if alpha + beta >= 1.0:
        raise InvalidInputError("beta", "must leave a power above alpha")
    if _is_pampallona_tsiatis(options):
        if options.get("bindingFutility") is False:
            raise InvalidInputError("bindingFutility", "must be true: these bounds bind")
        shapes = tuple(validation.finite(options.get(name, 0.0), name) for name in ("deltaPT1", "deltaPT0"))
        if not all(-5.0 <= shape <= 0.5 for shape in shapes):
            raise InvalidInputError("deltaPT1, deltaPT0", "must lie between -5 and 0.5")
        return _answer(pampallona_tsiatis(information, (alpha, beta), (shapes[0], shapes[1])), alpha, beta)
    functions = (
        spending_named(str(options.get("type", "")), options, "gammaA"),
        spending_named(_of_alpha(str(options["typeBetaSpending"])), options, "gammaB"),
    )
    return _answer(beta_spending_design(information, (alpha, beta), functions, binding=_binds(options)), alpha, beta)


def _power(options: Case) -> float:
    return validation.power(validation.finite(options.get("power", DEFAULT_POWER), "power"))


def _is_pampallona_tsiatis(options: Case) -> bool:
    return plain(str(options.get("type", ""))) in PAMPALLONA_TSIATIS


def _of_alpha(name: str) -> str:
    """rpact calls the functions of beta bsOF, bsP, bsKD and bsHSD, those of alpha asOF …"""
    return f"as{name[2:]}" if name[:2].lower() == "bs" else name


def _binds(options: Case) -> bool:
    if "testType" in options:
        kind = options["testType"]
        if kind not in (GSDESIGN_BINDING, GSDESIGN_FREE):
            raise InvalidInputError("test.type", "must be 3 or 4 with a spending function for beta")
        return bool(kind == GSDESIGN_BINDING)
    return options.get("bindingFutility") is True


def _answer(found: FutilityDesign, alpha: float, beta: float) -> dict[str, Any]:
    fixed = distributions.upper_quantile(alpha) + distributions.upper_quantile(beta)
    shift = found.drift * found.drift * found.information[-1]
    return {
        "z_bounds": found.upper,
        "futility_bounds": found.lower[:-1],
        "lower_bounds": found.lower,
        "constant": found.upper[-1],
        "stage_levels": [distributions.upper_p(bound) for bound in found.upper],
        "nominal_p": [distributions.upper_p(bound) for bound in found.upper],
        "cumulative_alpha": found.alpha_spent,
        "total_alpha": found.alpha_spent[-1],
        "cumulative_beta": found.beta_spent,
        "power": 1.0 - found.beta_spent[-1],
        "drift": math.sqrt(shift),
        "shift": shift,
        "inflation": shift / (fixed * fixed),
        "n_fixed": fixed * fixed,
    }
