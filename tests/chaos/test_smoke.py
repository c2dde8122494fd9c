"""The harness itself, in its shortest form: real processes, at least ten kills, every promise."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rich.console import Console

from chaos.console import ProgressReporter
from chaos.plan import Plan
from chaos.run import run

PLAN = Plan(
    seconds=12,
    kills=10,
    events=3000,
    seed=7,
    edits=12,
    users=60,
    duplicate_window_seconds=3,
    repeated=0.4,
    fresh_seconds=60,
    told_seconds=60,
    takeovers=2,
)


@pytest.mark.timeout(1200)
async def test_every_promise_is_kept_through_injected_faults(tmp_path: Path) -> None:
    promises = await run(PLAN, tmp_path / "chaos", ProgressReporter(Console(quiet=True)), durable=False)

    assert [f"{each.name}: {each.figure}" for each in promises if not each.met] == []
    report = json.loads((tmp_path / "chaos" / "report.json").read_text())
    assert report["met"] is True
    assert sum(report["kills"].values()) >= 10
    assert len(report["promises"]) == len(promises) == 23
