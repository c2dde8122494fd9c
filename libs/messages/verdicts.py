"""Verdicts: what the monitor found when it looked at a guarded rollout, as they travel in VERDICTS."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum

from google.protobuf.message import DecodeError

from messages.generated import verdict_pb2 as pb


class VerdictAction(IntEnum):
    """What a look asks for; the greater, the stronger. What is not known is read as `NONE`."""

    NONE = pb.VERDICT_ACTION_NONE
    NOTIFY = pb.VERDICT_ACTION_NOTIFY
    HOLD = pb.VERDICT_ACTION_HOLD
    ROLL_BACK = pb.VERDICT_ACTION_ROLL_BACK

    @property
    def word(self) -> str:
        return self.name.lower()

    @property
    def wire_name(self) -> str:
        return f"VERDICT_ACTION_{self.name}"

    @classmethod
    def _missing_(cls, value: object) -> VerdictAction:  # noqa: ARG003 - the name is the standard library's
        return cls.NONE


class FindingState(IntEnum):
    """What a look says of one guard. What is not known is read as `NOT_ESTIMABLE`."""

    HEALTHY = pb.FINDING_STATE_HEALTHY
    HARMED = pb.FINDING_STATE_HARMED
    INSUFFICIENT = pb.FINDING_STATE_INSUFFICIENT
    NO_DATA = pb.FINDING_STATE_NO_DATA
    NOT_ESTIMABLE = pb.FINDING_STATE_NOT_ESTIMABLE

    @property
    def word(self) -> str:
        return self.name.lower()

    @property
    def wire_name(self) -> str:
        return f"FINDING_STATE_{self.name}"

    @classmethod
    def _missing_(cls, value: object) -> FindingState:  # noqa: ARG003 - the name is the standard library's
        return cls.NOT_ESTIMABLE


@dataclass(frozen=True, slots=True)
class FindingArm:
    """Units of one side and their mean; None without units."""

    units: int = 0
    mean: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingStratum:
    """One stage of the rollout; `stage` is its place, `weight` its part of the combined estimate."""

    stage: int
    new: FindingArm
    rest: FindingArm
    estimate: float | None = None
    weight: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardFinding:
    """What one look found of one guard. Differences are new less rest, below 0 is worse. `sentence`: for people.
    `hypothesis`: a digest of what was asked; `p` is over all looks that asked the same."""

    guard: str
    state: FindingState
    statistic: str
    sentence: str
    action: VerdictAction = VerdictAction.NONE
    new: FindingArm = FindingArm()
    rest: FindingArm = FindingArm()
    estimate: float | None = None
    lower: float | None = None
    upper: float | None = None
    p: float | None = None
    log10_p: float | None = None
    alpha_used: float = 0.0
    data_until: int = 0
    hypothesis: str = ""
    strata: tuple[FindingStratum, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one look at a rollout found, and the strongest action that its guards ask for."""

    environment_id: str
    rollout_id: str
    revision: int
    epoch: int
    looked_at: int
    monitor_id: str
    action: VerdictAction
    findings: tuple[GuardFinding, ...]


class UnreadableVerdict(ValueError):
    """The bytes are no verdict."""


def verdict_payload(verdict: Verdict) -> bytes:
    """As it travels. Figures that are not finite are left out."""
    return pb.Verdict(
        environment_id=verdict.environment_id,
        rollout_id=verdict.rollout_id,
        revision=verdict.revision,
        epoch=verdict.epoch,
        looked_at=verdict.looked_at,
        monitor_id=verdict.monitor_id,
        action=verdict.action.wire_name,
        findings=[_finding_message(each) for each in verdict.findings],
    ).SerializeToString(deterministic=True)


def verdict_of(payload: bytes) -> Verdict:
    """Raises UnreadableVerdict."""
    try:
        read = pb.Verdict.FromString(payload)
    except DecodeError as error:
        raise UnreadableVerdict(str(error)) from error
    if not read.environment_id or not read.rollout_id:
        raise UnreadableVerdict("it names no rollout")
    return Verdict(
        environment_id=read.environment_id,
        rollout_id=read.rollout_id,
        revision=read.revision,
        epoch=read.epoch,
        looked_at=read.looked_at,
        monitor_id=read.monitor_id,
        action=VerdictAction(read.action),
        findings=tuple(_finding_of(each) for each in read.findings),
    )


def _finding_message(finding: GuardFinding) -> pb.GuardFinding:
    return pb.GuardFinding(
        guard=finding.guard,
        state=finding.state.wire_name,
        statistic=finding.statistic,
        new=_arm_message(finding.new),
        rest=_arm_message(finding.rest),
        estimate=_finite(finding.estimate),
        lower=_finite(finding.lower),
        upper=_finite(finding.upper),
        p=_finite(finding.p),
        log10_p=_finite(finding.log10_p),
        alpha_used=finding.alpha_used,
        data_until=finding.data_until,
        sentence=finding.sentence,
        strata=[
            pb.FindingStratum(
                stage=each.stage,
                new=_arm_message(each.new),
                rest=_arm_message(each.rest),
                estimate=_finite(each.estimate),
                weight=each.weight,
            )
            for each in finding.strata
        ],
        action=finding.action.wire_name,
        hypothesis=finding.hypothesis,
    )


def _finding_of(read: pb.GuardFinding) -> GuardFinding:
    return GuardFinding(
        guard=read.guard,
        state=FindingState(read.state),
        statistic=read.statistic,
        sentence=read.sentence,
        action=VerdictAction(read.action),
        new=_arm_of(read.new),
        rest=_arm_of(read.rest),
        estimate=read.estimate if read.HasField("estimate") else None,
        lower=read.lower if read.HasField("lower") else None,
        upper=read.upper if read.HasField("upper") else None,
        p=read.p if read.HasField("p") else None,
        log10_p=read.log10_p if read.HasField("log10_p") else None,
        alpha_used=read.alpha_used,
        data_until=read.data_until,
        hypothesis=read.hypothesis,
        strata=tuple(
            FindingStratum(
                stage=each.stage,
                new=_arm_of(each.new),
                rest=_arm_of(each.rest),
                estimate=each.estimate if each.HasField("estimate") else None,
                weight=each.weight,
            )
            for each in read.strata
        ),
    )


def _arm_message(arm: FindingArm) -> pb.FindingArm:
    return pb.FindingArm(units=arm.units, mean=_finite(arm.mean))


def _arm_of(read: pb.FindingArm) -> FindingArm:
    return FindingArm(read.units, read.mean if read.HasField("mean") else None)


def _finite(figure: float | None) -> float | None:
    return figure if figure is not None and math.isfinite(figure) else None
