"""Cases on proportions, sample ratios and the beta-binomial."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special
from scipy.stats import barnard_exact, hypergeom

from stats import distributions, validation
from stats.analysis.stratification import allocation_changed, mantel_haenszel
from stats.comparison import bayes, proportion_intervals, proportions
from stats.comparison.fisher import fisher_exact
from stats.comparison.lift import delta_se, log_ratio_interval
from stats.comparison.omnibus import chi_square_omnibus
from stats.conformance.cases import Case, level, listed, summary, tail_asked, two_rates
from stats.conformance.means import half_open
from stats.conformance.paired import is_paired, mcnemar
from stats.errors import InvalidInputError
from stats.judgement import multiplicity
from stats.judgement.multinomial import chi_square_test, exact_p
from stats.judgement.sample_ratio import ALARM_THRESHOLD, check_sample_ratio
from stats.kinds.binary import BinarySummary, estimate_rate
from stats.statuses import Status

BARNARD_UNITS_MAX = 200
NOT_APPLICABLE = "not_applicable"


def two_proportions(inputs: Case, options: Case) -> dict[str, Any]:
    """binary_2x2 and binary_edge; pairs are asked of McNemar's test."""
    if is_paired(inputs, options):
        return mcnemar(inputs, options)
    treatment, control = two_rates(inputs)
    if treatment.n == 0 or control.n == 0:
        absent = ("diff", "chi2", "p_value", "p_value_fisher", "ci_newcombe", "ci_miettinen_nurminen", "lift")
        return dict.fromkeys(absent) | {"status": Status.INSUFFICIENT_DATA.value}
    alpha = level(options)
    test = proportions.compare_rates(treatment, control)
    degenerate = test.chi_square is None
    rates = estimate_rate(treatment), estimate_rate(control)
    critical = distributions.critical(alpha)
    answer: dict[str, Any] = {
        "p_control": control.rate,
        "p_treatment": treatment.rate,
        "diff": treatment.rate - control.rate,
        "df": 1,
        "chi2": 0.0 if degenerate else test.chi_square,
        "z": 0.0 if degenerate else test.z,
        "p_value": 1.0 if test.z is None else distributions.two_sided_p(test.z),
        "p_value_fisher": fisher_exact(treatment, control)[0],
        "status": "degenerate_pooled_variance" if degenerate else "ok",
        "min_expected_cell": test.expected_min,
        "recommended_p": "fisher" if test.exact else "chi2",
        "se_unpooled": proportion_intervals.unpooled_se(treatment, control),
        "ci_wald": proportion_intervals.wald(treatment, control, alpha),
        "ci_newcombe": proportion_intervals.newcombe(treatment, control, alpha),
        "ci_agresti_caffo": proportion_intervals.agresti_caffo(treatment, control, alpha),
        "ci_miettinen_nurminen": proportion_intervals.miettinen_nurminen(treatment, control, alpha),
        "wilson_control": proportion_intervals.wilson(control, alpha),
        "wilson_treatment": proportion_intervals.wilson(treatment, alpha),
        "lift": None,
        "lift_status": "undefined_zero_baseline",
        "lift_ci_log": log_ratio_interval(*rates, critical),
        "lift_ci_delta": None,
        **_other_tests(treatment, control),
        **_one_tail(treatment, control, test.z, options),
    }
    if control.conversions > 0:
        lift, half_width = treatment.rate / control.rate - 1.0, critical * delta_se(*rates)
        answer |= {"lift": lift, "lift_status": "ok", "lift_ci_delta": [lift - half_width, lift + half_width]}
    return answer


def _one_tail(treatment: BinarySummary, control: BinarySummary, z: float | None, options: Case) -> dict[str, Any]:
    """The p-values and half-open Wald interval of a one-sided test, if the options ask for one."""
    tail = tail_asked(options)
    if tail is None:
        return {}
    sign = 1.0 if tail == "larger" else -1.0
    total, hits = treatment.n + control.n, treatment.conversions + control.conversions
    found = hypergeom(total, hits, treatment.n)
    exact = found.sf(treatment.conversions - 1) if tail == "larger" else found.cdf(treatment.conversions)
    reach = distributions.upper_quantile(level(options)) * proportion_intervals.unpooled_se(treatment, control)
    return {
        "p_value": 1.0 if z is None else distributions.upper_p(sign * z),
        "p_value_fisher": min(1.0, float(exact)),
        "ci_wald": half_open(treatment.rate - control.rate, reach, tail),
    }


def _other_tests(treatment: BinarySummary, control: BinarySummary) -> dict[str, Any]:
    """Yates' correction, the likelihood ratio, and for small tables Barnard's unconditional test.

    Barnard's p is that of scipy for a table with one row per arm, as the vectors have it.
    """
    table = np.array(
        [
            [treatment.conversions, treatment.n - treatment.conversions],
            [control.conversions, control.n - control.conversions],
        ],
        dtype=np.float64,
    )
    total = table.sum()
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / total
    if (expected == 0.0).any():
        return {}
    shift = min(0.5, float(np.abs(table - expected).max()))
    yates = float(((np.abs(table - expected) - shift) ** 2 / expected).sum())
    likelihood = 2.0 * float(special.xlogy(table, table / expected).sum())
    answer = {
        "chi2_yates": yates,
        "p_value_yates": float(special.chdtrc(1, yates)),
        "g_stat": likelihood,
        "p_value_g": float(special.chdtrc(1, likelihood)),
    }
    if total <= BARNARD_UNITS_MAX:
        answer["p_value_barnard"] = float(barnard_exact(table.astype(np.int64), pooled=True).pvalue)
    return answer


