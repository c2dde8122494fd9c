"""Cases on power, sample size and run time."""

from __future__ import annotations

import math
from typing import Any

from stats import distributions, validation
from stats.conformance.cases import DEFAULT_POWER, Case, fields, level, spread_told, two_sided, variance_of
from stats.conformance.margins import margin_of
from stats.conformance.names import plain
from stats.design import power
from stats.errors import InvalidInputError

ARMS_USUAL = 2
DAYS_A_WEEK = 7
RULE_OF_16 = 16.0
"""Lehr 1992: 16·σ²/δ² units per arm, for .80 power at a two-sided .05."""
Levels = tuple[float, float]
"""(two-sided alpha, power): a one-sided test at alpha plans like a two-sided one at 2·alpha."""


def sizes(inputs: Case, options: Case) -> dict[str, Any]:
    """power: by what is given, units for an effect, the power of units, the smallest effect for units, or days."""
    if "units_per_day" in inputs:
        return _duration(inputs, options)
    return _sizes(inputs, options)


def _sizes(inputs: Case, options: Case) -> dict[str, Any]:
    if any(name in inputs for name in ("margin_abs", "margin_rel", "margin")):
        return _margin(inputs, options)
    if "effect_size" in inputs:
        return _standardised(validation.finite(inputs["effect_size"], "effect_size"), inputs, options)
    if "p1" in inputs:
        return _two_rates(inputs, options, *fields(inputs, "p1", "p2"))
    rate = validation.fraction(inputs["baseline"], "baseline") if "baseline" in inputs else None
    effect = _effect(inputs, rate)
    if effect is not None and (rate is None or spread_told(inputs)):
        return _standardised(effect / _sd(inputs), inputs, options)
    if rate is not None and effect is not None:
        return _two_rates(inputs, options, rate, rate + effect, variance=rate * (1.0 - rate))
    pair = _pair(inputs)
    if pair is None:
        raise InvalidInputError("n_control", "is missing")
    if rate is not None:
        return _rate_effects(rate, pair, _levels(options))
    return _mean_effects(inputs, pair, options)


def _levels(options: Case) -> Levels:
    return level(options) if two_sided(options) else 2.0 * level(options), _power(options)


def _power(options: Case) -> float:
    if "power" not in options and "beta" in options:
        return validation.power(1.0 - validation.finite(options["beta"], "beta"))
    return validation.power(options.get("power", DEFAULT_POWER))


def _effect(inputs: Case, rate: float | None) -> float | None:
    """The difference to find: as such, or as a share of the control's mean or rate."""
    if "delta" in inputs:
        return validation.finite(inputs["delta"], "delta")
    if "effect_relative" not in inputs:
        return None
    share = validation.finite(inputs["effect_relative"], "effect_relative")
    return share * (rate if rate is not None else validation.finite(fields(inputs, "mean")[0], "mean"))


def _sd(inputs: Case) -> float:
    return math.sqrt(validation.positive(variance_of(inputs, 1.0), "sd"))


def _standardised(size: float, inputs: Case, options: Case) -> dict[str, Any]:
    """By an effect in standard deviations: units by the t and the normal distribution, or the power of units."""
    alpha, both = level(options), two_sided(options)
    pair = _pair(inputs)
    if pair is not None:
        se = math.sqrt(1.0 / pair[0] + 1.0 / pair[1])
        exact = power.power_t(abs(size), pair, alpha, two_sided=both)
        normal = _power_z(abs(size), se, alpha, both=both)
        asked = normal if plain(str(options.get("test", "t"))) in {"z", "normal"} else exact
        return {"power": asked, "power_t": exact, "power_z": normal, "df": sum(pair) - 2.0, "ncp": size / se}
    wanted, ratio = _power(options), _ratio(inputs)
    units = power.units_per_arm_t(size, alpha, wanted, two_sided=both, ratio=ratio)
    normal = power.units_per_arm_means(size, 1.0, alpha if both else 2.0 * alpha, wanted) * (1.0 + 1.0 / ratio) / 2.0
    answer = _rounded("n_per_arm_t", units, ratio) | {"n_per_arm": normal, "effect_size": size}
    return answer | _rule_of_16(1.0, size, options) | _adjusted(normal, inputs)


