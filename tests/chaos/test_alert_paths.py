"""From a fault to its alert, its runbook and its dashboard: two of them, on the real stack with a real Prometheus."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaos.paths.faults import FAULTS
from chaos.paths.pace import expression_at
from chaos.paths.stage import staged
from chaos.paths.walk import walk

_SHORT = ("heartbeats_forged", "poison")


@pytest.mark.timeout(600)
async def test_two_paths_are_walked(tmp_path: Path) -> None:
    async with staged(tmp_path / "paths", 30) as stage:
        for fault in (each for each in FAULTS if each.key in _SHORT):
            walked = await walk(stage, fault)
            assert walked.error is None
            assert all(walked.fired_after_seconds.values())
            assert all(walked.panels.values()), walked.panels
            told = [each for commands in walked.commands.values() for each in commands]
            assert [each for each in told if each.outcome == "failed"] == []
            assert any(each.outcome == "ran" for each in told)


@pytest.mark.parametrize(
    ("written", "paced"),
    [
        pytest.param("max(verdict_config_age_seconds) > 60", "max(verdict_config_age_seconds) > 6", id="an age"),
        pytest.param("sum(increase(x_total[10m])) > 5", "sum(increase(x_total[60s])) > 0.5", id="a count"),
        pytest.param(
            "increase(x[15m]) > 0 or (x > 0 unless x offset 15m)",
            "increase(x[90s]) > 0 or (x > 0 unless x offset 90s)",
            id="a first count",
        ),
        pytest.param(
            "rate(x_total[5m]) / rate(y_total[5m]) > 0.05",
            "rate(x_total[30s]) / rate(y_total[30s]) > 0.05",
            id="a ratio",
        ),
        pytest.param("abs(verdict_clock_skew_seconds) > 5", "abs(verdict_clock_skew_seconds) > 5", id="a difference"),
    ],
)
def test_rules_keep_their_sense_at_another_pace(written: str, paced: str) -> None:
    assert expression_at(written, 10) == paced
