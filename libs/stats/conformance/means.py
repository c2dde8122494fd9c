"""Cases on means, ratios, lifts, quantiles and precision."""

from __future__ import annotations

import math
from typing import Any

from stats import distributions
from stats.analysis.arms import prepare_arm
from stats.comparison.contrasts import Contrast, compare
from stats.comparison.lift import FiellerSet, delta_se, fieller, log_ratio_interval
from stats.conformance.cases import (
    Case,
    by_absolute,
    fields,
    level,
    mean_of,
    tail_asked,
    two_arms,
    variances_equal,
)
from stats.effects import SetKind
from stats.errors import InvalidInputError
from stats.kinds.estimates import PRECISION_WARNING, ArmEstimate, PreparedArm
from stats.kinds.mean import MeanSummary
from stats.kinds.quantile import quantile_ranks
from stats.kinds.ratio import RatioSummary
from stats.kinds.sums import EPSILON
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
        **_one_tail(contrast, options),
        **_student(mean_of(inputs, "treatment"), mean_of(inputs, "control"), options),
        **lift_keys(treatment, control, alpha, absolute=by_absolute(options)),
    }


def _one_tail(contrast: Contrast, options: Case) -> dict[str, Any]:
    """The p and the half-open interval of a one-sided test, if the options ask for one."""
    tail = tail_asked(options)
    if tail is None or contrast.statistic is None:
        return {}
    reach = distributions.upper_quantile(contrast.alpha, contrast.df) * contrast.se
    return {
        "p_value": contrast.p_greater if tail == "larger" else contrast.p_less,
        "log10_p": None,
        "ci": half_open(contrast.difference, reach, tail),
    }


def half_open(centre: float, reach: float, tail: str) -> list[float]:
    """Everything above the lower bound if the test is for `larger`, else everything below the upper one."""
    return [centre - reach, math.inf] if tail == "larger" else [-math.inf, centre + reach]


def _student(treatment: MeanSummary, control: MeanSummary, options: Case) -> dict[str, Any]:
    """Student's test with the pooled variance beside Welch's; in its place if the options ask for equal variances."""
    alpha, tail, df = level(options), tail_asked(options), treatment.n + control.n - 2.0
    pooled = (treatment.squares + control.squares) / df
    if pooled == 0.0:
        return {}
    se = math.sqrt(pooled * (1.0 / treatment.n + 1.0 / control.n))
    difference = treatment.mean - control.mean
    t = difference / se
    two, reach = distributions.two_sided_p(t, df), distributions.critical(alpha, df) * se
    one = distributions.upper_p(t if tail == "larger" else -t, df)
    found = {
        "t": t,
        "df": df,
        "se": se,
        "p_value": two if tail is None else one,
        "ci": _around(difference, reach)
        if tail is None
        else half_open(difference, distributions.upper_quantile(alpha, df) * se, tail),
    }
    beside = {f"{name}_pooled": value for name, value in found.items()}
    return beside | found if variances_equal(options) else beside


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
    """A Fieller set in the vectors' words; the whole line reaches from −∞ to ∞."""
    whole = region.kind is SetKind.ALL_REALS
    return {
        "type": region.kind.value,
        "lower": -math.inf if whole else region.lower,
        "upper": math.inf if whole else region.upper,
        "excluded": region.excluded,
        "g": region.g,
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
        **_one_tail(contrast, options),
        **lift_keys(treatment, control, alpha, absolute=by_absolute(options)),
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
