"""Queries about experiments, for other features."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from bucketing.document import condition_from_document, experiment_from_document
from bucketing.flagset import Experiment, Holdout, LayerSlot
from messages.closed_lists import wire_names
from messages.documents import condition_document, experiment_document, is_in_force
from messages.generated import config_pb2 as pb

from control_plane.database import Connection, Record
from control_plane.entities.rows import Unreadable, read_each
from control_plane.entities.table import Scope
from control_plane.experiments import repository
from control_plane.experiments.definition import engine_experiment
from control_plane.experiments.models import EXPERIMENTS, ExperimentRow
from control_plane.experiments.phases import in_next_phase, seed_of, span_of
from control_plane.experiments.plans import plan_message
from control_plane.experiments.views import experiment_row
from control_plane.holdouts.queries import holdout_shares

__all__ = [
    "ExperimentOutline",
    "PublishedExperiment",
    "compiled",
    "experiment_of_document",
    "find_experiment",
    "in_next_phase",
    "keys_on",
    "of_keys",
    "slot_of",
]
_STATUSES = wire_names(pb.ExperimentStatus)
_ROLES = wire_names(pb.MetricRole)
_MARGIN_KINDS = wire_names(pb.MarginKind)
MARKS_TRAVELLING_MAX = 50
"""Of an experiment: what is older is counted alone."""
EFFECTS_TRAVELLING_MAX = 10
"""Of a mark."""


@dataclass(frozen=True, slots=True)
class PublishedExperiment:
    """An experiment as the engine has it, and as it travels."""

    experiment: Experiment
    message: pb.Experiment

    @property
    def key(self) -> str:
        return self.experiment.key

    @property
    def in_force(self) -> bool:
        """Whether edges evaluate it."""
        return is_in_force(self.message)


@dataclass(frozen=True, slots=True)
class ExperimentOutline:
    """What others need to know of an experiment. `variations` are keys."""

    key: str
    environment_id: UUID
    flag: str
    archived: bool
    variations: frozenset[str]


async def find_experiment(tx: Connection, scope: Scope, key: str) -> ExperimentOutline | None:
    row = await EXPERIMENTS.find(tx, scope, key)
    if row is None:
        return None
    return ExperimentOutline(
        key=row.key,
        environment_id=row.environment_id,
        flag=row.flag,
        archived=row.archived,
        variations=frozenset(each["key"] for each in row.variations),
    )


@dataclass(frozen=True, slots=True)
class ExperimentSpan:
    """Whether an experiment on a flag is over. `stop_at`: epoch milliseconds."""

    key: str
    flag: str
    environment_id: UUID
    status: str
    stop_at: int | None

    @property
    def under_way(self) -> bool:
        """It has yet to begin, or to end."""
        return self.status not in ("stopped", "archived")


async def spans_on(tx: Connection, scope: Scope, flags: Collection[str]) -> list[ExperimentSpan]:
    """The experiments on these flags, in every environment; drafts are left out, for nothing depends on them."""
    records = await tx.fetch(
        "SELECT key, flag, environment_id, CASE WHEN archived THEN 'archived' ELSE status END AS status, stop_at "
        "FROM experiments WHERE organization_id = $1 AND project_id = $2 AND flag = ANY($3::text[]) "
        "AND status <> 'draft' ORDER BY flag, key",
        scope.organization_id,
        scope.project_id,
        sorted(flags),
    )
    return [ExperimentSpan(**record) for record in records]


async def compiled(tx: Connection, environment_id: UUID) -> list[PublishedExperiment | Unreadable]:
    """The environment's experiments as they travel: drafts and archived ones, too, for the analysis' catalog."""
    return await _read(tx, environment_id, await repository.of_environment(tx, environment_id))


async def of_keys(
    tx: Connection, environment_id: UUID, keys: Collection[str], *, on: Collection[str]
) -> list[PublishedExperiment | Unreadable]:
    """Those of these keys that there are, and those on the flags `on`."""
    return await _read(tx, environment_id, await repository.some_of_environment(tx, environment_id, keys, on))


async def _read(
    tx: Connection, environment_id: UUID, rows: Collection[ExperimentRow]
) -> list[PublishedExperiment | Unreadable]:
    shares = await holdout_shares(tx, environment_id) if rows else {}
    return read_each(rows, lambda row: row.key, lambda row: _published(row, shares))


async def with_disturbances(
    tx: Connection, organization_id: UUID, found: Sequence[PublishedExperiment | Unreadable]
) -> list[PublishedExperiment | Unreadable]:
    """With the marks that they travel with."""
    messages = {UUID(each.message.id): each.message for each in found if isinstance(each, PublishedExperiment)}
    marked = [identity for identity, message in messages.items() if message.status != pb.EXPERIMENT_STATUS_DRAFT]
    if marked:
        for row in await repository.last_marks_of(tx, organization_id, marked, MARKS_TRAVELLING_MAX):
            message = messages[row["experiment_id"]]
            message.disturbances.append(_mark_message(row))
            message.disturbance_count = row["marks"]
    return list(found)


def _mark_message(row: Record) -> pb.Disturbance:
    return pb.Disturbance(
        at=round(row["at"].timestamp() * 1000),
        cause=row["cause"],
        reason=row["reason"] or "",
        entity=row["changed"]["entity"],
        key=row["changed"]["key"],
        effects=[
            pb.DisturbanceEffect(
                kind=each["kind"],
                fields=each["fields"],
                path=[pb.DisturbanceHop(entity=hop["entity"], key=hop["key"]) for hop in each["path"]],
            )
            for each in row["disturbances"][:EFFECTS_TRAVELLING_MAX]
        ],
    )


async def keys_on(tx: Connection, scope: Scope, environment_id: UUID, flags: Collection[str]) -> list[str]:
    """The environment's experiments on these flags; of those that were deleted none has run."""
    return await repository.keys_on(tx, scope.organization_id, environment_id, flags)


