"""The start and the stop of an experiment. There is no way back: a stopped one is drafted anew."""

from __future__ import annotations

from dataclasses import replace

from service_kit.problems import Conflict, FieldError, InvalidInput

from control_plane.entities.moments import epoch_milliseconds
from control_plane.entities.transactions import WriteTransaction
from control_plane.experiments.models import ExperimentRow
from control_plane.experiments.pauses import closed
from control_plane.experiments.phases import next_phase
from control_plane.experiments.plans import DAY_MILLISECONDS, end_errors
from control_plane.experiments.repository import running_assigning
from control_plane.experiments.schedule import back, waiting_for_stop
from control_plane.experiments.slots import free_slot


def beginning(given: str | int | None, row: ExperimentRow, now: int, days_max: int) -> int:
    """When an experiment that is started now begins, in epoch milliseconds; `days_max`: how old events may be.

    Raises `InvalidInput` for a moment that is not in the past or too far in it, and where it would assign.
    """
    if given is None:
        return now
    moment = epoch_milliseconds(given, "start_at")
    if row.mode != "observes":
        reason = "an experiment that assigns has assigned nobody yet: it starts now"
        raise InvalidInput([FieldError("start_at", "not_applicable", reason)])
    if moment > now:
        raise InvalidInput(
            [FieldError("start_at", "range", "lies in the future: an experiment starts when it is told to")]
        )
    if moment < now - days_max * DAY_MILLISECONDS:
        reason = f"lies more than {days_max} days in the past: events of then are taken no more"
        raise InvalidInput([FieldError("start_at", "range", reason)])
    return moment


def check_end(row: ExperimentRow) -> None:
    """Raises `InvalidInput` for a plan that ends before anything may be decided."""
    errors = end_errors(row.plan, row.start_at or 0)
    if errors:
        raise InvalidInput(errors)


async def started(write: WriteTransaction, row: ExperimentRow, start_at: int) -> ExperimentRow:
    """The row as it runs from then on, with its place in its layer.

    Raises `Conflict`: `not_a_draft`; `flag_has_experiment` when another one assigns on the same flag and both are
    not in one layer; `layer_full`; `layer_bucket_by` when the layer's experiments bucket by another attribute.
    """
    if not row.drafted or row.archived:
        state = "archived" if row.archived else row.status
        raise Conflict(f"only a draft is started, this experiment is {state}", code="not_a_draft")
    begun = replace(waiting_for_stop(row), status="running", start_at=start_at, updated_at=write.now)
    if row.mode == "observes":
        return begun
    others = await running_assigning(write.tx, row.organization_id, row.environment_id)
    _refuse_rival(row, others)
    return begun if row.layer is None else _placed(begun, [each for each in others if each.layer == row.layer])


def stopped(write: WriteTransaction, row: ExperimentRow) -> ExperimentRow:
    """The row as it has run until now. Raises `Conflict` (`not_running`)."""
    if not row.under_way:
        raise Conflict(f"only a running experiment is stopped, this one is a {row.status} one", code="not_running")
    # At least a millisecond, so that the time in which it ran is not empty.
    now = max(round(write.now.timestamp() * 1000), (row.phase_started_at or row.start_at or 0) + 1)
    return replace(back(row), status="stopped", stop_at=now, pauses=closed(row, now), updated_at=write.now)


async def begun_anew(write: WriteTransaction, row: ExperimentRow, changed: ExperimentRow) -> ExperimentRow:
    """`changed` in its next phase, with another place in its layer where it needs one. Raises `Conflict` as a start."""
    begun = next_phase(write, row, changed)
    if begun.mode == "observes" or _part_of_layer(begun) == _part_of_layer(row):
        return begun
    begun = replace(begun, slot_start=None, slot_end=None)
    others = await running_assigning(write.tx, row.organization_id, row.environment_id)
    others = [each for each in others if each.key != row.key]
    _refuse_rival(begun, others)
    return begun if begun.layer is None else _placed(begun, [each for each in others if each.layer == begun.layer])


def _part_of_layer(row: ExperimentRow) -> tuple[str | None, int | None, str | None]:
    return row.layer, row.layer_share, row.bucket_by


def _refuse_rival(row: ExperimentRow, others: list[ExperimentRow]) -> None:
    for other in others:
        if other.flag == row.flag and (row.layer is None or other.layer != row.layer):
            raise Conflict(
                f"the experiment {other.key!r} assigns on the flag {row.flag!r} in {row.environment}: stop it first, "
                "or put both into one layer",
                code="flag_has_experiment",
            )


def _placed(row: ExperimentRow, others: list[ExperimentRow]) -> ExperimentRow:
    for other in others:
        if other.bucket_by != row.bucket_by:
            raise Conflict(
                f"the experiment {other.key!r} of the layer {row.layer!r} buckets by "
                f"{other.bucket_by or 'the targeting key'}: one layer divides one kind of unit",
                code="layer_bucket_by",
            )
    taken = [(each.slot_start or 0, each.slot_end or 0) for each in others]
    slot = free_slot(taken, row.layer_share or 0)
    if slot is None:
        held = ", ".join(f"{each.key} ({(each.layer_share or 0) / 100:g}%)" for each in others)
        raise Conflict(
            f"the layer {row.layer!r} has no {(row.layer_share or 0) / 100:g}% in one piece left: {held}",
            code="layer_full",
        )
    return replace(row, slot_start=slot[0], slot_end=slot[1])
