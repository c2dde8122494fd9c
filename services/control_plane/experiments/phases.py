"""Phases of an experiment: what would mix two populations is drawn and counted anew from that moment on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec
from bucketing.document.serves import percent
from bucketing.flagset import Experiment
from service_kit.problems import Conflict, FieldError

from control_plane.entities.integrity import choice_of
from control_plane.entities.moments import epoch_milliseconds, rfc3339
from control_plane.entities.schemas import CHOICE_FIELD, ExperimentChoice
from control_plane.entities.sizes import DOCUMENT_BYTES_MAX
from control_plane.entities.transactions import WriteTransaction
from control_plane.experiments.models import ExperimentRow

PHASES_MAX = 50
_MIXING = ("variations", "control", "audience", "bucket_by", "holdouts")


def seed_of(key: str, phase: int) -> str | None:
    """What a phase is drawn by; None: by the experiment's key. A colon can't stand in a key."""
    return None if phase == 1 else f"phase:{phase}:{key}"


def in_next_phase(experiment: Experiment) -> Experiment:
    """As it is drawn then, the rest the same."""
    number = experiment.phase + 1
    return replace(experiment, phase=number, seed=seed_of(experiment.key, number))


def mixing_fields(row: ExperimentRow, changed: ExperimentRow) -> list[str]:
    """The fields whose change would mix populations. More traffic lets units in, and moves none that is in it."""
    fields = [name for name in _MIXING if getattr(row, name) != getattr(changed, name)]
    if (row.layer, row.layer_share) != (changed.layer, changed.layer_share):
        fields.append("layer")
    if changed.traffic < row.traffic:
        fields.append("traffic")
    return fields


def require_new_phase(write: WriteTransaction, row: ExperimentRow, fields: Sequence[str]) -> None:
    """Raises `Conflict` (`experiment_affected`) unless whoever writes wants a new phase."""
    if choice_of(write) is ExperimentChoice.NEW_PHASE:
        return
    reason = "would mix populations while it runs: it is counted anew from a new phase on"
    code, choice = "experiment_affected", ExperimentChoice.NEW_PHASE.value
    disturbance = {
        "kind": "definition",
        "fields": list(fields),
        "path": [{"entity": "experiment", "key": row.key}],
    }
    told = {"experiment": row.key, "environment": row.environment, "disturbances": [disturbance]}
    raise Conflict(
        f'{", ".join(fields)}: {reason}. To go on say {CHOICE_FIELD}: "{choice}"',
        code=code,
        errors=[FieldError(name, code, reason) for name in fields],
        members={"experiments": [told], "choices": [choice]},
    )


def next_phase(write: WriteTransaction, row: ExperimentRow, changed: ExperimentRow) -> ExperimentRow:
    """`changed` in a phase that begins now; the one of `row` has ended. Raises `Conflict` (`too_many_phases`)."""
    began = row.phase_started_at or row.start_at or 0
    # At least a millisecond, so that the time of a phase is not empty.
    now = max(round(write.now.timestamp() * 1000), began + 1)
    phases = [*row.ended_phases, _ended(row, began, now)]
    size = len(msgspec.json.encode([phases, changed.variations, changed.audience]))
    if len(phases) >= PHASES_MAX or size > DOCUMENT_BYTES_MAX:
        reason = f"the experiment {row.key!r} has had {len(phases)} phases, and no room for one more: draft it anew"
        raise Conflict(reason, code="too_many_phases")
    return replace(changed, phase=row.phase + 1, phase_started_at=now, ended_phases=phases, updated_at=write.now)


def _ended(row: ExperimentRow, began: int, now: int) -> dict[str, Any]:
    """As it is told, and published."""
    return {
        "phase": row.phase,
        "started_at": rfc3339(began),
        "ended_at": rfc3339(now),
        "variations": [{"key": each["key"], "weight": float(each["weight"])} for each in row.variations],
        "control": row.control,
        "traffic": float(percent(row.traffic)),
        "audience": row.audience,
        "bucket_by": row.bucket_by,
        "layer": layer_view(row),
        "holdouts": row.holdouts,
    }


def layer_view(row: ExperimentRow) -> dict[str, Any] | None:
    if row.layer is None:
        return None
    return {
        "key": row.layer,
        "share": float(percent(row.layer_share or 0)),
        "start": row.slot_start,
        "end": row.slot_end,
    }


def span_of(told: dict[str, Any]) -> tuple[int, int]:
    """When a phase or a pause began and ended, in epoch milliseconds; 0: not yet."""
    ended = told["ended_at"]
    return epoch_milliseconds(told["started_at"], "started_at"), epoch_milliseconds(ended, "ended_at") if ended else 0
