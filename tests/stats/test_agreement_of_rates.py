"""Of two rates, p and both intervals never contradict each other: in any table, any mode, at any level."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy import stats as reference
from stats import AnalysisOptions, BinarySummary, Comparison, MetricSpec, Mode, analyse_metric
from stats.comparison.proportion_intervals import miettinen_nurminen, newcombe, score_difference

OPTIONS = {
    "fixed": AnalysisOptions(),
    "strict": AnalysisOptions(alpha=0.001),
    "always_valid": AnalysisOptions(mode=Mode.ALWAYS_VALID, planned_units=40),
    "group": AnalysisOptions(mode=Mode.GROUP, planned_units=60, looks_planned=3, takes_look=True),
}


def compared(treatment: BinarySummary, control: BinarySummary, options: AnalysisOptions) -> Comparison:
    return analyse_metric(
        MetricSpec("signup"), {"c": control, "t": treatment}, control="c", options=options
    ).comparisons[0]


def excludes(lower: float | None, upper: float | None) -> bool:
    return (lower is not None and lower > 0.0) or (upper is not None and upper < 0.0)


@pytest.mark.parametrize("mode", list(OPTIONS))
@pytest.mark.parametrize(("nt", "nc"), [(6, 6), (16, 16), (5, 40), (60, 7)])
def test_intervals_exclude_0_exactly_when_the_test_rejects(nt: int, nc: int, mode: str) -> None:
    for converted, baseline in product(range(nt + 1), range(nc + 1)):
        one = compared(BinarySummary(nt, converted), BinarySummary(nc, baseline), OPTIONS[mode])
        if one.p_value is None:
            continue
        rejects = one.p_value < one.alpha
        assert excludes(one.difference.lower, one.difference.upper) == rejects, (converted, baseline, one)
        if one.lift.lower is not None:
            assert excludes(one.lift.lower, one.lift.upper) == rejects, (converted, baseline, one)


def test_it_holds_at_the_border_of_large_samples_too() -> None:
    """Newcombe's interval and chi-square disagree by the width of a hair there."""
    told = set()
    for converted in range(5_230, 5_330):
        one = compared(BinarySummary(100_000, converted), BinarySummary(30_000, 1_500), OPTIONS["fixed"])
        assert one.p_value is not None
        assert excludes(one.difference.lower, one.difference.upper) == (one.p_value < 0.05)
        told.add(one.p_value < 0.05)
    assert told == {True, False}


def test_fisher_decides_where_newcombe_would_contradict_it() -> None:
    """5 of 5 against 3 of 8: Fisher's p is .075, and Newcombe's interval is above 0."""
    treatment, control = BinarySummary(5, 5), BinarySummary(8, 3)
    one = compared(treatment, control, OPTIONS["fixed"])
    assert one.p_value == pytest.approx(float(reference.fisher_exact(np.array([[5, 0], [3, 5]])).pvalue), rel=1e-12)
    assert newcombe(treatment, control, 0.05)[0] > 0.0
    assert one.difference.interval_method == "score"
    assert one.difference.lower is not None
    assert one.difference.lower < 0.0


def test_newcombes_interval_stays_where_it_agrees() -> None:
    treatment, control = BinarySummary(10, 9), BinarySummary(10, 3)
    one = compared(treatment, control, OPTIONS["fixed"])
    assert one.difference.interval_method == "newcombe"
    assert (one.difference.lower, one.difference.upper) == newcombe(treatment, control, 0.05)


def test_the_score_interval_is_mees() -> None:
    """His bound is where the statistic meets the critical value; with N/(N − 1) it is Miettinen and Nurminen's."""
    treatment, control = BinarySummary(70, 56), BinarySummary(80, 48)
    lower, upper = score_difference(treatment, control, 1.959963984540054)
    wider = miettinen_nurminen(treatment, control, 0.05)
    assert wider[0] < lower < upper < wider[1]
    pooled = 104 / 150
    z = (0.8 - 0.6) / (pooled * (1.0 - pooled) * (1 / 70 + 1 / 80)) ** 0.5
    at_null = score_difference(treatment, control, z)
    assert at_null[0] == pytest.approx(0.0, abs=1e-9)


def test_the_interval_covers_as_often_as_newcombes() -> None:
    """Over a grid of true rates, computed over all tables."""
    nt, nc = 20, 12
    rates = np.linspace(0.02, 0.98, 25)
    weight_t = np.asarray(reference.binom.pmf(np.arange(nt + 1)[:, None], nt, rates))
    weight_c = np.asarray(reference.binom.pmf(np.arange(nc + 1)[:, None], nc, rates))
    bounds = np.empty((2, 2, nt + 1, nc + 1))
    for converted, baseline in product(range(nt + 1), range(nc + 1)):
        arms = BinarySummary(nt, converted), BinarySummary(nc, baseline)
        one = compared(*arms, OPTIONS["fixed"]).difference
        bounds[:, 0, converted, baseline] = one.lower, one.upper
        bounds[:, 1, converted, baseline] = newcombe(*arms, 0.05)
    coverage = np.empty((2, 25, 25))
    for (i, pt), (j, pc) in product(enumerate(rates), enumerate(rates)):
        holds = (bounds[0] <= pt - pc + 1e-12) & (bounds[1] >= pt - pc - 1e-12)
        coverage[:, i, j] = (holds * np.outer(weight_t[:, i], weight_c[:, j])).sum(axis=(1, 2))
    assert coverage[0].mean() >= coverage[1].mean() - 1e-12
    assert coverage[0].min() >= coverage[1].min() - 1e-12
    assert coverage[0].mean() > 0.95