def _power_z(size: float, se: float, alpha: float, *, both: bool) -> float:
    if both:
        return power.power_normal(size, se, alpha)
    return distributions.upper_p(distributions.upper_quantile(alpha) - size / se)


def _rule_of_16(variance: float, effect: float, options: Case) -> dict[str, Any]:
    """16·σ²/δ², as `n_per_arm` too if the options ask for the rule."""
    units = RULE_OF_16 * variance / (effect * effect)
    answer: dict[str, Any] = {"n_per_arm_rule_of_16": units}
    words = " ".join(str(options.get(name, "")) for name in ("rule", "method", "formula", "approximation"))
    if any(word in plain(words) for word in ("16", "lehr", "thumb")):
        whole = math.ceil(units - 1e-9)
        answer |= {"n_per_arm": units, "n_ceil": whole, "n_control": whole, "n_treatment": whole, "n_total": 2 * whole}
    return answer


def _adjusted(units: float, inputs: Case) -> dict[str, Any]:
    """With a covariate of this correlation: (1 − ρ²) times as many."""
    if "rho" not in inputs:
        return {}
    return {"n_per_arm_cuped": units * (1.0 - validation.finite(inputs["rho"], "rho") ** 2)}


def _two_rates(
    inputs: Case, options: Case, first: float, second: float, variance: float | None = None
) -> dict[str, Any]:
    """Two rates; the rule of 16 takes `variance`, else that of the rate between them."""
    alpha, wanted = _levels(options)
    pair = _pair(inputs)
    if pair is not None:
        for name, rate in (("p1", first), ("p2", second)):
            validation.finite(rate, name)
        return {"power": power.power_rates(first, second, pair, alpha)}
    pooled, ratio = options.get("variance", "pooled_null") == "pooled_null", _ratio(inputs)
    units = power.units_per_arm_rates(first, second, alpha, wanted, pooled_null=pooled, ratio=ratio)
    middle = (first + second) / 2.0
    h = 2.0 * math.asin(math.sqrt(second)) - 2.0 * math.asin(math.sqrt(first))
    arcsine = (power.detectable_multiple(alpha, wanted) / h) ** 2 * (1.0 + 1.0 / ratio)
    answer = _rounded("n_per_arm", units, ratio) | {"effect_size_h": h, "n_per_arm_arcsine": arcsine}
    answer |= _rule_of_16(middle * (1.0 - middle) if variance is None else variance, second - first, options)
    return answer | _adjusted(units, inputs)


def _margin(inputs: Case, options: Case) -> dict[str, Any]:
    """Units per arm to show non-inferiority within a margin; `delta` is the true difference, 0 unless told.

    The test has one side at alpha (half of it, if the options say that alpha has two).

    With a relative margin r the contrast is mt − (1 − r)·mc, whose variance is (1 + (1 − r)²)·σ² per arm.
    """
    margin, mean = margin_of(inputs), inputs.get("mean", inputs.get("baseline"))
    rate = validation.fraction(inputs["baseline"], "baseline") if "baseline" in inputs else None
    variance = rate * (1.0 - rate) if rate is not None and not spread_told(inputs) else variance_of(inputs, 1.0)
    true = validation.finite(inputs.get("delta", 0.0), "delta")
    slack, factor = margin.margin, 1.0
    if margin.relative:
        slack, factor = margin.margin * abs(validation.finite(mean, "mean")), 1.0 - margin.margin
    reach = validation.positive(slack + true, "margin")
    pair, ratio = _pair(inputs), _ratio(inputs)
    alpha = level(options) / 2.0 if "sides" in options and two_sided(options) else level(options)
    if pair is not None:
        se = math.sqrt(variance * (factor * factor / pair[0] + 1.0 / pair[1]))
        return {"power": _power_z(reach, se, alpha, both=False)}
    z = distributions.upper_quantile(alpha) + distributions.upper_quantile(1.0 - _power(options))
    return _rounded("n_per_arm", z * z * variance * (factor * factor + 1.0 / ratio) / (reach * reach), ratio)


