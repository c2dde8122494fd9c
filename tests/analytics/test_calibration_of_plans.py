"""Whole experiments through the API's own path, read again and again: the short form of `make calibrate`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from stats import Verdict

from benchmarks import calibration
from benchmarks.calibration_plans import Batch, Case, Falsehood, Told, cases, rows_of, run, tell, tell_batch
from benchmarks.calibration_rows import Row
from benchmarks.calibration_scenarios import HOUR, MODES, PLAN_DAYS, START, Scenario, simulated_units
from benchmarks.simulated_reader import DAY, SimulatedExperiment

DECIDED = Falsehood("decided", "A/A told to ship or roll back")


def test_rates_of_error_are_within_their_bands() -> None:
    outside = [row for row in run(quick=True) if not row.ok]
    assert outside == []


@pytest.mark.parametrize("name", MODES)
def test_a_large_effect_is_found_in_every_mode(name: str) -> None:
    told = tell(Scenario(MODES[name], lift=0.6), 5, np.random.default_rng(1))
    assert [each.decided for each in told] == [True] * 5
    assert not any(each.inconsistent for each in told)


@pytest.mark.parametrize("setting", [f"{name}, hourly" for name in MODES])
def test_readings_that_are_left_out_tell_nothing_else(setting: str) -> None:
    case = next(each for each in cases() if each.setting == setting)
    assert len(tell_batch(Batch(case, 0, 1, checked=1))) == 1


def test_readings_that_are_left_out_and_tell_something_end_the_calibration() -> None:
    """Of a large lift that is no false one the choice knows nothing."""
    always_valid = Scenario(MODES["always valid"], lift=0.6, every=DAY)
    case = Case("a lift", always_valid, (Falsehood("uncovered", "lift outside"),))
    assert len(tell_batch(Batch(case, 0, 2, checked=2))) == 2
    with pytest.raises(AssertionError, match="readings that were left out tell another"):
        tell_batch(Batch(replace(case, scenario=replace(always_valid, every=HOUR), falsehoods=(SECRET,)), 0, 1, 1))


def test_decisions_that_are_true_too_often_leave_the_band() -> None:
    case = Case("a lift in place of none", Scenario(MODES["group"], lift=0.3), (DECIDED,))
    assert [row.ok for row in rows_of(case, tell_batch(Batch(case, 0, 15, checked=0)))] == [False]
    assert [row.ok for row in rows_of(case, [Told(decided=number < 4) for number in range(20)])] == [True]
    assert [row.ok for row in rows_of(case, [Told(decided=number < 6) for number in range(20)])] == [False]


