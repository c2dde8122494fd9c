"""What must hold for any data: identities between tests, intervals, merges and roles."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats as reference
from stats import (
    AnalysisOptions,
    BinarySummary,
    Direction,
    Guardrail,
    MeanSummary,
    MetricSpec,
    RatioSummary,
    analyse_metric,
    merge,
)
from stats.analysis.arms import prepare_arm
from stats.comparison.lift import fieller
from stats.distributions import critical
from stats.effects import SetKind
from stats.judgement.multiplicity import METHODS, adjust

rates = st.integers(20, 5_000).flatmap(
    lambda n: st.integers(0, n).map(lambda conversions: BinarySummary(n, conversions))
)
samples = st.lists(st.floats(-1e3, 1e3, allow_nan=False), min_size=2, max_size=30)


def mean_of(values: list[float]) -> MeanSummary:
    return MeanSummary(len(values), math.fsum(values), math.fsum(value * value for value in values))


def varies(*groups: list[float]) -> bool:
    """Enough spread that rounding is not what is tested."""
    return all(np.std(values) > 1e-3 * (1.0 + np.max(np.abs(values))) for values in groups)


@given(samples, samples)
def test_welch_is_scipys(first: list[float], second: list[float]) -> None:
    assume(varies(first, second))
    one = analyse_metric(MetricSpec("m"), {"c": mean_of(first), "t": mean_of(second)}, control="c").comparisons[0]
    expected = reference.ttest_ind(second, first, equal_var=False)
    assert one.fixed_horizon.test.statistic == pytest.approx(float(expected.statistic), rel=1e-6, abs=1e-9)
    assert one.fixed_horizon.test.p_value == pytest.approx(float(expected.pvalue), rel=1e-6, abs=1e-12)


@given(samples, samples, st.sampled_from([0.01, 0.05, 0.2]))
def test_the_lifts_set_excludes_zero_exactly_when_the_mean_test_rejects(
    first: list[float], second: list[float], alpha: float
) -> None:
    assume(varies(first, second))
    arms = {"c": mean_of(first), "t": mean_of(second)}
    one = analyse_metric(MetricSpec("m"), arms, control="c", options=AnalysisOptions(alpha=alpha)).comparisons[0]
    assume(one.lift.kind is not None and one.fixed_horizon.test.p_value is not None)
    assert one.fixed_horizon.test.p_value is not None
    assume(abs(one.fixed_horizon.test.p_value / alpha - 1.0) > 1e-6)
    assert _excludes_zero(one.lift.kind, one.lift.lower, one.lift.upper, one.lift.excluded) is (
        one.fixed_horizon.test.p_value < alpha
    )


@given(rates, rates)
def test_the_lifts_set_excludes_zero_exactly_when_chi_square_rejects(
    control: BinarySummary, treatment: BinarySummary
) -> None:
    one = analyse_metric(MetricSpec("m"), {"c": control, "t": treatment}, control="c").comparisons[0]
    assume(
        one.fixed_horizon.test.method == "pearson_chi_square"
        and one.lift.kind is not None
        and one.fixed_horizon.test.p_value is not None
    )
    assert one.fixed_horizon.test.p_value is not None
    assume(abs(one.fixed_horizon.test.p_value / 0.05 - 1.0) > 1e-6)
    assert _excludes_zero(one.lift.kind, one.lift.lower, one.lift.upper, one.lift.excluded) is (
        one.fixed_horizon.test.p_value < 0.05
    )


def _excludes_zero(
    kind: SetKind | None, lower: float | None, upper: float | None, excluded: tuple[float, float] | None
) -> bool:
    if excluded is not None:
        return excluded[0] < 0.0 < excluded[1]
    if kind is SetKind.ALL_REALS:
        return False
    assert lower is not None
    assert upper is not None
    return not lower <= 0.0 <= upper


@given(rates, rates)
def test_chi_square_is_z_squared_and_scipys(control: BinarySummary, treatment: BinarySummary) -> None:
    one = analyse_metric(MetricSpec("m"), {"c": control, "t": treatment}, control="c").comparisons[0]
    assume(one.fixed_horizon.test.method == "pearson_chi_square")
    table = [[arm.conversions, arm.n - arm.conversions] for arm in (treatment, control)]
    expected = reference.chi2_contingency(np.array(table), correction=False)
    assert one.fixed_horizon.test.statistic == pytest.approx(float(expected.statistic), rel=1e-9, abs=1e-12)
    assert one.fixed_horizon.test.p_value == pytest.approx(float(expected.pvalue), rel=1e-9)


@given(rates, rates)
def test_swapping_arms_swaps_signs(control: BinarySummary, treatment: BinarySummary) -> None:
    arms = {"a": control, "b": treatment}
    one = analyse_metric(MetricSpec("m"), arms, control="a").comparisons[0]
    other = analyse_metric(MetricSpec("m"), arms, control="b").comparisons[0]
    assert one.fixed_horizon.test.p_value == pytest.approx(other.fixed_horizon.test.p_value, rel=1e-12)
    for mine, theirs in (
        (one.difference.estimate, other.difference.estimate),
        (one.difference.lower, other.difference.upper),
        (one.difference.upper, other.difference.lower),
    ):
        assert mine is not None
        assert theirs is not None
        assert mine == pytest.approx(-theirs, abs=1e-12)


@given(samples, samples)
def test_a_ratio_with_denominator_one_is_the_mean(first: list[float], second: list[float]) -> None:
    assume(varies(first, second))
    means = {"c": mean_of(first), "t": mean_of(second)}
    ratios = {arm: RatioSummary(one.n, one.sum, one.sum_sq, one.n, one.n, one.sum) for arm, one in means.items()}
    mean = analyse_metric(MetricSpec("m"), means, control="c").comparisons[0]
    ratio = analyse_metric(MetricSpec("m"), ratios, control="c").comparisons[0]
    assert ratio.fixed_horizon.test.p_value == pytest.approx(mean.fixed_horizon.test.p_value, rel=1e-6, abs=1e-12)
    assert ratio.difference.se == pytest.approx(mean.difference.se, rel=1e-6)


@given(st.lists(samples, min_size=1, max_size=5))
def test_chan_merge_is_the_pooled_sample(groups: list[list[float]]) -> None:
    merged = merge([mean_of(values) for values in groups])
    everything = np.concatenate([np.asarray(values) for values in groups])
    scale = 1.0 + float(np.max(np.abs(everything)))
    assert merged.n == len(everything)
    assert merged.mean == pytest.approx(float(everything.mean()), abs=1e-9 * scale)
    assert merged.squares == pytest.approx(float(((everything - everything.mean()) ** 2).sum()), abs=1e-8 * scale**2)


@given(samples, samples, st.floats(0.1, 100.0), st.floats(-50.0, 50.0))
def test_units_of_measure_change_nothing(first: list[float], second: list[float], scale: float, shift: float) -> None:
    assume(varies(first, second))
    moved = [[scale * value + shift for value in values] for values in (first, second)]
    assume(varies(*moved))
    plain = analyse_metric(MetricSpec("m"), {"c": mean_of(first), "t": mean_of(second)}, control="c")
    other = analyse_metric(MetricSpec("m"), {"c": mean_of(moved[0]), "t": mean_of(moved[1])}, control="c")
    assert other.comparisons[0].fixed_horizon.test.p_value == pytest.approx(
        plain.comparisons[0].fixed_horizon.test.p_value, rel=1e-4, abs=1e-9
    )


@given(samples, samples)
def test_a_centre_changes_nothing(first: list[float], second: list[float]) -> None:
    assume(varies(first, second))
    arms = {"c": mean_of(first), "t": mean_of(second)}
    centred = {
        arm: MeanSummary.from_moments(summary.n, summary.mean, summary.variance) for arm, summary in arms.items()
    }
    plain = analyse_metric(MetricSpec("m"), arms, control="c").comparisons[0]
    other = analyse_metric(MetricSpec("m"), centred, control="c").comparisons[0]
    assert other.fixed_horizon.test.p_value == pytest.approx(plain.fixed_horizon.test.p_value, rel=1e-6, abs=1e-12)
    assert other.difference.estimate == pytest.approx(plain.difference.estimate, rel=1e-9, abs=1e-9)


@given(samples, samples)
def test_fielers_set_holds_the_lifts_that_the_test_keeps(first: list[float], second: list[float]) -> None:
    assume(varies(first, second))
    control, treatment = prepare_arm(mean_of(first)).estimate, prepare_arm(mean_of(second)).estimate
    assert control is not None
    assert treatment is not None
    assume(abs(control.mean) > 1e-3)
    q = critical(0.05)
    region = fieller(treatment, control, q)
    for lift in (-5.0, -1.0, -0.3, 0.0, 0.1, 0.9, 4.0):
        gap = (treatment.mean - (1.0 + lift) * control.mean) ** 2
        allowed = q * q * (treatment.variance + (1.0 + lift) ** 2 * control.variance)
        assume(abs(gap - allowed) > 1e-6 * allowed)
        assert region.contains(lift) is bool(gap <= allowed)


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=12), st.sampled_from(sorted(METHODS)))
def test_adjusting_keeps_order_and_never_lowers_p(p_values: list[float], method: str) -> None:
    adjusted = adjust(p_values, method)
    assert all(after >= before - 1e-12 for before, after in zip(p_values, adjusted, strict=True))
    assert all(0.0 <= p <= 1.0 for p in adjusted)
    ranked = sorted(zip(p_values, adjusted, strict=True))
    assert all(one[1] <= two[1] + 1e-12 for one, two in itertools.pairwise(ranked))


@settings(max_examples=60)
@given(samples, samples)
def test_a_metric_turned_around_gives_the_same_guardrail(first: list[float], second: list[float]) -> None:
    """Less is better for −y exactly when more is better for y."""
    assume(varies(first, second))
    states = []
    for direction, sign in ((Direction.INCREASE, 1.0), (Direction.DECREASE, -1.0)):
        arms = {
            "c": mean_of([sign * value for value in first]),
            "t": mean_of([sign * value for value in second]),
        }
        spec = MetricSpec("m", direction, Guardrail(5.0, relative=False))
        block = analyse_metric(spec, arms, control="c").comparisons[0].guardrail
        assert block is not None
        assert block.p_value is not None
        states.append((block.state, round(block.p_value, 9)))
    assert states[0] == states[1]
