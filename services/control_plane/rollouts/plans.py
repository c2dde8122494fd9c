"""A plan: the steps that a rollout takes, written one by one or as a progress from one share to another. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bucketing.document.serves import hundredths
from bucketing.errors import InvalidConfig
from service_kit.problems import FieldError

STEPS_MAX = 100
SECONDS_MAX = 366 * 86_400
CHANGE_SECONDS_MIN = 60
"""A progress publishes at most one change in so many seconds."""


@dataclass(frozen=True, slots=True)
class Step:
    """A share in hundredths of a percent, held for `hold_seconds`. `at`: it is taken at that moment, not after the one
    before has been held. `approval`: somebody has to approve it first."""

    share: int
    hold_seconds: int = 0
    at: datetime | None = None
    approval: bool = False


def steps_of(plan: Mapping[str, Any]) -> tuple[Step, ...]:
    """The steps of a plan that was checked. `at` is in epoch milliseconds there."""
    if (progress := plan.get("progressive")) is not None:
        return _progress(hundredths(progress["from"], ""), hundredths(progress["to"], ""), progress["over_seconds"])
    return tuple(_step(each) for each in plan["steps"])


def plan_errors(plan: Mapping[str, Any]) -> list[FieldError]:
    """What is wrong with a plan, by field."""
    if (plan.get("steps") is None) == (plan.get("progressive") is None):
        return [FieldError("plan", "plan", "give either steps or progressive")]
    if (progress := plan.get("progressive")) is not None:
        errors = [
            *_share_errors(progress["from"], "plan.progressive.from"),
            *_share_errors(progress["to"], "plan.progressive.to"),
        ]
        if not errors and progress["from"] == progress["to"]:
            errors.append(FieldError("plan.progressive.to", "same_share", "is the share that it begins with"))
        return errors
    return _step_errors(plan["steps"])


def _step_errors(steps: Sequence[Mapping[str, Any]]) -> list[FieldError]:
    errors: list[FieldError] = []
    last = 0
    for index, each in enumerate(steps):
        here = f"plan.steps[{index}]"
        errors += _share_errors(each["share"], f"{here}.share")
        if (at := each.get("at")) is None:
            continue
        if at <= last:
            errors.append(FieldError(f"{here}.at", "order", "must lie after the moments of the steps before"))
        last = at
        if index and steps[index - 1].get("hold_seconds"):
            reason = "the step before is held until this one: leave its hold_seconds out"
            errors.append(FieldError(f"plan.steps[{index - 1}].hold_seconds", "conflict", reason))
    return errors


def _share_errors(share: Any, field: str) -> list[FieldError]:
    try:
        hundredths(share, field)
    except InvalidConfig as error:
        return [FieldError(each.field, each.code, each.reason) for each in error.errors]
    return []


def _step(document: Mapping[str, Any]) -> Step:
    at = document.get("at")
    return Step(
        share=hundredths(document["share"], "share"),
        hold_seconds=document.get("hold_seconds") or 0,
        at=None if at is None else datetime.fromtimestamp(at / 1000, UTC),
        approval=bool(document.get("approval")),
    )


def _progress(begin: int, end: int, seconds: int) -> tuple[Step, ...]:
    """As even as the shares, the pace and the number of steps allow."""
    changes = max(1, min(STEPS_MAX, seconds // CHANGE_SECONDS_MIN, abs(end - begin)))
    steps = []
    for number in range(changes + 1):
        share = begin + (end - begin) * number // changes
        hold = seconds * (number + 1) // changes - seconds * number // changes if number < changes else 0
        steps.append(Step(share, hold))
    return tuple(steps)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a plan has come: `position` is the last step taken, -1 before the first, `approved` the last one that
    was approved."""

    steps: Sequence[Step]
    position: int
    approved: int

    @property
    def next(self) -> Step | None:
        """None: all are taken, and the rollout completes when the last one has been held."""
        return self.steps[self.position + 1] if self.position + 1 < len(self.steps) else None

    @property
    def awaits_approval(self) -> bool:
        return self.next is not None and self.next.approval and self.approved <= self.position

    def due(self, since: datetime) -> datetime:
        """When the next step is, of a last one that was taken, or due, at `since`."""
        if self.next is not None and self.next.at is not None:
            return self.next.at
        return since + timedelta(seconds=self.steps[self.position].hold_seconds if self.position >= 0 else 0)

    def taken(self) -> Progress:
        return Progress(self.steps, self.position + 1, self.approved)

    def folded(self, due: datetime, now: datetime, *, guarded: bool) -> tuple[Progress, datetime]:
        """After the steps that are due by `now`, taken as one, and since when the last of them stands. A step that
        somebody approves, or of a guarded rollout, is taken alone, and stands from now on."""
        step, after = self.next, self.taken()
        if guarded or (step is not None and step.approval):
            return after, now
        while after.next is not None and not after.next.approval and (later := after.due(due)) <= now:
            after, due = after.taken(), later
        return after, due
