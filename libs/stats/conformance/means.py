"""Cases on means, ratios, lifts, guardrails, quantiles and precision."""

from __future__ import annotations

import math
from typing import Any

from stats import distributions, validation
from stats.analysis.arms import prepare_arm
from stats.comparison.contrasts import compare
from stats.comparison.dunnett import dunnett
from stats.comparison.lift import FiellerSet, SetKind, delta_se, fieller, log_ratio_interval
from stats.comparison.omnibus import welch_anova
from stats.conformance.cases import (
    Case,
    by_absolute,
    fields,
    level,
    listed,
    mean_of,
    summary,
    two_arms,
    two_means,
)
from stats.errors import InvalidInputError
from stats.judgement.guardrails import equivalence, non_inferiority
from stats.kinds.estimates import PRECISION_WARNING, ArmEstimate, PreparedArm
from stats.kinds.mean import MeanSummary, estimate_mean
from stats.kinds.quantile import quantile_ranks
from stats.kinds.ratio import RatioSummary
from stats.kinds.sums import EPSILON
from stats.metrics import Direction, Guardrail
from stats.statuses import Status

NEED_VARIANCE = ("se", "t", "z", "df", "p_value", "p_value_t", "p_value_z", "ci", "ci_t", "ci_z", "lift")


def two_sample(inputs: Case, options: Case) -> dict[str, Any]:
    """mean_welch, lift_fieller and winsorize."""
    arms = [prepare_arm(mean_of(inputs, name)) for name in ("treatment", "control")]
    treatment, control = arms[0].estimate, arms[1].estimate
    if treatment is None or control is None:
        return _not_comparable(*arms)
    alpha = level(options)
    contrast = compare(treatment, control, alpha)
    return {
        "mean_control": control.mean,
        "mean_treatment": treatment.mean,
        "var_control": control.variance * control.n,
        "var_treatment": treatment.variance * treatment.n,
        **_contrast(treatment, control, alpha),
        "t": contrast.statistic,
        "p_greater": contrast.p_greater,
        "p_less": contrast.p_less,
        "ci_z": _around(contrast.difference, distributions.critical(alpha) * contrast.se),
        **lift_keys(treatment, control, alpha, absolute=by_absolute(options)),
    }


def _not_comparable(treatment: PreparedArm, control: PreparedArm) -> dict[str, Any]:
    """What is left when an arm carries no variance: the means and their difference, if there are any."""
    difference = None
    if treatment.mean is not None and control.mean is not None:
        difference = treatment.mean - control.mean
    status = control.problem or treatment.problem or Status.INSUFFICIENT_DATA
    return dict.fromkeys(NEED_VARIANCE) | {
        "status": status.value,
        "mean_control": control.mean,
        "mean_treatment": treatment.mean,
        "ratio_control": control.mean,
        "ratio_treatment": treatment.mean,
        "diff": difference,
    }


def _contrast(treatment: ArmEstimate, control: ArmEstimate, alpha: float) -> dict[str, Any]:
    contrast = compare(treatment, control, alpha)
    interval = None if contrast.lower is None else [contrast.lower, contrast.upper]
    return {
        "status": contrast.status.value,
        "diff": contrast.difference,
        "se": contrast.se,
        "df": contrast.df,
        "p_value": contrast.p_value,
        "log10_p": contrast.log10_p,
        "ci": interval,
    }


def lift_keys(
    treatment: ArmEstimate, control: ArmEstimate, alpha: float, *, shared: float = 0.0, absolute: bool = False
) -> dict[str, Any]:
    """The lift with each interval at the t and at the normal critical value."""
    sign = -1.0 if absolute and control.mean < 0.0 else 1.0
    lift = sign * (treatment.mean / control.mean - 1.0) if control.mean != 0.0 else None
    se = delta_se(treatment, control, shared) if lift is not None else None
    status = Status.UNDEFINED_ZERO_BASELINE if lift is None else Status.OK
    answer: dict[str, Any] = {"lift": lift, "lift_se_delta": se}
    for name, df in (("z", math.inf), ("t", compare(treatment, control, alpha).df)):
        critical = distributions.critical(alpha, df)
        region = fieller(treatment, control, critical, shared)
        answer[f"lift_ci_delta_{name}"] = None if lift is None or se is None else _around(lift, critical * se)
        answer[f"lift_fieller_{name}"] = fieller_keys(region.mirrored() if sign < 0.0 else region)
        answer[f"lift_ci_log_{name}"] = log_ratio_interval(treatment, control, critical)
    if lift is not None and region.kind is not SetKind.INTERVAL:
        status = Status.LIFT_UNBOUNDED
    return answer | {"lift_status": status.value}


def fieller_keys(region: FiellerSet) -> dict[str, Any]:
    """A Fieller set in the vectors' words."""
    return {
        "type": region.kind.value,
        "lower": region.lower,
        "upper": region.upper,
        "excluded": region.excluded,
        "g": region.g,
    }


