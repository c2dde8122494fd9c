"""What a verdict means for a rollout as it stands: a table."""

from __future__ import annotations

import pytest
from control_plane.rollouts.models import RolloutState
from control_plane.verdicts.decision import Standing, decide
from messages.verdicts import FindingState, GuardFinding, Verdict, VerdictAction

NONE, NOTIFY, HOLD, ROLL_BACK = VerdictAction
HEALTHY, HARMED, INSUFFICIENT, NO_DATA, NOT_ESTIMABLE = FindingState
RUNNING, HELD, PAUSED = RolloutState.RUNNING, RolloutState.HELD, RolloutState.PAUSED
COMPLETED, ROLLED_BACK, CANCELLED = RolloutState.COMPLETED, RolloutState.ROLLED_BACK, RolloutState.CANCELLED


def finding(guard: str, action: VerdictAction, state: FindingState = HARMED) -> GuardFinding:
    return GuardFinding(guard=guard, state=state, statistic="test", sentence="Worse.", action=action)


def verdict(*findings: GuardFinding) -> Verdict:
    action = max((each.action for each in findings), default=NONE)
    return Verdict(
        environment_id="e", rollout_id="r", revision=3, epoch=1, looked_at=0, monitor_id="m", action=action,
        findings=findings,
    )  # fmt: skip


CASES = {
    "nothing is asked": ([("a", NONE, HEALTHY)], (RUNNING, True, ()), (NONE, [], [], True)),
    "too early to say": ([("a", NONE, INSUFFICIENT)], (RUNNING, True, ()), (NONE, [], [], True)),
    "a guard rolls back": ([("a", ROLL_BACK)], (RUNNING, True, ()), (ROLL_BACK, ["a"], [], False)),
    "a guard holds": ([("a", HOLD)], (RUNNING, True, ()), (HOLD, ["a"], [], False)),
    "a guard tells, and keeps nothing back": ([("a", NOTIFY)], (RUNNING, True, ()), (NOTIFY, ["a"], [], True)),
    "the strongest counts": ([("a", HOLD), ("b", ROLL_BACK)], (RUNNING, True, ()), (ROLL_BACK, ["a", "b"], [], False)),
    "an answered guard asks no more": ([("a", HOLD)], (RUNNING, True, ("a",)), (NONE, [], [], True)),
    "another one beside it does": ([("a", HOLD), ("b", HOLD)], (RUNNING, True, ("a",)), (HOLD, ["b"], [], False)),
    "it recovers": ([("a", NONE, HEALTHY)], (RUNNING, True, ("a",)), (NONE, [], ["a"], True)),
    "what can't be told is no recovery": ([("a", NONE, NOT_ESTIMABLE)], (RUNNING, True, ("a",)), (NONE, [], [], True)),
    "silence is no recovery": ([("a", NONE, INSUFFICIENT)], (RUNNING, True, ("a",)), (NONE, [], [], True)),
    "somebody has decided meanwhile": ([("a", ROLL_BACK)], (RUNNING, False, ()), (NONE, [], [], False)),
    "what rests is not held": ([("a", HOLD)], (PAUSED, True, ()), (NONE, [], [], False)),
    "what is held is not held again": ([("a", HOLD)], (HELD, True, ()), (NONE, [], [], False)),
    "what rests is rolled back": ([("a", ROLL_BACK)], (HELD, True, ()), (ROLL_BACK, ["a"], [], False)),
    "what rests is told of": ([("a", NOTIFY)], (PAUSED, True, ()), (NOTIFY, ["a"], [], True)),
    "what is complete is told of": ([("a", ROLL_BACK)], (COMPLETED, True, ()), (NONE, ["a"], [], False)),
    "what is complete is told of, too": ([("a", HOLD)], (COMPLETED, True, ()), (NONE, ["a"], [], False)),
    "what is back is left alone": ([("a", ROLL_BACK)], (ROLLED_BACK, True, ()), (NONE, [], [], False)),
    "what is cancelled, too": ([("a", HOLD)], (CANCELLED, True, ()), (NONE, [], [], False)),
    "without a guard nothing is asked": ([], (RUNNING, True, ()), (NONE, [], [], True)),
    "no data holds": ([("a", HOLD, NO_DATA)], (RUNNING, True, ()), (HOLD, ["a"], [], False)),
}


@pytest.mark.parametrize(("findings", "standing", "expected"), CASES.values(), ids=CASES)
def test_what_a_verdict_means(findings: list[tuple], standing: tuple, expected: tuple) -> None:  # type: ignore[type-arg]
    decided = decide(verdict(*(finding(*each) for each in findings)), Standing(*standing))
    opens, recovered = [each.guard for each in decided.opens], sorted(decided.recovered)
    assert (decided.action, opens, recovered, decided.quiet) == expected
