"""A programme's figures against plain computations, and against the truth in simulated programmes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats as scipy_stats
from stats import (
    AnalysisOptions,
    BinarySummary,
    InvalidInputError,
    MeanSummary,
    MeasuredEffect,
    MetricSpec,
    Status,
    analyse_metric,
    assess_programme,
    measured_lift,
)
from stats.programme.winners import EFFECTS_MAX


def drawn(seed: int, size: int = 30, spread: float = 0.02) -> tuple[np.ndarray, list[MeasuredEffect]]:
    """True effects and their measurements; one wins if its z is above 1.96."""
    random = np.random.default_rng(seed)
    truth, errors = random.normal(0.005, spread, size), random.uniform(0.01, 0.03, size)
    measured = truth + random.normal(size=size) * errors
    found = zip(measured, errors, strict=True)
    effects = [MeasuredEffect(f"e{i}", float(y), float(s), bool(y > 1.96 * s)) for i, (y, s) in enumerate(found)]
    return truth, effects


def test_mean_and_spread_are_dersimonian_and_lairds() -> None:
    _, effects = drawn(1, spread=0.04)
    y, s = np.array([each.estimate for each in effects]), np.array([each.se for each in effects])
    fixed = 1 / s**2
    q = (fixed * (y - np.average(y, weights=fixed)) ** 2).sum()
    tau2 = max(0.0, (q - (len(y) - 1)) / (fixed.sum() - (fixed**2).sum() / fixed.sum()))
    weights = 1 / (s**2 + tau2)
    mean, variance = np.average(y, weights=weights), 1 / weights.sum()

    found = assess_programme(effects)

    assert found.status is Status.OK
    assert tau2 > 0
    assert found.heterogeneity == pytest.approx(q, rel=1e-9)
    assert found.spread == pytest.approx(math.sqrt(tau2), rel=1e-9)
    assert found.mean == pytest.approx(mean, rel=1e-9)
    assert found.mean_se == pytest.approx(math.sqrt(variance), rel=1e-9)
    pull = s**2 / (s**2 + tau2)
    expected = y - pull * (y - mean)
    typical = np.average(s**2, weights=weights)
    doubt = 2 / (len(y) - 3) * pull**2 * (typical + tau2) / (s**2 + tau2)
    se = np.sqrt((1 - pull) * s**2 + pull**2 * variance + doubt * (y - mean) ** 2)
    assert [each.estimate for each in found.effects] == pytest.approx(list(expected), rel=1e-9)
    assert [each.se for each in found.effects] == pytest.approx(list(se), rel=1e-9)
    assert [each.upper for each in found.effects] == pytest.approx(list(expected + 1.959963984540054 * se), rel=1e-9)
    winners = np.array([each.won for each in effects])
    assert found.inflation is not None
    assert found.inflation.measured == pytest.approx(y[winners].mean(), rel=1e-9)
    assert found.inflation.expected == pytest.approx(expected[winners].mean(), rel=1e-9)
    assert found.inflation.excess == pytest.approx((y - expected)[winners].mean(), rel=1e-9)
    wilson = scipy_stats.binomtest(int(winners.sum()), len(y)).proportion_ci(method="wilson")
    assert found.win_rate == winners.mean()
    assert (found.win_rate_lower, found.win_rate_upper) == pytest.approx((wilson.low, wilson.high), rel=1e-9)


def test_winners_are_overstated_by_what_is_told() -> None:
    """Over many programmes: measured winners are too large, expected ones are right, and intervals hold the truth."""
    measured, expected, true, covered = [], [], [], []
    for seed in range(300):
        truth, effects = drawn(1000 + seed)
        found = assess_programme(effects)
        for index, effect in enumerate(effects):
            shrunken = found.effects[index]
            covered.append(shrunken.lower <= truth[index] <= shrunken.upper)
            if effect.won:
                measured.append(effect.estimate)
                expected.append(shrunken.estimate)
                true.append(truth[index])
    excess = np.mean(measured) - np.mean(true)

    assert excess > 0.008
    assert abs(np.mean(expected) - np.mean(true)) < 0.15 * excess
    assert np.mean(covered) == pytest.approx(0.95, abs=0.02)


def test_where_nothing_differs_every_effect_is_the_mean() -> None:
    found = assess_programme([MeasuredEffect(str(each), 0.01, 0.1) for each in range(5)])

    assert found.spread == 0.0
    assert [each.estimate for each in found.effects] == [pytest.approx(0.01)] * 5
    assert found.inflation is None
    assert found.win_rate == 0.0


def test_two_effects_tell_no_spread_and_none_no_rate() -> None:
    two = assess_programme([MeasuredEffect("a", 0.1, 0.1, won=True), MeasuredEffect("b", 0.2, 0.1)])
    none = assess_programme([])

    assert (two.status, two.win_rate, two.mean, two.effects) == (Status.INSUFFICIENT_DATA, 0.5, None, ())
    assert (none.status, none.win_rate, none.measured) == (Status.INSUFFICIENT_DATA, None, 0)


@pytest.mark.parametrize(("estimate", "se"), [(math.nan, 1.0), (0.0, 0.0), (0.0, math.inf)])
def test_what_is_no_measurement_is_refused(estimate: float, se: float) -> None:
    with pytest.raises(InvalidInputError):
        MeasuredEffect("a", estimate, se)


def test_too_many_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="effects"):
        assess_programme([MeasuredEffect("a", 0.0, 1.0)] * (EFFECTS_MAX + 1))


def test_a_measured_lift_has_the_delta_methods_error() -> None:
    rates = {"off": BinarySummary(1000, 100), "on": BinarySummary(900, 110)}
    means = {"off": MeanSummary(50, 500.0, 6000.0), "on": MeanSummary(60, 630.0, 8000.0)}
    for arms in (rates, means):
        comparison = analyse_metric(
            MetricSpec("m"), arms, control="off", options=AnalysisOptions(alpha=0.1)
        ).comparisons[0]
        (mc, vc), (mt, vt) = (_mean(arms[each]) for each in ("off", "on"))

        found = measured_lift("m", comparison, won=True)

        assert found is not None
        assert found.estimate == pytest.approx(mt / mc - 1, rel=1e-9)
        assert found.se == pytest.approx(math.sqrt(vt / mc**2 + mt**2 * vc / mc**4), rel=1e-9)


def test_without_a_lift_there_is_no_effect() -> None:
    arms = {"off": BinarySummary(100, 0), "on": BinarySummary(100, 5)}
    comparison = analyse_metric(MetricSpec("m"), arms, control="off").comparisons[0]

    assert measured_lift("m", comparison, won=False) is None


def _mean(arm: BinarySummary | MeanSummary) -> tuple[float, float]:
    if isinstance(arm, BinarySummary):
        rate = arm.conversions / arm.n
        return rate, rate * (1 - rate) / arm.n
    mean = arm.sum / arm.n
    return mean, (arm.sum_sq / arm.n - mean**2) * arm.n / (arm.n - 1) / arm.n