def experiment_of_document(
    scope: Scope, environment_id: UUID, document: Mapping[str, Any], shares: Mapping[str, int]
) -> PublishedExperiment:
    """The experiment as it travelled, from what the audit log has kept; `shares` are those of holdouts."""
    return _published(experiment_row(scope, environment_id, document), shares)


def _published(row: ExperimentRow, holdout_shares: Mapping[str, int]) -> PublishedExperiment:
    experiment = replace(
        engine_experiment(row),
        slot=slot_of(row),
        holdouts=tuple(Holdout(key, holdout_shares[key]) for key in row.holdouts),
    )
    message = pb.Experiment(
        id=str(row.id),
        name=row.name,
        status=_STATUSES[row.status],
        archived=row.archived,
        control_variation=row.control,
        metrics=[_metric_message(each) for each in row.metrics],
        plan=plan_message(row.plan),
        document=experiment_document(experiment),
        trigger_event=row.trigger_event or "",
        exposure_filter=_filter_document(row),
        ended_phases=[_ended_phase(experiment, each, holdout_shares) for each in row.ended_phases],
        phase_started_at=row.phase_started_at,
        pauses=[_pause(each) for each in row.pauses],
    )
    return PublishedExperiment(experiment, message)


def _ended_phase(present: Experiment, told: dict[str, Any], holdout_shares: Mapping[str, int]) -> pb.EndedPhase:
    started_at, ended_at = span_of(told)
    experiment = experiment_from_document(
        {
            **{name: told[name] for name in ("variations", "audience", "bucket_by", "phase")},
            "key": present.key,
            "flag": present.flag,
            "mode": present.mode.value,
            "traffic": told["traffic"],
            "start_at": started_at,
            "stop_at": ended_at,
            "seed": seed_of(present.key, told["phase"]),
        }
    )
    # One that is deleted since is known no more.
    holdouts = tuple(Holdout(key, holdout_shares[key]) for key in told["holdouts"] if key in holdout_shares)
    return pb.EndedPhase(
        started_at=started_at,
        ended_at=ended_at,
        control_variation=told["control"],
        document=experiment_document(replace(experiment, slot=_slot_told(told["layer"]), holdouts=holdouts)),
    )


def _slot_told(layer: Mapping[str, Any] | None) -> LayerSlot | None:
    return None if layer is None else LayerSlot(layer=layer["key"], start=layer["start"], end=layer["end"])


def _pause(told: dict[str, Any]) -> pb.Pause:
    started_at, ended_at = span_of(told)
    return pb.Pause(started_at=started_at, ended_at=ended_at)


def _metric_message(stored: Mapping[str, Any]) -> pb.ExperimentMetric:
    kind = stored.get("margin_kind")
    return pb.ExperimentMetric(
        metric=stored["metric"],
        role=_ROLES[stored["role"]],
        margin=stored["margin"] or 0.0,
        margin_kind=_MARGIN_KINDS[kind] if kind else None,
    )


def _filter_document(row: ExperimentRow) -> bytes:
    if row.exposure_filter is None:
        return b""
    return condition_document(condition_from_document(row.exposure_filter, "exposure_filter"))


def slot_of(row: ExperimentRow) -> LayerSlot | None:
    if row.layer is None or row.slot_start is None or row.slot_end is None:
        return None
    return LayerSlot(layer=row.layer, start=row.slot_start, end=row.slot_end)
