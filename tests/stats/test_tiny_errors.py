"""Figures of outcomes in any unit: a standard error of 1e-60, and one of 0, is no reason for an error or a NaN."""

from __future__ import annotations

import math

import pytest
from stats import (
    AnalysisOptions,
    Comparison,
    MeanSummary,
    MetricSpec,
    Mode,
    analyse_metric,
    as_document,
    normal_posterior,
)
from stats.analysis.stratification import heterogeneity
from stats.comparison.lift import fieller
from stats.design.power import mde_relative
from stats.kinds.estimates import ArmEstimate
from stats.metrics import BayesPrior
from stats.sequential.always_valid import msprt_point


@pytest.mark.parametrize("se", [1e-59, 1e-60, 1e-80, 1e-300, 5e-324, 0.0])
def test_a_posterior_of_almost_no_doubt(se: float) -> None:
    for estimate, chance in ((0.02, 1.0), (-0.02, 0.0), (0.0, 0.5)):
        for prior_sd in (None, 0.1):
            found = normal_posterior(estimate, se, prior_sd=prior_sd)
            assert (found.mean, found.sd) == pytest.approx((estimate, se), rel=1e-9, abs=1e-300)
            assert found.chance_to_win == pytest.approx(chance)
            assert found.expected_loss_treatment == pytest.approx(max(0.0, -estimate), abs=1e-58)
            assert found.expected_loss_control == pytest.approx(max(0.0, estimate), abs=1e-58)


@pytest.mark.parametrize("unit", [1e-150, 1e-120, 1e-60, 1e-12, 1.0, 1e60, 1e140])
def test_fiellers_set_has_no_unit(unit: float) -> None:
    def arm(mean: float, variance: float) -> ArmEstimate:
        return ArmEstimate(mean * unit, variance * unit * unit, 100, 99.0)

    expected = fieller(ArmEstimate(5.5, 0.02, 100, 99.0), ArmEstimate(5.0, 0.03, 100, 99.0), 1.98)
    found = fieller(arm(5.5, 0.02), arm(5.0, 0.03), 1.98)
    assert found.kind is expected.kind
    assert (found.lower, found.upper, found.g) == pytest.approx((expected.lower, expected.upper, expected.g), rel=1e-6)
    assert mde_relative(0.03 * unit * unit, 0.02 * unit * unit, 5.0 * unit, 2.8) == pytest.approx(
        mde_relative(0.03, 0.02, 5.0, 2.8), rel=1e-6
    )


@pytest.mark.parametrize("variance", [1e-300, 1e-200, 1e-20, 1.0, 1e200])
def test_the_mixture_of_any_variance(variance: float) -> None:
    point = msprt_point(math.sqrt(variance) * 3.0, variance, 0.05, variance * 4.0)
    assert point.p_value == pytest.approx(msprt_point(3.0, 1.0, 0.05, 4.0).p_value, rel=1e-6)
    assert point.half_width > 0.0


@pytest.mark.parametrize("unit", [1e-140, 1e-90, 1.0, 1e90])
def test_heterogeneity_has_no_unit(unit: float) -> None:
    def segment(gap: float) -> tuple[ArmEstimate, ArmEstimate]:
        arms = (3.0 + gap, 0.01), (3.0, 0.02)
        first, second = (ArmEstimate(mean * unit, variance * unit * unit, 50, 49.0) for mean, variance in arms)
        return first, second

    found = heterogeneity([segment(0.1), segment(0.5), segment(-0.2)])
    assert found.q == pytest.approx(8.22222, rel=1e-4)
    assert found.pooled / unit == pytest.approx(0.4 / 3)
    assert found.pooled_se / unit == pytest.approx(0.1)


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("scale", [1e-58, 1e-40, 1.0, 1e50])
def test_a_whole_result_has_no_unit(mode: Mode, scale: float) -> None:
    def found(of: float) -> Comparison:
        options = AnalysisOptions(mode=mode, planned_units=400, looks_planned=2, bayes=BayesPrior())
        arms = {
            "c": MeanSummary.from_moments(200, 5.0 * of, 4.0 * of * of),
            "t": MeanSummary.from_moments(200, 5.6 * of, 4.0 * of * of),
        }
        result = analyse_metric(MetricSpec("m"), arms, control="c", options=options)
        assert "nan" not in str(as_document(result)).lower()
        return result.comparisons[0]

    one, expected = found(scale), found(1.0)
    assert (one.p_value, one.lift.lower, one.lift.upper) == pytest.approx(
        (expected.p_value, expected.lift.lower, expected.lift.upper), rel=1e-6
    )
    assert one.bayes is not None
    assert expected.bayes is not None
    assert one.bayes.chance_to_win == pytest.approx(expected.bayes.chance_to_win, rel=1e-9)
