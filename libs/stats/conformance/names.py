"""What other engines and textbooks call the fields and figures of a case, and the lookup that understands them.

The names are those of rpact, gsDesign, scipy, statsmodels, R and its pwr, and the usual ones of A/B testing. How a
name is spelt doesn't matter: `deltaWT`, `delta_wt` and `delta.WT` are one. A field may stand among the inputs or the
options.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

FIELDS: dict[str, tuple[str, ...]] = {
    "alpha": ("sig_level", "significance_level", "significance"),
    "power": ("target_power", "desired_power"),
    "sides": ("sided", "tails", "n_sides"),
    "information": ("information_rates", "information_fractions", "information_fraction", "timing", "info_frac", "t"),
    "looks": ("k_max", "k", "n_looks", "planned_looks"),
    "type": ("type_of_design", "design", "spending", "spending_function", "sfu", "boundary"),
    "deltaWT": ("wang_tsiatis_delta", "delta", "shape"),
    "userAlphaSpending": ("user_spending", "alpha_spent", "cumulative_alpha", "alpha_spending", "user_alpha"),
    "gammaA": ("gamma", "rho", "exponent", "sfupar", "phi", "nu"),
    "typeBetaSpending": ("beta_spending", "beta_spending_function", "sfl"),
    "gammaB": ("sflpar",),
    "deltaPT1": ("delta_pt_1", "delta1"),
    "deltaPT0": ("delta_pt_0", "delta0"),
    "constantBoundsHP": ("haybittle_peto_bound", "early_bound"),
    "futilityBounds": ("futility_bound", "lower_bounds"),
    "bindingFutility": ("binding",),
    "estimate": ("diff", "difference", "effect", "point_estimate", "mean_difference", "theta_hat", "lift", "delta"),
    "se": ("std_err", "std_error", "stderr", "standard_error"),
    "tau2": ("tau_squared", "tau_sq", "mixing_variance"),
    "z": ("z_value", "z_statistic", "statistic"),
    "stop_look": ("stage", "stopped_at", "look"),
    "p": ("p_values", "pvals", "p_value", "raw_p", "p_raw"),
    "observed": ("counts", "f_obs", "observed_counts"),
    "weights": ("expected_weights", "expected_shares", "ratios", "shares", "probabilities", "f_exp", "expected"),
    "effect_size": ("d", "cohen_d", "cohens_d", "standardized_effect", "standardised_effect"),
    "delta": ("mde_abs", "mde_absolute", "absolute_effect", "effect_absolute", "difference", "diff", "mde"),
    "effect_relative": ("mde_rel", "mde_relative", "relative_effect", "relative_mde", "lift", "uplift"),
    "sd": ("sigma", "std", "stdev", "st_dev", "std_dev", "standard_deviation"),
    "sigma2": ("sigma_sq", "sigma_squared", "var", "variance_per_unit"),
    "p1": ("prop1", "rate1"),
    "p2": ("prop2", "rate2"),
    "baseline": ("baseline_rate", "base_rate", "conversion_rate"),
    "n_per_arm": ("n_per_group", "n_per_variant", "n_per_variation", "units_per_arm"),
    "n_control": ("nobs1", "n1", "n_c"),
    "n_treatment": ("nobs2", "n2", "n_t"),
    "n_total": ("total_n", "total_units", "total_sample_size", "sample_size", "units_total", "units_needed"),
    "ratio": ("allocation_ratio", "allocation_ratio_planned"),
    "units_per_day": (
        *("daily_units", "daily_users", "daily_visitors", "daily_traffic", "users_per_day"),
        *("visitors_per_day", "traffic_per_day", "daily_n", "n_per_day", "traffic"),
    ),
    "traffic_share": ("exposure", "traffic_allocation", "traffic_fraction", "share_of_traffic"),
    "margin_abs": ("absolute_margin", "margin_absolute"),
    "margin_rel": ("relative_margin", "margin_relative"),
    "margin": ("ni_margin", "non_inferiority_margin"),
    "margin_kind": ("margin_type",),
    "prior_sd": ("prior_std", "prior_sigma"),
    "prior_mean": ("prior_mu",),
    "baseline_index": ("control_index", "reference_index"),
    "equal_var": ("var_equal", "equal_variance", "equal_variances"),
    "use_var": ("usevar",),
    "n": ("nobs", "units", "users", "size"),
    "conversions": ("successes", "converted"),
    "sum": ("total",),
    "sum_sq": ("sumsq", "sum_squares", "sum_of_squares"),
    "arms": ("groups", "variants", "n_arms"),
}
"""By the name that the vectors use, further ones; a name is only looked for where its field has a meaning."""

FIGURES: dict[str, tuple[str, ...]] = {
    "z_bounds": ("critical_values", "bounds", "upper_bounds", "z"),
    "stage_levels": ("nominal_levels",),
    "futility_bounds": ("futility",),
    "cumulative_beta": ("beta_spent", "cumulative_beta_spent"),
    "cumulative_alpha": ("alpha_spent", "cumulative_alpha_spent"),
    "constant": ("c", "critical_constant"),
    "total_alpha": ("alpha_total", "type_i_error", "overall_alpha"),
    "p_value": ("pvalue", "p_val", "p"),
    "ci": ("confidence_interval", "conf_int", "ci95"),
    "df": ("dof", "degrees_of_freedom"),
    "se": ("std_err", "stderr", "standard_error"),
    "halfwidth": ("half_width",),
    "t": ("t_stat", "t_statistic", "statistic"),
    "f": ("f_stat", "f_statistic", "statistic"),
    "f_classical": ("f_anova", "f_equal_var", "f_oneway", "f_standard"),
    "p_value_classical": ("p_value_anova", "p_classical", "p_anova", "p_value_equal_var", "p_value_oneway", "p_oneway"),
    "df_den_classical": ("df_den_anova", "df_den_equal_var", "df_within"),
    "df_num_classical": ("df_num_anova", "df_num_equal_var", "df_between"),
    "p_value_welch": ("p_welch",),
    "chi2": ("statistic", "chi_square", "chisq", "mcnemar"),
    "chi2_corrected": ("statistic_corrected",),
    "p_value_exact": ("p_exact", "exact_p"),
    "bh": ("fdr_bh", "benjamini_hochberg"),
    "by": ("fdr_by", "benjamini_yekutieli"),
    "hochberg": ("simes_hochberg",),
    "reject_bh": ("reject_fdr_bh",),
    "reject_by": ("reject_fdr_by",),
    "reject_hochberg": ("reject_simes_hochberg",),
    "p_adjusted": ("adjusted_p", "p_corrected", "pvals_corrected"),
    "n_per_arm_rule_of_16": (
        *("n_per_arm_16", "n_per_arm_rule16", "n_per_arm_rule_of_thumb", "n_per_arm_lehr", "n_per_arm_approx"),
        *("n_rule16", "n_rule_of_16", "n_rule_of_thumb", "n_lehr", "n_16", "rule_of_16", "rule_of_thumb", "lehr"),
        *("n_per_arm_simple", "n_simple", "n_approx"),
    ),
    "n_per_arm": ("n", "n_exact", "n_per_group", "n_per_variant", "n_per_arm_z", "n_per_arm_normal", "n_per_arm_exact"),
    "n_per_arm_t": ("nobs1", "n"),
    "n_ceil": ("n_per_arm_ceil", "n_rounded"),
    "n_total": ("total_n", "units_total"),
    "power": ("power_t", "achieved_power"),
    "power_z": ("power_normal",),
    "days": ("duration", "duration_days", "days_needed", "run_time_days", "n_days", "run_days", "days_ceil"),
    "days_exact": ("duration_exact", "duration_days_exact"),
    "weeks": ("duration_weeks", "whole_weeks"),
    "stagewise_p_two_sided": ("stagewise_p", "p_value"),
    "theta_ci95": ("ci", "theta_ci"),
    "repeated_ci_theta": ("repeated_ci",),
    "theta_median_unbiased": ("median_unbiased",),
    "bound": ("confidence_bound", "lower_bound", "upper_bound"),
    "passes": ("non_inferior", "equivalent"),
    "i2": ("i_squared",),
    "inflation": ("inflation_factor",),
    "expected_sample_fraction_of_fixed": ("average_sample_number_1", "average_sample_number1", "asn_h1"),
}
"""By the name of a figure that is computed, further ones under which a case may expect it."""


def plain(name: str) -> str:
    """A name without case, underscores, dots, dashes and blanks."""
    return "".join(letter for letter in name.lower() if letter.isalnum())


_FIELDS = {plain(name): tuple(plain(other) for other in others) for name, others in FIELDS.items()}
_FIGURES: dict[str, list[str]] = {}
for _name, _others in FIGURES.items():
    for _other in _others:
        _FIGURES.setdefault(plain(_other), []).append(_name)


class Named(Mapping[str, Any]):
    """Fields by any of their names; one that isn't there is looked for in `other`."""

    def __init__(self, given: Mapping[str, Any], other: Mapping[str, Any] | None = None) -> None:
        self._given = given
        self._by_plain = {plain(str(name)): value for name, value in {**(other or {}), **given}.items()}

    def __getitem__(self, name: str) -> Any:
        asked = plain(name)
        for one in (asked, *_FIELDS.get(asked, ())):
            if one in self._by_plain:
                return self._by_plain[one]
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        asked = plain(str(name))
        return any(one in self._by_plain for one in (asked, *_FIELDS.get(asked, ())))

    def __iter__(self) -> Iterator[str]:
        return iter(self._given)

    def __len__(self) -> int:
        return len(self._given)


def figure_called(name: str, computed: Mapping[str, Any]) -> str | None:
    """The computed figure that a case means by this name, None if there is none."""
    if name in computed:
        return name
    asked = plain(name)
    for one in computed:
        if plain(one) == asked:
            return one
    return next((one for one in _FIGURES.get(asked, ()) if one in computed), None)
