"""Whole experiments through the API's own path, read again and again: the short form of `make calibrate`."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.calibration_plans import MODES, Scenario, run, tell


def test_rates_of_error_are_within_their_bands() -> None:
    outside = [row for row in run(quick=True) if not row.ok]
    assert outside == []


@pytest.mark.parametrize("name", MODES)
def test_a_large_effect_is_found_in_every_mode(name: str) -> None:
    told = tell(Scenario(MODES[name], lift=0.6), 5, np.random.default_rng(1))
    assert [each.decided for each in told] == [True] * 5
    assert all(each.consistent for each in told)
