"""What other writes do to experiments that run: they end them, or leave a mark on them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from service_kit.problems import Conflict, FieldError, InvalidInput, NotFound, PreconditionFailed
from service_kit.versions import check_version

from control_plane.access import Right
from control_plane.database import Connection
from control_plane.entities import usages
from control_plane.entities.answers import told_moment
from control_plane.entities.integrity import DisturbanceCause, ExperimentReplacement, ShippedVariation
from control_plane.entities.schemas import Shipment, Warned
from control_plane.entities.transactions import Consequence, WriteTransaction
from control_plane.environments.queries import EnvironmentRow
from control_plane.experiments import repository
from control_plane.experiments.definition import engine_experiment
from control_plane.experiments.lifecycle import stopped
from control_plane.experiments.models import EXPERIMENTS, ExperimentRow
from control_plane.experiments.phases import next_phase
from control_plane.experiments.queries import slot_of
from control_plane.experiments.views import experiment_view

_MARK = """
INSERT INTO disturbances (organization_id, project_id, environment_id, experiment_id, at, by_name, cause, reason,
    changed, disturbances)
SELECT x.organization_id, x.project_id, x.environment_id, x.id, $5, $6, $7, $8, $9, $10
FROM experiments x WHERE x.organization_id = $1 AND x.project_id = $2 AND x.environment_id = $3 AND x.key = $4
"""


class ExperimentsBeside:
    """Ends and marks experiments as part of writes of other entities."""

    async def end(self, write: WriteTransaction, environment: EnvironmentRow, key: str) -> None:
        """Raises `MissingRight`."""
        write.require(Right.EXPERIMENT_STOP, environment)
        row = await _found(write, key)
        await self._stored(write, environment, row, stopped(write, row), "stop")
        usages.activate_later(write.tx, write.scope, "experiment", key, active=False)
        write.warnings.append(
            Warned(code="experiment_stopped", detail=f"the experiment {key!r} in {environment.key} was stopped with it")
        )

    async def begin_phase(self, write: WriteTransaction, environment: EnvironmentRow, key: str) -> None:
        """Raises `MissingRight`."""
        write.require(Right.EXPERIMENT_UPDATE, environment)
        row = await _found(write, key)
        await self._stored(write, environment, row, next_phase(write, row, row), "begin_phase")
        detail = f"the experiment {key!r} in {environment.key} has begun phase {row.phase + 1}, and counts from now on"
        write.warnings.append(Warned(code="experiment_phase_begun", detail=detail))

    async def ship(
        self, write: WriteTransaction, environment: EnvironmentRow, subject: str, shipment: Shipment
    ) -> ShippedVariation:
        """One that has stopped already stays as it is."""
        write.require(Right.EXPERIMENT_STOP, environment)
        row = await EXPERIMENTS.find(write.tx, write.scope, shipment.experiment)
        if row is None or (row.flag, row.environment_id) != (subject, environment.id):
            reason = f"there is no experiment {shipment.experiment!r} on {subject!r} in {environment.key}"
            raise InvalidInput([FieldError("experiment", "unknown_experiment", reason)])
        check_version(shipment.version, row.version)
        variations = {each["key"]: each for each in row.variations}
        if shipment.variation not in variations:
            reason = f"{shipment.variation!r} is none of the experiment's variations"
            raise InvalidInput([FieldError("variation", "unknown_variation", reason)])
        if row.drafted:
            raise Conflict(f"only what has run is shipped, this experiment is {row.status}", code="not_running")
        ended = row
        if row.under_way:
            ended = stopped(write, row)
            await self._stored(write, environment, row, ended, "ship")
            usages.activate_later(write.tx, write.scope, "experiment", row.key, active=False)
        return ShippedVariation(replacement_of(row, ended), variations[shipment.variation].get("value"))

    async def _stored(
        self,
        write: WriteTransaction,
        environment: EnvironmentRow,
        row: ExperimentRow,
        changed: ExperimentRow,
        action: str,
    ) -> None:
        update = EXPERIMENTS.update(changed)
        stored = EXPERIMENTS.stored(await write.tx.fetchrow(update.sql, *update.values))
        if stored is None:
            raise PreconditionFailed("the experiment was changed meanwhile: read it again")
        write.consequences.append(
            Consequence(
                entity="experiment",
                key=row.key,
                action=action,
                before=experiment_view(row).audited(),
                after=experiment_view(stored).audited(),
                environment_ids=(environment.id,),
            )
        )

    def mark(
        self, write: WriteTransaction, environment: EnvironmentRow, key: str, disturbance: Mapping[str, Any]
    ) -> None:
        """With the record of the write."""
        changed = {name: disturbance[name] for name in ("entity", "key")}
        cause, reason = disturbance["cause"], write.reason or None
        write.tx.later(
            _MARK,
            write.scope.organization_id,
            write.scope.project_id,
            environment.id,
            key,
            write.now,
            write.actor.name,
            cause,
            reason,
            changed,
            disturbance["disturbances"],
        )
        told = {"experiment": key, "environment": environment.key, **disturbance, "reason": reason}
        write.consequences.append(
            Consequence(
                entity="disturbance",
                key=key,
                action="accept" if cause == DisturbanceCause.ACCEPTED else "mark",
                before=None,
                after=told,
            )
        )
        if all(each["kind"] != "switched_off" for each in disturbance["disturbances"]):
            detail = f"the experiment {key!r} in {environment.key} is disturbed by it, and shows it"
            write.warnings.append(Warned(code="experiment_disturbed", detail=detail))


async def _found(write: WriteTransaction, key: str) -> ExperimentRow:
    row = await EXPERIMENTS.find(write.tx, write.scope, key)
    if row is None:
        raise NotFound("there is nothing at this address")
    return row


def replacement_of(before: ExperimentRow, after: ExperimentRow) -> ExperimentReplacement:
    """What others see of an experiment that starts, stops or changes."""
    was, becomes = (
        replace(engine_experiment(row), slot=slot_of(row)) if row.under_way else None for row in (before, after)
    )
    return ExperimentReplacement(after.key, after.environment_id, was, becomes)


async def disturbances_of(
    tx: Connection, organization_id: UUID, experiment_ids: Sequence[UUID]
) -> Mapping[UUID, list[dict[str, Any]]]:
    """What each experiment has been disturbed by, the first in front."""
    found: defaultdict[UUID, list[dict[str, Any]]] = defaultdict(list)
    for row in await repository.marks_of(tx, organization_id, experiment_ids):
        told = {"at": told_moment(row["at"]), "by": row["by_name"], "cause": row["cause"], "reason": row["reason"]}
        found[row["experiment_id"]].append({**told, **row["changed"], "disturbances": row["disturbances"]})
    return found
