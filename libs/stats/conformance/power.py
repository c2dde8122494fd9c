"""Cases on power and sample size."""

from __future__ import annotations

import math
from typing import Any

from stats import validation
from stats.conformance.cases import Case, fields, level, two_sided
from stats.design import power
from stats.errors import InvalidInputError

DEFAULT_POWER = 0.8
Levels = tuple[float, float]
"""(two-sided alpha, power): a one-sided test at alpha plans like a two-sided one at 2·alpha."""


def sizes(inputs: Case, options: Case) -> dict[str, Any]:
    """power: by what is given, units for an effect, the power of units, or the smallest effect for units."""
    if "effect_size" in inputs or "delta" in inputs:
        return _standardised(inputs, options)
    alpha = level(options)
    levels = (alpha if two_sided(options) else 2.0 * alpha, validation.power(options.get("power", DEFAULT_POWER)))
    if "p1" in inputs:
        return _two_rates(inputs, options, levels)
    pair = _pair(inputs)
    if pair is None:
        raise InvalidInputError("n_control", "is missing")
    if "baseline" in inputs:
        return _rate_effects(validation.fraction(inputs["baseline"], "baseline"), pair, levels)
    return _mean_effects(inputs, pair, levels)


def _standardised(inputs: Case, options: Case) -> dict[str, Any]:
    """By an effect in standard deviations, or a difference and its standard deviation."""
    alpha, both = level(options), two_sided(options)
    if "effect_size" in inputs:
        size = validation.finite(inputs["effect_size"], "effect_size")
    else:
        size = validation.finite(inputs["delta"], "delta") / validation.positive(inputs.get("sd", 1.0), "sd")
    pair = _pair(inputs)
    if pair is not None:
        return {"power": power.power_t(abs(size), pair, alpha, two_sided=both)}
    wanted, ratio = validation.power(options.get("power", DEFAULT_POWER)), _ratio(options)
    units = power.units_per_arm_t(size, alpha, wanted, two_sided=both, ratio=ratio)
    normal = power.units_per_arm_means(size, 1.0, alpha if both else 2.0 * alpha, wanted) * (1.0 + 1.0 / ratio) / 2.0
    return _rounded("n_per_arm_t", units, ratio) | {"n_per_arm": normal}


def _two_rates(inputs: Case, options: Case, levels: Levels) -> dict[str, Any]:
    alpha, wanted = levels
    first, second = fields(inputs, "p1", "p2")
    pair = _pair(inputs)
    if pair is not None:
        return {
            "power": power.power_rates(validation.finite(first, "p1"), validation.finite(second, "p2"), pair, alpha)
        }
    pooled, ratio = options.get("variance", "pooled_null") == "pooled_null", _ratio(options)
    units = power.units_per_arm_rates(first, second, alpha, wanted, pooled_null=pooled, ratio=ratio)
    return _rounded("n_per_arm", units, ratio)


def _pair(inputs: Case) -> tuple[float, float] | None:
    """(control, treatment) units if the case gives them."""
    if "n_per_arm" in inputs:
        units = validation.positive(inputs["n_per_arm"], "n_per_arm")
        return units, units
    if "n_control" not in inputs:
        return None
    control, treatment = fields(inputs, "n_control", "n_treatment")
    return validation.positive(control, "n_control"), validation.positive(treatment, "n_treatment")


def _ratio(options: Case) -> float:
    return validation.positive(options.get("ratio", 1.0), "ratio")


def _rounded(name: str, units: float, ratio: float) -> dict[str, Any]:
    whole = math.ceil(units - 1e-9)
    return {
        name: units,
        "n_ceil": whole,
        "n_control": whole,
        "n_treatment": math.ceil(ratio * units - 1e-9),
    }


def _rate_effects(baseline: float, pair: tuple[float, float], levels: Levels) -> dict[str, Any]:
    rise = power.mde_rate(baseline, pair, *levels)
    fall = power.mde_rate_fall(baseline, pair, *levels)
    simple = power.mde_rate_simple(baseline, pair, *levels)
    return {
        "mde_abs_exact_up": rise,
        "mde_rel_exact_up": None if rise is None else rise / baseline,
        "mde_abs_exact_down": fall,
        "mde_rel_exact_down": None if fall is None else fall / baseline,
        "mde_abs_simple": simple,
        "mde_rel_simple": simple / baseline,
    }


def _mean_effects(inputs: Case, pair: tuple[float, float], levels: Levels) -> dict[str, Any]:
    alpha, wanted = levels
    mean = validation.finite(inputs.get("mean"), "mean")
    sds = [validation.positive(inputs.get(f"sd_{arm}", inputs.get("sd")), "sd") for arm in ("control", "treatment")]
    k = power.detectable_multiple(alpha, wanted)
    control, treatment = (sd * sd / n for sd, n in zip(sds, pair, strict=True))
    se = math.sqrt(control + treatment)
    return {
        "mde_abs": k * se,
        "mde_rel": k * se / abs(mean) if mean else None,
        "mde_abs_exact_two_sided": power.mde_normal_exact(se, alpha, wanted),
        "power_at_mde": power.power_normal(k * se, se, alpha),
        **{f"mde_cuped_rho_0{tenth}": k * se * math.sqrt(1.0 - (tenth / 10) ** 2) for tenth in range(1, 10)},
        "mde_rel_delta_variance": power.mde_relative(control, treatment, mean, k),
    }
