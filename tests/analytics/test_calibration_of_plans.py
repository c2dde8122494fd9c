"""Whole experiments through the API's own path, read again and again: the short form of `make calibrate`."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import numpy as np
import pytest
from stats import Verdict

from benchmarks.calibration_plans import MODES, PLAN_DAYS, START, Scenario, run, simulated_units, tell
from benchmarks.simulated_reader import DAY, SimulatedExperiment


def test_rates_of_error_are_within_their_bands() -> None:
    outside = [row for row in run(quick=True) if not row.ok]
    assert outside == []


@pytest.mark.parametrize("name", MODES)
def test_a_large_effect_is_found_in_every_mode(name: str) -> None:
    told = tell(Scenario(MODES[name], lift=0.6), 5, np.random.default_rng(1))
    assert [each.decided for each in told] == [True] * 5
    assert all(each.consistent for each in told)


def test_an_alarm_of_the_ratio_finds_no_source_in_units_without_attributes() -> None:
    scenario = Scenario(MODES["always valid"], weights=(1, 1), size=1_000)
    skewed = replace(scenario, weights=(1, 3))
    units = simulated_units(skewed, np.random.default_rng(2))
    experiment = SimulatedExperiment(scenario.experiment(), scenario.metrics, units)
    analysis = asyncio.run(experiment.read(START + PLAN_DAYS * DAY))
    assert analysis.sample_ratio.mismatch
    assert [each.verdict for each in analysis.decisions] == [Verdict.UNHEALTHY]
