"""A sentence says the p and the interval that its analysis mode decides by."""

from __future__ import annotations

import pytest
from analytics.results.sentences import effect, verdict
from stats import AnalysisOptions, BinarySummary, Comparison, MetricSpec, analyse_metric
from stats.metrics import Mode


def compared(mode: Mode, treated: int) -> Comparison:
    arms = {"off": BinarySummary(5_000, 500), "on": BinarySummary(5_000, treated)}
    options = AnalysisOptions(mode=mode, planned_units=20_000, looks_planned=4)
    return analyse_metric(MetricSpec("purchase"), arms, control="off", options=options).comparisons[0]


def test_a_fixed_horizon_tells_the_lift_and_its_p() -> None:
    comparison = compared(Mode.FIXED, 565)
    assert effect(comparison).startswith("+13.00% (95 % interval ")
    assert verdict(comparison) == "p = 0.0351; a difference this large is unlikely by chance"


def test_an_always_valid_mode_tells_the_sequence_and_not_the_fixed_p() -> None:
    comparison = compared(Mode.ALWAYS_VALID, 565)
    assert "sequential interval -" in effect(comparison)
    assert "it could be chance" in verdict(comparison)
    assert "p = 0.0351" not in verdict(comparison)


def test_a_look_before_the_end_decides_nothing() -> None:
    comparison = compared(Mode.GROUP, 565)
    assert verdict(comparison).endswith("it could be chance")
    assert "sequential interval" in effect(comparison)


@pytest.mark.parametrize("mode", list(Mode))
def test_a_large_difference_is_said_in_each_mode(mode: Mode) -> None:
    assert verdict(compared(mode, 900)) == "p < 0.0001; a difference this large is unlikely by chance"
