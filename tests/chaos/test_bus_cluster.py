"""Three servers of NATS in the shortest form: the one that leads CONFIG is killed under load."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from messages.subjects import CONFIG

from chaos.bus_cluster import every_fault, run
from chaos.plan import Plan
from chaos.trials.bus_nodes import NodeFault

PLAN = Plan(seconds=1, events=300, duplicate_window_seconds=30, fresh_seconds=60)


@pytest.mark.timeout(600)
async def test_everything_goes_on_when_the_leading_server_of_the_bus_is_killed(tmp_path: Path) -> None:
    promises = await run(PLAN, tmp_path / "cluster", [(NodeFault.KILL, CONFIG)], durable=False, signal_seconds=60)

    assert [f"{each.name}: {each.figure}" for each in promises if not each.met] == []
    (passed,) = json.loads((tmp_path / "cluster" / "report.json").read_text())["faults"]
    assert CONFIG in passed["led"]
    assert passed["leader"] > 0


def test_a_round_has_each_node_and_both_leaders_by_each_fault() -> None:
    faults = every_fault(2)
    assert len(faults) == len(set(faults)) * 2 == 30
