"""A plan is the same for the same seed, and holds what was asked for."""

from __future__ import annotations

from collections import Counter

from chaos.plan import PROXY_KINDS, WEIGHTS, FaultKind, Plan

WIRES = ("loader-nats", "loader-clickhouse")


def test_a_seed_decides_every_fault() -> None:
    assert Plan(seed=1).faults(WIRES) == Plan(seed=1).faults(WIRES)
    assert Plan(seed=1).faults(WIRES) != Plan(seed=2).faults(WIRES)


def test_a_plan_has_all_kills_in_time_and_order() -> None:
    faults = Plan(seconds=900, kills=210).faults(WIRES)
    kinds = Counter(fault.kind for fault in faults)
    assert (kinds[FaultKind.KILL], kinds[FaultKind.PAUSE]) == (210, 70)
    assert sum(kinds[kind] for kind in PROXY_KINDS) == 70
    assert [fault.at for fault in faults] == sorted(fault.at for fault in faults)
    assert 0 <= faults[0].at <= faults[-1].at <= 900


def test_every_part_and_proxy_is_hit() -> None:
    faults = Plan(seconds=900, kills=210).faults(WIRES)
    assert {fault.target for fault in faults if fault.kind is FaultKind.KILL} == WEIGHTS.keys()
    assert {fault.target for fault in faults if fault.kind in PROXY_KINDS} == set(WIRES)


def test_chance_for_one_purpose_does_not_disturb_another() -> None:
    plan = Plan(seed=5)
    first = plan.chance("events").random()
    plan.chance("faults").random()
    assert plan.chance("events").random() == first != plan.chance("faults").random()
