"""The scheduled start and stop of an experiment: said now, done when the moment comes, as whoever said it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from service_kit.problems import Conflict, FieldError, InvalidInput

from control_plane.entities.moments import epoch_milliseconds, rfc3339
from control_plane.entities.transactions import WriteTransaction
from control_plane.experiments.models import ExperimentRow
from control_plane.experiments.schemas import ExperimentSchedule


def scheduled(write: WriteTransaction, row: ExperimentRow, given: ExperimentSchedule) -> ExperimentRow:
    """The row that starts or stops then; what was scheduled before is replaced.

    Raises `InvalidInput` for moments that are past or in another order, or of what has been done already, and
    `Conflict` (`experiment_over`) for one that has ended.
    """
    now = round(write.now.timestamp() * 1000)
    start_at, stop_at = (
        None if moment is None else _to_come(moment, field, now)
        for field, moment in (("start_at", given.start_at), ("stop_at", given.stop_at))
    )
    if row.status == "stopped":
        raise Conflict("it has ended: draft it anew", code="experiment_over")
    if row.under_way:
        if start_at is not None:
            raise InvalidInput([FieldError("start_at", "not_applicable", "the experiment has started already")])
        if stop_at is None:
            raise InvalidInput([FieldError("stop_at", "missing", "say when it is to stop")])
    elif start_at is None:
        raise InvalidInput([FieldError("start_at", "missing", "say when it is to start")])
    elif stop_at is not None and stop_at <= start_at:
        raise InvalidInput([FieldError("stop_at", "range", "must be later than start_at")])
    schedule = {
        "start_at": None if start_at is None else rfc3339(start_at),
        "stop_at": None if stop_at is None else rfc3339(stop_at),
        "on_experiments": given.on_experiments,
        "reason": write.reason or None,
        "by": {"kind": write.actor.kind, "id": str(write.actor.id), "name": write.actor.name},
    }
    status = row.status if row.under_way else "scheduled"
    return replace(
        row,
        status=status,
        schedule=schedule,
        due_at=start_at or stop_at,
        schedule_failure=None,
        updated_at=write.now,
    )


def unscheduled(write: WriteTransaction, row: ExperimentRow) -> ExperimentRow:
    """The row that waits for nothing. Raises `Conflict` (`no_change`)."""
    if row.schedule is None:
        raise Conflict("nothing is scheduled", code="no_change")
    return replace(back(row), updated_at=write.now)


def failed(row: ExperimentRow, now: int, problem: Mapping[str, Any]) -> ExperimentRow:
    """The row that waits for nothing because what was to be done couldn't be; `problem` has `code` and `detail`."""
    action = "start" if row.status == "scheduled" else "stop"
    return replace(back(row), schedule_failure={"at": rfc3339(now), "action": action, **problem})


def waiting_for_stop(row: ExperimentRow) -> ExperimentRow:
    """The row that starts: what is left of its schedule is its stop."""
    if row.schedule is None or row.schedule["stop_at"] is None:
        return replace(row, schedule=None, due_at=None, schedule_failure=None)
    stop_at = epoch_milliseconds(row.schedule["stop_at"], "stop_at")
    return replace(row, schedule={**row.schedule, "start_at": None}, due_at=stop_at, schedule_failure=None)


def back(row: ExperimentRow) -> ExperimentRow:
    """Without its schedule: one that hasn't started is a draft again."""
    status = "draft" if row.status == "scheduled" else row.status
    return replace(row, status=status, schedule=None, due_at=None)


def _to_come(moment: str | int, field: str, now: int) -> int:
    milliseconds = epoch_milliseconds(moment, field)
    if milliseconds <= now:
        raise InvalidInput([FieldError(field, "range", "must lie in the future")])
    return milliseconds