def many_means(inputs: Case, options: Case) -> dict[str, Any]:
    """mean_karm: Dunnett if a baseline is named, else Welch's analysis of variance."""
    arms = [arm for arm in map(summary, listed(inputs, "arms")) if isinstance(arm, MeanSummary)]
    if len(arms) < max(2, len(inputs["arms"])):
        raise InvalidInputError("arms", "must be two numeric arms or more")
    if any(arm.n < 2 for arm in arms):
        return {"status": Status.INSUFFICIENT_DATA.value, "f": None, "t": None, "p_value": None}
    if "baseline_index" in options:
        baseline = validation.count(options["baseline_index"], "baseline_index", len(arms) - 1)
        test = dunnett([arm for i, arm in enumerate(arms) if i != baseline], arms[baseline])
        if test is None:
            return {"status": Status.ZERO_VARIANCE.value, "t": None, "p_value": None}
        return {"t": test.statistics, "p_value": test.p_values, "df": test.df, "status": "ok"}
    result = welch_anova([estimate_mean(arm) for arm in arms])
    return {
        "f": result.statistic,
        "df_num": result.df,
        "df_den": result.df_denominator,
        "p_value": result.p_value,
        "status": result.status.value,
    }


def ratio(inputs: Case, options: Case) -> dict[str, Any]:
    """ratio."""
    arms = two_arms(inputs)
    if not all(isinstance(arm, RatioSummary) for arm in arms):
        raise InvalidInputError("num_sum", "is missing")
    prepared = [prepare_arm(arm) for arm in arms]
    treatment, control = prepared[0].estimate, prepared[1].estimate
    if treatment is None or control is None:
        return _not_comparable(*prepared)
    alpha = level(options)
    contrast = compare(treatment, control, alpha)
    z = contrast.difference / contrast.se if contrast.se else None
    return {
        "ratio_control": control.mean,
        "ratio_treatment": treatment.mean,
        "var_control": control.variance,
        "var_treatment": treatment.variance,
        **_contrast(treatment, control, alpha),
        "z": z,
        "p_value_z": None if z is None else distributions.two_sided_p(z),
        "p_value_t": contrast.p_value,
        "ci_t": None if contrast.lower is None else [contrast.lower, contrast.upper],
        "ci_z": _around(contrast.difference, distributions.critical(alpha) * contrast.se),
        **lift_keys(treatment, control, alpha, absolute=by_absolute(options)),
    }


def guardrail(inputs: Case, options: Case) -> dict[str, Any]:
    """guardrail: non-inferiority if a direction is named, else equivalence."""
    treatment, control = two_means(inputs)
    alpha = level(options)
    relative = "margin_rel" in options
    margin = Guardrail(fields(options, "margin_rel" if relative else "margin_abs")[0], relative)
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
    direction = Direction.INCREASE if "increase" in str(options["direction"]) else Direction.DECREASE
    test = non_inferiority(treatment, control, margin, direction, alpha)
    if test is None:
        return {"status": Status.ZERO_VARIANCE.value, "t": None, "p_value": None}
    return {
        "t": test.statistic,
        "df": test.df,
        "p_value": test.p_value,
        "bound": test.bound,
        "passes": test.passes,
    }


def quantile(inputs: Case, options: Case) -> dict[str, Any]:
    """quantile: ranks of the distribution-free interval."""
    n, q = fields(inputs, "n", "q")
    ranks = quantile_ranks(n, q, level(options))
    return {
        "rank_lower": ranks.lower,
        "rank_upper": ranks.upper,
        "exact_coverage": ranks.coverage,
        "normal_rank_lower": ranks.normal_lower,
        "normal_rank_upper": ranks.normal_upper,
        "status": ranks.status.value,
        "estimable": ranks.status is Status.OK,
    }


def precision(inputs: Case, _options: Case) -> dict[str, Any]:
    """numerics: what the sums still know about the variance.

    When the sums are whole numbers but their variance drowned in rounding, the least variance that
    whole-number outcomes with this mean can have takes its place in the error bound.
    """
    name = "treatment" if "treatment" in inputs else "control"
    arm = mean_of(inputs, name)
    if arm.n < 2:
        raise InvalidInputError(f"{name}.n", "must be at least 2")
    naive = (arm.sum_sq - arm.sum * arm.sum / arm.n) / (arm.n - 1)
    resolution = EPSILON * arm.sum_sq / (arm.n - 1)
    variance = naive
    if naive <= resolution and arm.sum.is_integer() and arm.sum_sq.is_integer():
        rest = math.fmod(abs(arm.sum), arm.n) / arm.n
        variance = rest * (1.0 - rest) * arm.n / (arm.n - 1)
    bound = resolution / variance if variance > 0.0 else math.inf
    lost = bound > PRECISION_WARNING and not arm.is_constant
    return {
        "naive_float64_variance": naive,
        "true_variance": variance,
        "relative_error_bound": bound,
        "status": Status.PRECISION_LOSS.value if lost else Status.OK.value,
    }


def _around(centre: float, half_width: float) -> list[float]:
    return [centre - half_width, centre + half_width]
