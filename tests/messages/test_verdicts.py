"""A verdict is read as it was written; a figure that is none does not travel."""

from __future__ import annotations

from dataclasses import replace

import pytest
from messages.generated import verdict_pb2 as pb
from messages.subjects import VERDICTS, verdicts_stream, verdicts_subject
from messages.verdicts import (
    FindingArm,
    FindingState,
    FindingStratum,
    GuardFinding,
    UnreadableVerdict,
    Verdict,
    VerdictAction,
    verdict_of,
    verdict_payload,
)
from streams.memory import MemoryBus

FINDING = GuardFinding(
    guard="g1",
    state=FindingState.HARMED,
    statistic="stratified_always_valid",
    sentence="Worse by more than 2 %.",
    action=VerdictAction.ROLL_BACK,
    new=FindingArm(500, 0.08),
    rest=FindingArm(500, 0.1),
    estimate=-0.02,
    lower=-0.03,
    upper=-0.01,
    p=0.001,
    log10_p=-3.0,
    alpha_used=0.05 / 3,
    data_until=5_000,
    hypothesis="abc",
    strata=(FindingStratum(stage=0, new=FindingArm(500, 0.08), rest=FindingArm(500, 0.1), estimate=-0.02, weight=1.0),),
)
EMPTY = GuardFinding(guard="g2", state=FindingState.INSUFFICIENT, statistic="none", sentence="No unit yet.")
VERDICT = Verdict(
    environment_id="e1",
    rollout_id="r1",
    revision=3,
    epoch=7,
    looked_at=6_000,
    monitor_id="m1",
    action=VerdictAction.ROLL_BACK,
    findings=(FINDING, EMPTY),
)


def test_a_verdict_is_read_as_it_was_written() -> None:
    assert verdict_of(verdict_payload(VERDICT)) == VERDICT


def test_figures_that_are_not_finite_do_not_travel() -> None:
    strange = replace(FINDING, estimate=float("nan"), upper=float("inf"), new=FindingArm(1, float("nan")))
    (read,) = verdict_of(verdict_payload(replace(VERDICT, findings=(strange,)))).findings
    assert (read.estimate, read.upper, read.new.mean, read.lower) == (None, None, None, -0.03)


def test_what_a_later_monitor_says_asks_for_nothing_that_is_not_known() -> None:
    later = pb.Verdict.FromString(verdict_payload(VERDICT))
    later.action = later.findings[0].state = 99  # type: ignore[assignment]
    read = verdict_of(later.SerializeToString())
    assert (read.action, read.findings[0].state) == (VerdictAction.NONE, FindingState.NOT_ESTIMABLE)


@pytest.mark.parametrize("payload", [b"", b"\xff", pb.Verdict(environment_id="e1").SerializeToString()])
def test_other_bytes_are_no_verdict(payload: bytes) -> None:
    with pytest.raises(UnreadableVerdict):
        verdict_of(payload)


async def test_the_last_few_verdicts_of_each_rollout_are_kept() -> None:
    bus = MemoryBus()
    await bus.ensure_stream(verdicts_stream())
    for look in range(8):
        await bus.publish(verdicts_subject("e1", "r1"), verdict_payload(replace(VERDICT, looked_at=look)))
    await bus.publish(verdicts_subject("e1", "r2"), verdict_payload(VERDICT))
    kept = [await bus.message_at(VERDICTS, sequence) for sequence in range(1, 10)]
    assert [each is not None for each in kept] == [False] * 3 + [True] * 6
