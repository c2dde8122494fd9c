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
from benchmarks.calibration_scenarios import MODES, PLAN_DAYS, START, Scenario, simulated_units
from benchmarks.simulated_reader import DAY, SimulatedExperiment


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


def test_a_reading_that_is_left_out_and_tells_something_ends_the_calibration() -> None:
    """Readings are chosen by their distance from the truth: those that say something true may be left out."""
    scenario = Scenario(MODES["always valid"], lift=0.2)
    case = Case("a lift", scenario, (Falsehood("significant", "a lift called better"),))
    with pytest.raises(AssertionError, match="a lift: readings that were left out tell another significant"):
        tell_batch(Batch(case, 0, 30, checked=30))


def test_a_rate_above_its_alpha_is_outside_its_band() -> None:
    case = Case("a lift in place of none", Scenario(MODES["group"], lift=0.3), (Falsehood("decided", "decisions"),))
    assert [row.ok for row in rows_of(case, tell_batch(Batch(case, 0, 15, checked=0)))] == [False]
    most = [[Told(decided=number < wrong) for number in range(2_000)] for wrong in (131, 132)]
    assert [row.ok for told in most for row in rows_of(case, told)] == [True, False]


async def test_single_looks_that_are_read_daily_would_be_outside_the_band() -> None:
    """What stands apart as the figures of one look, read as a decision: 60 experiments show the difference."""
    scenario, random = Scenario(MODES["always valid"]), np.random.default_rng(4)
    told = []
    for _ in range(60):
        experiment = SimulatedExperiment(scenario.experiment(), scenario.metrics, simulated_units(scenario, random))
        found = Told()
        for at in scenario.moments:
            result = (await experiment.read(at)).metrics[0].result
            single = result.comparisons[0].fixed_horizon.test.p_value if result is not None else None
            found.significant |= single is not None and single < 0.05
        told.append(found)
    row = next(rows_of(Case("one look", scenario, (Falsehood("significant", "single looks"),)), told))
    assert not row.ok


def test_a_row_outside_its_band_fails_the_command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def simulated(_: np.random.Generator) -> Iterator[Row]:
        yield Row("inside", "here", 0.05, 0.0, 0.06, 2_000)
        yield Row("outside", "there", measured, 0.0, 0.06, 2_000)

    monkeypatch.setattr(calibration, "SIMULATIONS", (simulated,))
    file = tmp_path / "rows.json"
    measured = 0.07
    assert calibration.main(["--json", str(file)]) == 1
    assert "OUTSIDE" in capsys.readouterr().out
    rows = json.loads(file.read_text("utf-8"))["rows"]
    assert [(row["quantity"], row["ok"]) for row in rows] == [("inside", True), ("outside", False)]
    assert rows[0]["error"] == pytest.approx(0.00487, abs=1e-5)
    measured = 0.06
    assert calibration.main(["--json", str(file)]) == 0


def test_an_alarm_of_the_ratio_finds_no_source_in_units_without_attributes() -> None:
    scenario = Scenario(MODES["always valid"], weights=(1, 1), size=1_000)
    skewed = replace(scenario, weights=(1, 3))
    units = simulated_units(skewed, np.random.default_rng(2))
    experiment = SimulatedExperiment(scenario.experiment(), scenario.metrics, units)
    analysis = asyncio.run(experiment.read(START + PLAN_DAYS * DAY))
    assert analysis.sample_ratio.mismatch
    assert [each.verdict for each in analysis.decisions] == [Verdict.UNHEALTHY]
