"""What other features may ask about experiments."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from messages.generated import config_pb2 as pb
from messages.wire import condition_to_wire, shares_to_wire

from control_plane.database import Connection
from control_plane.entities.reading import Unreadable, read_each
from control_plane.experiments import repository
from control_plane.experiments.definition import engine_experiment
from control_plane.experiments.models import ExperimentRow
from control_plane.holdouts.queries import holdout_shares

_MODES = {"assigns": pb.EXPERIMENT_MODE_ASSIGNS, "observes": pb.EXPERIMENT_MODE_OBSERVES}
_STATUSES = {
    "draft": pb.EXPERIMENT_STATUS_DRAFT,
    "running": pb.EXPERIMENT_STATUS_RUNNING,
    "stopped": pb.EXPERIMENT_STATUS_STOPPED,
}
_ROLES = {
    "goal": pb.METRIC_ROLE_GOAL,
    "secondary": pb.METRIC_ROLE_SECONDARY,
    "guardrail": pb.METRIC_ROLE_GUARDRAIL,
}
_SEQUENTIAL = {
    "fixed": pb.SEQUENTIAL_MODE_FIXED,
    "group": pb.SEQUENTIAL_MODE_GROUP,
    "always_valid": pb.SEQUENTIAL_MODE_ALWAYS_VALID,
}


async def compiled(tx: Connection, environment_id: UUID) -> list[pb.Experiment | Unreadable]:
    """The environment's experiments as they travel: drafts and archived ones, too, for the analysis' catalog."""
    rows = await repository.of_environment(tx, environment_id)
    shares = await holdout_shares(tx, environment_id) if rows else {}
    return read_each(rows, lambda row: row.key, lambda row: _message(row, shares))


def _message(row: ExperimentRow, holdout_shares: Mapping[str, int]) -> pb.Experiment:
    experiment = engine_experiment(row)
    return pb.Experiment(
        id=str(row.id),
        key=row.key,
        name=row.name,
        flag=row.flag,
        mode=_MODES[row.mode],
        status=_STATUSES[row.status],
        archived=row.archived,
        start_at=row.start_at or 0,
        stop_at=row.stop_at or 0,
        shares=shares_to_wire(experiment.shares),
        control_variation=row.control,
        traffic=row.traffic,
        audience=None if experiment.audience is None else condition_to_wire(experiment.audience),
        bucket_by=experiment.bucket_by or "",
        slot=_slot(row),
        holdouts=[pb.Holdout(key=key, share=holdout_shares[key]) for key in row.holdouts],
        metrics=[
            pb.ExperimentMetric(metric=each["metric"], role=_ROLES[each["role"]], margin=each["margin"] or 0.0)
            for each in row.metrics
        ],
        plan=pb.AnalysisPlan(
            alpha=row.plan["alpha"],
            mode=_SEQUENTIAL[row.plan["mode"]],
            planned_looks=row.plan["planned_looks"] or 0,
            planned_units=row.plan["planned_units"] or 0,
            correction=row.plan["correction"],
            cuped=row.plan["cuped"],
        ),
    )


def _slot(row: ExperimentRow) -> pb.LayerSlot | None:
    if row.layer is None or row.slot_start is None or row.slot_end is None:
        return None
    return pb.LayerSlot(layer=row.layer, start=row.slot_start, end=row.slot_end)
