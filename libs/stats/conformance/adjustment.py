"""Cases on covariates, strata, segments, families and the edge contract."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from stats import validation
from stats.analysis.metric import analyse_metric
from stats.analysis.stratification import allocation_changed, heterogeneity, post_stratify
from stats.comparison import bayes
from stats.comparison.contrasts import compare
from stats.conformance import means, rates, sequential
from stats.conformance.cases import (
    Case,
    arm_at,
    by_absolute,
    covariate_summary,
    fields,
    level,
    listed,
    mean_of,
    two_means,
)
from stats.conformance.means import lift_keys
from stats.conformance.names import plain
from stats.errors import InvalidInputError
from stats.judgement import multiplicity
from stats.kinds.ancova import ancova, lin_adjustment, total_pooled_fit
from stats.kinds.binary import BinarySummary
from stats.kinds.covariates import CupedSummary
from stats.kinds.cuped import CupedFit, balance_p, fit_cuped
from stats.kinds.mean import estimate_mean, merge_means
from stats.metrics import AnalysisOptions, MetricSpec
from stats.statuses import Status


def _pair(inputs: Case) -> tuple[CupedSummary, CupedSummary]:
    names = tuple(listed(inputs, "covariates")) if "covariates" in inputs else ()
    treatment, control = (covariate_summary(arm, names) for arm in fields(inputs, "treatment", "control"))
    for name, arm in (("treatment", treatment), ("control", control)):
        if arm.n < 2:
            raise InvalidInputError(f"{name}.n", "must be at least 2")
    return treatment, control


def cuped(inputs: Case, options: Case) -> dict[str, Any]:
    """cuped: one covariate, in the three usual forms beside the unadjusted result."""
    treatment, control = _pair(inputs)
    alpha = level(options)
    plain = compare(estimate_mean(treatment.outcome), estimate_mean(control.outcome), alpha)
    within = fit_cuped({"treatment": treatment, "control": control})
    if not within.applied:
        return {
            "cuped_applied": False,
            "status": Status.CUPED_NOT_APPLIED.value,
            "theta": 0.0,
            "diff": plain.difference,
            "se": plain.se,
            "p_value": plain.p_value,
        }
    total, correlation = total_pooled_fit(treatment, control)
    lin = lin_adjustment(treatment, control)
    return {
        "within_pooled_theta": _fit(within, plain.se, options),
        "total_pooled_theta": _fit(total, plain.se, options),
        "lin_interacted": {
            "theta_control": lin.theta_control[0],
            "theta_treatment": lin.theta_treatment[0],
            "diff": lin.difference,
            "se_residual": lin.se,
            "se_hc2_statsmodels": lin.se,
            "se_hc3_statsmodels": lin.se,
        },
        "unadjusted": {"diff": plain.difference, "se": plain.se, "p_value": plain.p_value},
        "rho_pooled": correlation,
        "covariate_balance_p": balance_p(treatment, control),
        "cuped_applied": True,
    }


def _fit(fit: CupedFit, plain_se: float, options: Case) -> dict[str, Any]:
    alpha, treatment, control = level(options), fit.arms["treatment"], fit.arms["control"]
    contrast = compare(treatment, control, alpha)
    return {
        "theta": fit.theta[0],
        "diff": contrast.difference,
        "se": contrast.se,
        "t": contrast.statistic,
        "df": contrast.df,
        "p_value": contrast.p_value,
        "ci": None if contrast.lower is None else [contrast.lower, contrast.upper],
        "adj_mean_control": control.mean,
        "adj_mean_treatment": treatment.mean,
        "variance_reduction": 1.0 - (contrast.se / plain_se) ** 2 if plain_se else None,
        **lift_keys(treatment, control, alpha, shared=fit.shared_variance, absolute=by_absolute(options)),
    }


def several_covariates(inputs: Case, options: Case) -> dict[str, Any]:
    """cuped_multi: the analysis of covariance on all covariates, and on the first alone."""
    treatment, control = _pair(inputs)
    every, first = ancova(treatment, control), ancova(treatment, control, (0,))
    plain = compare(estimate_mean(treatment.outcome), estimate_mean(control.outcome), level(options))
    squares = treatment.outcome.squares + control.outcome.squares
    pooled = squares / (treatment.n + control.n - 2) * (1.0 / treatment.n + 1.0 / control.n)
    return {
        "diff": every.difference,
        "diff_ancova": every.difference,
        "coef": every.theta,
        "se_homoskedastic": every.se,
        "se_ancova_homoskedastic": every.se,
        "r2": every.r2,
        "diff_x_only": first.difference,
        "se_x_only": first.se,
        "diff_unadjusted": plain.difference,
        "se_unadjusted": math.sqrt(pooled),
        "se_unadjusted_welch": plain.se,
    }


def strata(inputs: Case, options: Case) -> dict[str, Any]:
    """post_stratification."""
    pairs = [two_means(stratum) for stratum in listed(inputs, "strata")]
    result = post_stratify(pairs, level(options))
    merged = [merge_means([mean_of(stratum, arm) for stratum in inputs["strata"]]) for arm in ("treatment", "control")]
    return {
        "diff": result.difference,
        "se_conditional": result.se,
        "p_value": result.p_value,
        "ci": [result.lower, result.upper],
        "weights": result.weights,
        "stratum_diff": result.stratum_differences,
        "unadjusted_diff": merged[0].mean - merged[1].mean,
    }


def segments(inputs: Case, options: Case) -> dict[str, Any]:
    """segments: heterogeneity of effects, or periods of two rates."""
    parts = listed(inputs, "segments" if "segments" in inputs else "periods")
    if "periods" in inputs and isinstance(arm_at(parts[0], "control"), BinarySummary):
        return rates.rate_periods(inputs)
    pairs = [two_means(part) for part in parts]
    result = heterogeneity(pairs, level(options))
    changed = allocation_changed([(treatment.n, control.n) for treatment, control in pairs])
    p_values = [contrast.p_value for contrast in result.contrasts if contrast.p_value is not None]
    return {
        "diff": [contrast.difference for contrast in result.contrasts],
        "se": [contrast.se for contrast in result.contrasts],
        "q": result.q,
        "df": result.df,
        "p_value": result.p_value,
        "i2": result.i2,
        "pooled_fixed": result.pooled,
        "pooled_fixed_se": result.pooled_se,
        "per_segment_p": p_values,
        **{f"per_segment_{method}": multiplicity.adjust(p_values, method) for method in ("holm", "bh")},
        "status": "allocation_changed_stratify_by_period" if changed and "periods" in inputs else "ok",
    }


METHODS_CALLED = {"fdrbh": "bh", "benjaminihochberg": "bh", "fdrby": "by", "benjaminiyekutieli": "by"} | {
    "fdr": "bh",
    "simeshochberg": "hochberg",
    "holmsidak": "holm_sidak",
}


def family(inputs: Case, options: Case) -> dict[str, Any]:
    """multiple_testing: the family are the tests that have a p; one without stays without, and rejects nothing."""
    alpha, p_values = level(options), [_absent_or(p) for p in listed(inputs, "p")]
    tested = [p for p in p_values if p is not None]
    answer: dict[str, Any] = {"n_tests": len(tested)}
    for method in multiplicity.METHODS:
        found = iter(multiplicity.adjust(tested, method))
        adjusted = [None if p is None else next(found) for p in p_values]
        answer[method] = adjusted
        answer[f"reject_{method}"] = [p is not None and p <= alpha for p in adjusted]
    asked = plain(str(options.get("method", "")))
    method = METHODS_CALLED.get(asked, asked)
    if method in multiplicity.METHODS:
        answer |= {"p_adjusted": answer[method], "reject": answer[f"reject_{method}"]}
    return answer


def _absent_or(p: Any) -> Any:
    return None if isinstance(p, float) and math.isnan(p) else p


def normal_normal(inputs: Case, options: Case) -> dict[str, Any]:
    """bayes_normal."""
    prior_mean, prior_sd = options.get("prior_mean", 0.0), options.get("prior_sd")
    if prior_sd is None and options.get("prior_variance") not in (None, "inf"):
        prior_sd = math.sqrt(validation.positive(options["prior_variance"], "prior_variance"))
    estimate, se = fields(inputs, "estimate", "se")
    flat = prior_sd in (None, "inf")
    result = bayes.normal_posterior(estimate, se, prior_mean, None if flat else prior_sd, level(options))
    return {
        "posterior_mean": result.mean,
        "posterior_sd": result.sd,
        "chance_to_win": result.chance_to_win,
        "ci95": [result.lower, result.upper],
        "expected_loss_treatment": result.expected_loss_treatment,
        "expected_loss_control": result.expected_loss_control,
    }


OTHER_SHAPES = {"observed": rates.sample_ratio, "q": means.quantile, "information": sequential.spending}


def edge(inputs: Case, options: Case) -> dict[str, Any]:
    """edge: the contract of statuses, asked of the same function that the analytics service calls.

    `status` is what first stands in the way: of the comparison, then of its lift. Other shapes of input
    (counts against weights, a quantile, information of looks) are asked of functions of their own.
    """
    for shape, answer in OTHER_SHAPES.items():
        if shape in inputs:
            return answer(inputs, options)
    try:
        arms = {name: arm_at(inputs, name) for name in ("control", "treatment")}
    except InvalidInputError as error:
        return {"status": error.status.value, "field": error.field, "reason": error.reason}
    analysis_options = AnalysisOptions(alpha=level(options))
    result = analyse_metric(MetricSpec("edge"), arms, control="control", options=analysis_options)
    one = result.comparisons[0]
    cuped_block = one.cuped
    refused = cuped_block is not None and any(
        arm.lacks_indicator for arm in arms.values() if isinstance(arm, CupedSummary)
    )
    arm_means = {arm.arm: arm.mean for arm in result.arms}
    lift = one.lift.estimate
    if lift is not None and one.lift.denominator != "control_mean" and not by_absolute(options):
        lift = -lift
    status = one.lift.status if one.status in {Status.OK, Status.SMALL_SAMPLE_EXACT_USED} else one.status
    return {
        "status": "invalid_input_or_impute" if refused else status.value,
        "diff": one.difference.estimate,
        "se": one.difference.se,
        "p_value": one.fixed_horizon.test.p_value,
        "log10_p": one.fixed_horizon.test.log10_p,
        "t": one.fixed_horizon.test.statistic,
        "df": one.fixed_horizon.test.df,
        "ci": None if one.difference.lower is None else [one.difference.lower, one.difference.upper],
        "mean_control": arm_means["control"],
        "mean_treatment": arm_means["treatment"],
        "lift": lift,
        "lift_status": one.lift.status.value,
        "lift_type": one.lift.kind.value if one.lift.kind else None,
        "cuped_applied": cuped_block.applied if cuped_block else False,
        "theta": float(np.asarray(cuped_block.theta)[0]) if cuped_block else None,
    }
