"""Cases on power and sample size."""

from __future__ import annotations

import math
from typing import Any

from stats import power
from stats.conformance.reading import Case


def sizes(inputs: Case, options: Case) -> dict[str, Any]:
    """power: by what is given, units for an effect or the smallest effect for units."""
    alpha, wanted = options.get("alpha", 0.05), options.get("power", 0.8)
    if "effect_size" in inputs or "delta" in inputs:
        size = inputs.get("effect_size") or inputs["delta"] / inputs.get("sd", 1.0)
        return _rounded("n_per_arm_t", power.units_per_arm_t(size, alpha, wanted)) | {
            "n_per_arm": power.units_per_arm_means(size, 1.0, alpha, wanted)
        }
    if "p1" in inputs:
        pooled = options.get("variance", "pooled_null") == "pooled_null"
        units = power.units_per_arm_rates(inputs["p1"], inputs["p2"], alpha, wanted, pooled_null=pooled)
        return _rounded("n_per_arm", units)
    pair = (float(inputs["n_control"]), float(inputs["n_treatment"]))
    if "baseline" in inputs:
        return _rate_effects(inputs["baseline"], pair, alpha, wanted)
    return _mean_effects(inputs["mean"], inputs["sd"], pair, (alpha, wanted))


def _rounded(name: str, units: float) -> dict[str, Any]:
    return {name: units, "n_ceil": math.ceil(units - 1e-9)}


def _rate_effects(baseline: float, pair: tuple[float, float], alpha: float, wanted: float) -> dict[str, Any]:
    rise = power.mde_rate(baseline, pair, alpha, wanted)
    simple = power.mde_rate_simple(baseline, pair, alpha, wanted)
    return {
        "mde_abs_exact_up": rise,
        "mde_rel_exact_up": None if rise is None else rise / baseline,
        "mde_abs_simple": simple,
        "mde_rel_simple": simple / baseline,
    }


def _mean_effects(mean: float, sd: float, pair: tuple[float, float], levels: tuple[float, float]) -> dict[str, Any]:
    alpha, wanted = levels
    k = power.detectable_multiple(alpha, wanted)
    control, treatment = sd * sd / pair[0], sd * sd / pair[1]
    se = math.sqrt(control + treatment)
    return {
        "mde_abs": k * se,
        "mde_rel": k * se / abs(mean),
        "mde_abs_exact_two_sided": power.mde_normal_exact(se, alpha, wanted),
        "power_at_mde": power.power_normal(k * se, se, alpha),
        "mde_cuped_rho_07": k * se * math.sqrt(1.0 - 0.7**2),
        "mde_rel_delta_variance": power.mde_relative(control, treatment, mean, k),
    }
