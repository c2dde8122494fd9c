"""Cases on means of several arms."""

from __future__ import annotations

from typing import Any

from stats import validation
from stats.comparison.contrasts import compare
from stats.comparison.dunnett import dunnett
from stats.comparison.omnibus import Omnibus, classical_anova, welch_anova
from stats.conformance.cases import Case, level, listed, summary, variances_equal
from stats.errors import InvalidInputError
from stats.judgement import multiplicity
from stats.kinds.mean import MeanSummary, estimate_mean
from stats.statuses import Status


def many_means(inputs: Case, options: Case) -> dict[str, Any]:
    """mean_karm: Dunnett if a baseline is named, else Welch's and the classical analysis of variance.

    Without a suffix stands Welch's, unless the options ask for equal variances.
    """
    arms = [arm for arm in map(summary, listed(inputs, "arms")) if isinstance(arm, MeanSummary)]
    if len(arms) < max(2, len(inputs["arms"])):
        raise InvalidInputError("arms", "must be two numeric arms or more")
    if any(arm.n < 2 for arm in arms):
        return {"status": Status.INSUFFICIENT_DATA.value, "f": None, "t": None, "p_value": None}
    if "baseline_index" in options:
        return _many_to_one(arms, validation.count(options["baseline_index"], "baseline_index", len(arms) - 1), options)
    welch, classical = _told(welch_anova([estimate_mean(arm) for arm in arms])), _told(classical_anova(arms))
    asked = classical if variances_equal(options) else welch
    named = {"welch": welch, "classical": classical}
    suffixed = {f"{key}_{name}": value for name, one in named.items() for key, value in one.items()}
    return {**asked, **suffixed, **named}


def _told(result: Omnibus) -> dict[str, Any]:
    return {
        "f": result.statistic,
        "df_num": result.df,
        "df_den": result.df_denominator,
        "p_value": result.p_value,
        "status": result.status.value,
    }


def _many_to_one(arms: list[MeanSummary], baseline: int, options: Case) -> dict[str, Any]:
    """Dunnett, and Welch's test of each pair with Holm's correction beside it."""
    others = [arm for index, arm in enumerate(arms) if index != baseline]
    test = dunnett(others, arms[baseline])
    if test is None:
        return {"status": Status.ZERO_VARIANCE.value, "t": None, "p_value": None}
    control, alpha = estimate_mean(arms[baseline]), level(options)
    pairs = [compare(estimate_mean(arm), control, alpha).p_value for arm in others]
    answer = {"t": test.statistics, "p_value": test.p_values, "df": test.df, "status": "ok", "pairwise_p": pairs}
    known = [p for p in pairs if p is not None]
    if len(known) == len(pairs):
        answer |= {f"pairwise_{method}": multiplicity.adjust(known, method) for method in multiplicity.METHODS}
    return answer
