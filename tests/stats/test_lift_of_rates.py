"""The lift of a rate, the effect detectable at any time, and sums that no data can have."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats as reference
from stats import (
    AnalysisOptions,
    BinarySummary,
    CupedSummary,
    InvalidInputError,
    MeanSummary,
    MetricSpec,
    Mode,
    RatioSummary,
    analyse_metric,
)
from stats.comparison.proportion_intervals import score_ratio
from stats.distributions import critical
from stats.sequential.results import AlwaysValidResult


def test_the_score_interval_of_a_ratio_is_koopmans() -> None:
    """His example: 36 of 40 against 16 of 80."""
    lower, upper = score_ratio(BinarySummary(40, 36), BinarySummary(80, 16), critical(0.05))
    assert (round(lower, 2), round(upper, 2)) == (2.94, 7.15)
    assert score_ratio(BinarySummary(40, 0), BinarySummary(80, 16), critical(0.05))[0] == 0.0


def test_the_lift_of_a_rate_covers_also_with_unequal_arms() -> None:
    """90 to 10, +100 %: a critical value scaled to the pooled variance would cover .87."""
    rng = np.random.default_rng(5)
    repeats, covered = 2_000, 0
    first, second = rng.binomial(90_000, 0.01, repeats).tolist(), rng.binomial(10_000, 0.02, repeats).tolist()
    for baseline, converted in zip(first, second, strict=True):
        arms = {"c": BinarySummary(90_000, baseline), "t": BinarySummary(10_000, converted)}
        lift = analyse_metric(MetricSpec("m"), arms, control="c").comparisons[0].lift
        assert lift.lower is not None
        assert lift.upper is not None
        covered += lift.lower <= 1.0 <= lift.upper
    assert 0.935 < covered / repeats < 0.965


def test_the_detectable_effect_at_any_time_is_that_of_the_sequence_shown() -> None:
    """Without a plan both are tuned to the same fixed size, not to the data."""
    arms = {"c": MeanSummary(400, 4_000.0, 41_600.0), "t": MeanSummary(400, 4_040.0, 42_400.0)}
    options = AnalysisOptions(mode=Mode.ALWAYS_VALID)
    one = analyse_metric(MetricSpec("m"), arms, control="c", options=options).comparisons[0]
    assert one.mde is not None
    assert one.mde.absolute is not None
    assert one.difference.se is not None
    assert isinstance(one.sequential, AlwaysValidResult)
    assert one.sequential.current_upper is not None
    assert one.sequential.current_lower is not None
    half_width = (one.sequential.current_upper - one.sequential.current_lower) / 2.0
    z = float(reference.norm.isf(0.2))
    assert one.mde.absolute == pytest.approx(half_width + z * one.difference.se, rel=5e-3)


@pytest.mark.parametrize("cross", [90.0, -90.0])
def test_sums_with_a_correlation_above_one_are_refused(cross: float) -> None:
    """Σxy within √(Σx²·Σy²), but no data around these means have it."""
    with pytest.raises(InvalidInputError) as caught:
        CupedSummary(10, 100.0, 1_010.0, (0.0,), ((10.0,),), (cross,))
    assert caught.value.field == "xy[0]"
    with pytest.raises(InvalidInputError) as ratio:
        RatioSummary(10, 100.0, 1_010.0, 0.0, 10.0, cross)
    assert ratio.value.field == "num_den_sum"
