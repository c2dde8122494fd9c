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


def test_leaders_are_killed_as_often_as_paused() -> None:
    taken = Plan(seed=1, takeovers=6).takeovers_of("monitor")
    assert Counter(each.kind for each in taken) == {FaultKind.KILL: 3, FaultKind.PAUSE: 3}
    assert (
        taken
        == Plan(seed=1, takeovers=6).takeovers_of("monitor")
        != Plan(seed=1, takeovers=6).takeovers_of("scheduler")
    )


def test_chance_for_one_purpose_does_not_disturb_another() -> None:
    plan = Plan(seed=5)
    first = plan.chance("events").random()
    plan.chance("faults").random()
    assert plan.chance("events").random() == first != plan.chance("faults").random()