def _duration(inputs: Case, options: Case) -> dict[str, Any]:
    """Days until all arms have their units at this traffic, of which a share may take part."""
    arms = validation.count(inputs.get("arms", ARMS_USUAL), "arms")
    answer: dict[str, Any] = {}
    if "n_total" in inputs:
        units = validation.positive(inputs["n_total"], "n_total")
    else:
        pair = _pair(inputs)
        if pair is None:
            answer = _sizes(inputs, options)
            pair = float(answer["n_control"]), float(answer["n_treatment"])
        units = pair[0] + (arms - 1) * pair[1]
    share = validation.positive(inputs.get("traffic_share", 1.0), "traffic_share")
    if share > 1.0:
        raise InvalidInputError("traffic_share", "must be at most 1")
    exact = units / (validation.positive(inputs["units_per_day"], "units_per_day") * share)
    days = math.ceil(exact - 1e-9)
    weeks = math.ceil(exact / DAYS_A_WEEK - 1e-9)
    return answer | {
        "n_total": units,
        "days_exact": exact,
        "days": days,
        "weeks": weeks,
        "days_whole_weeks": weeks * DAYS_A_WEEK,
    }


def _pair(inputs: Case) -> tuple[float, float] | None:
    """(control, treatment) units if the case gives them: of both, of one with their ratio, or in total."""
    for name in ("n_per_arm", "n_control", "n"):
        if name not in inputs:
            continue
        control = validation.positive(inputs[name], name)
        if name == "n_control" and "n_treatment" in inputs:
            return control, validation.positive(inputs["n_treatment"], "n_treatment")
        if name == "n_control" and "ratio" not in inputs:
            raise InvalidInputError("n_treatment", "is missing")
        return control, _ratio(inputs) * control
    if "n_total" in inputs:
        total, ratio = validation.positive(inputs["n_total"], "n_total"), _ratio(inputs)
        return total / (1.0 + ratio), ratio * total / (1.0 + ratio)
    return None


def _ratio(inputs: Case) -> float:
    return validation.positive(inputs.get("ratio", 1.0), "ratio")


def _rounded(name: str, units: float, ratio: float) -> dict[str, Any]:
    whole, other = math.ceil(units - 1e-9), math.ceil(ratio * units - 1e-9)
    return {
        name: units,
        "n_ceil": whole,
        "n_control": whole,
        "n_treatment": other,
        "n_total": whole + other,
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


def _mean_effects(inputs: Case, pair: tuple[float, float], options: Case) -> dict[str, Any]:
    """The smallest difference, and by the t distribution the smallest effect in standard deviations."""
    alpha, wanted = _levels(options)
    mean = validation.finite(inputs["mean"], "mean") if "mean" in inputs else None
    sds = [validation.positive(inputs.get(f"sd_{arm}", _sd(inputs)), "sd") for arm in ("control", "treatment")]
    k = power.detectable_multiple(alpha, wanted)
    control, treatment = (sd * sd / n for sd, n in zip(sds, pair, strict=True))
    se = math.sqrt(control + treatment)
    effect_size = power.effect_size_t(pair, level(options), wanted, two_sided=two_sided(options))
    return {
        "mde_abs": k * se,
        "mde_rel": k * se / abs(mean) if mean else None,
        "mde_abs_exact_two_sided": power.mde_normal_exact(se, alpha, wanted),
        "power_at_mde": power.power_normal(k * se, se, alpha),
        **{f"mde_cuped_rho_0{tenth}": k * se * math.sqrt(1.0 - (tenth / 10) ** 2) for tenth in range(1, 10)},
        "mde_rel_delta_variance": None if mean is None else power.mde_relative(control, treatment, mean, k),
        "effect_size": effect_size,
        "mde_abs_t": effect_size * math.sqrt(sum(sd * sd for sd in sds) / 2.0),
    }