def many_proportions(inputs: Case, options: Case) -> dict[str, Any]:
    """binary_kxc: over all arms, then each against the baseline."""
    arms = [summary(arm) for arm in listed(inputs, "arms")]
    rates = [arm for arm in arms if isinstance(arm, BinarySummary)]
    if len(rates) < max(2, len(arms)):
        raise InvalidInputError("arms", "must be two binary arms or more")
    if any(arm.n == 0 for arm in rates):
        return {"status": Status.INSUFFICIENT_DATA.value, "chi2": None, "p_value": None, "pairwise_p": None}
    baseline = validation.count(options.get("baseline_index", 0), "baseline_index", len(rates) - 1)
    omnibus = chi_square_omnibus(rates)
    others = [arm for index, arm in enumerate(rates) if index != baseline]
    zs = [proportions.pooled_z(arm, rates[baseline]) for arm in others]
    p_values = [1.0 if z is None else distributions.two_sided_p(z) for z in zs]
    return {
        "chi2": omnibus.statistic,
        "df": omnibus.df,
        "p_value": omnibus.p_value,
        "pairwise_p": p_values,
        **{f"pairwise_{method}": multiplicity.adjust(p_values, method) for method in multiplicity.METHODS},
    }


def sample_ratio(inputs: Case, options: Case) -> dict[str, Any]:
    """srm: the answer of one look; with one arm that should have units there is no ratio to test."""
    counts = {f"arm {index}": count for index, count in enumerate(listed(inputs, "observed"))}
    weights = {f"arm {index}": weight for index, weight in enumerate(listed(inputs, "weights"))}
    if len(counts) != len(weights):
        raise InvalidInputError("weights", f"must have {len(counts)} entries, got {len(weights)}")
    if sum(validation.non_negative(weight, "weights") > 0.0 for weight in weights.values()) == 1:
        for arm, count in counts.items():
            validation.count(count, f"counts.{arm}")
        absent = ("chi2", "df", "p_value", "p_value_chi2", "p_value_exact", "log10_p", "srm", "max_abs_deviation")
        return dict.fromkeys(absent) | {"status": NOT_APPLICABLE, "method": "none"}
    result = check_sample_ratio(counts, weights, options.get("threshold", ALARM_THRESHOLD))
    if result.method == "none":
        return {"status": result.status.value, "chi2": None, "p_value": None, "p_value_exact": None, "srm": None}
    statistic, df, p_chi_square, log10_p = chi_square_test(result.observed, result.expected_share)
    alarm = result.p_value is not None and result.p_value < result.threshold
    status = Status.SRM_BLOCKS_DECISION if alarm and result.status is Status.OK else result.status
    return {
        "chi2": statistic,
        "df": df,
        "p_value": p_chi_square,
        "p_value_chi2": p_chi_square,
        "log10_p": log10_p,
        "p_value_exact": exact_p(result.observed, result.expected_share),
        "method": result.method,
        "srm": alarm,
        "observed_share": result.observed_share,
        "max_abs_deviation": result.max_abs_deviation,
        "status": status.value,
    }


def beta_binomial(inputs: Case, options: Case) -> dict[str, Any]:
    """bayes_beta."""
    treatment, control = two_rates(inputs)
    a, b = validation.finite_vector(options.get("prior", [1.0, 1.0]), "prior", 2)
    result = bayes.compare_betas(treatment, control, (a, b), level(options))
    return {
        "chance_to_win": result.chance_to_win,
        "posterior_mean_control": result.control.mean,
        "posterior_mean_treatment": result.treatment.mean,
        "expected_loss_choose_treatment": result.expected_loss_treatment,
        "expected_loss_choose_control": result.expected_loss_control,
        "credible_control": [result.control.lower, result.control.upper],
        "credible_treatment": [result.treatment.lower, result.treatment.upper],
    }


def rate_periods(inputs: Case) -> dict[str, Any]:
    """segments given as periods of two rates."""
    pairs = [two_rates(period) for period in listed(inputs, "periods")]
    if any(arm.n == 0 for pair in pairs for arm in pair):
        return {"status": Status.INSUFFICIENT_DATA.value, "pooled_diff": None, "cmh_stat": None, "cmh_p": None}
    pooled_t = sum(t.conversions for t, _ in pairs) / sum(t.n for t, _ in pairs)
    pooled_c = sum(c.conversions for _, c in pairs) / sum(c.n for _, c in pairs)
    result = mantel_haenszel(pairs)
    changed = allocation_changed([(t.n, c.n) for t, c in pairs])
    return {
        "pooled_diff": pooled_t - pooled_c,
        "period_diff": [t.rate - c.rate for t, c in pairs],
        "cmh_stat": result.statistic,
        "cmh_p": result.p_value,
        "mh_odds_ratio": result.odds_ratio,
        "mh_risk_ratio": result.risk_ratio,
        "mh_risk_difference": result.risk_difference,
        "status": "allocation_changed_stratify_by_period" if changed else "ok",
    }
