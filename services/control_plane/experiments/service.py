"""Experiments: drafted, changed, started, stopped, archived."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from bucketing.document.serves import hundredths
from service_kit.problems import Conflict, FieldError, InvalidInput

from control_plane.access import Actor, Right
from control_plane.configs.queries import ConfigOutline, find_config
from control_plane.database import Connection
from control_plane.entities import usages
from control_plane.entities.answers import Answered
from control_plane.entities.errors import refused_fields
from control_plane.entities.integrity import ExperimentIntegrity
from control_plane.entities.owners import with_owner
from control_plane.entities.schemas import EntityCreate, EntityPatch
from control_plane.entities.service import Created, EntityService
from control_plane.entities.transactions import ProjectTransactions, WriteTransaction, find
from control_plane.environments.queries import EnvironmentRow, refuse_archived_environment
from control_plane.experiments.definition import DESCRIPTIVE, checked, refuse_started
from control_plane.experiments.disturbances import disturbances_of, replacement_of
from control_plane.experiments.exposability import obstacles
from control_plane.experiments.lifecycle import beginning, begun_anew, check_end, started, stopped
from control_plane.experiments.models import EXPERIMENTS, ExperimentRow
from control_plane.experiments.pauses import paused, resumed
from control_plane.experiments.phases import mixing_fields, require_new_phase
from control_plane.experiments.plans import stored_plan
from control_plane.experiments.references import keep_fitting, keep_references, subject_of
from control_plane.experiments.schedule import scheduled, unscheduled
from control_plane.experiments.schemas import (
    ExperimentCreate,
    ExperimentPatch,
    ExperimentSchedule,
    ExperimentStart,
)
from control_plane.experiments.views import experiment_view
from control_plane.quotas import Quota

_RIGHTS = {"begin_phase": "update", "pause": "stop", "resume": "start", "schedule": "start", "unschedule": "start"}
"""The rights of what is done with an experiment, where they are named otherwise."""


class ExperimentService(EntityService[ExperimentRow]):
    """Experiments from draft to archive."""

    kind: ClassVar = "experiment"
    resource: ClassVar = "experiment"
    quota: ClassVar = Quota.EXPERIMENTS
    placed: ClassVar = True
    table = EXPERIMENTS
    creation: ClassVar = ExperimentCreate
    patch: ClassVar = ExperimentPatch

    def __init__(
        self, transactions: ProjectTransactions, integrity: ExperimentIntegrity, event_age_days_max: int
    ) -> None:
        super().__init__(transactions)
        self._integrity = integrity
        self._event_age_days_max = event_age_days_max

    def view(self, row: ExperimentRow) -> Answered:
        return experiment_view(row)

    async def views(self, tx: Connection, rows: Sequence[ExperimentRow]) -> list[Answered]:
        ids = [row.id for row in rows if not row.drafted]
        marks = await disturbances_of(tx, rows[0].organization_id, ids) if ids else {}
        return [experiment_view(row, marks.get(row.id, ())) for row in rows]

    async def written(self, write: WriteTransaction, before: ExperimentRow | None, stored: ExperimentRow) -> Answered:
        """One that starts has not been disturbed yet."""
        if before is None or before.drafted:
            return self.view(stored)
        return await super().written(write, before, stored)

    def columns(self, given: Mapping[str, Any]) -> dict[str, Any]:
        columns = dict(given)
        if "traffic" in given:
            columns["traffic"] = _hundredths(given["traffic"], "traffic")
        if "plan" in given:
            columns["plan"] = stored_plan(given["plan"])
        if "layer" in given:
            columns.update(_layer(given["layer"]))
        return columns

    def authored(self, document: Mapping[str, Any]) -> dict[str, Any]:
        fields = super().authored(document)
        if fields.get("layer"):
            # The slot is given at the start.
            fields["layer"] = {"key": fields["layer"]["key"], "share": fields["layer"]["share"]}
        return fields

    async def subject(self, actor: Actor, project: str, key: str) -> tuple[usages.Kind, str, str]:
        """What it is on: a flag or a remote config, its key, and the environment's. Raises `NotFound`."""
        async with self._transactions.read(actor, project, Right.EXPERIMENT_READ) as read:
            row = await find(read, EXPERIMENTS, key)
            config = await find_config(read.tx, read.scope, row.flag)
            return "flag" if config is None else "config", row.flag, row.environment

    async def create(self, actor: Actor, project: str, body: EntityCreate) -> Created:
        async with self._write(actor, project, self.edit("create", body.key, body)) as write:
            given = await with_owner(write, {**body.model_dump(), "name": body.name or body.key})
            given["control"] = given["control"] or given["variations"][0]["key"]
            environment = _environment(write, given.pop("environment"))
            write.require(Right.EXPERIMENT_CREATE, environment)
            row = ExperimentRow(
                **self.columns(given),
                **write.first(),
                environment_id=environment.id,
                environment=environment.key,
                status="draft",
                slot_start=None,
                slot_end=None,
                start_at=None,
                stop_at=None,
            )
            return await self.insert(write, await self.checked(write, row, None))

    async def change(self, actor: Actor, project: str, key: str, expected: int, body: EntityPatch) -> Answered:
        """A draft changes freely, a started experiment as far as its analysis allows."""
        async with self._write(actor, project, self.edit("update", key, body, expected)) as write:
            row = await self.found(write, "update", key, expected)
            self.refuse_archived(row)
            self._refuse_archived_environment(write, row)
            patch = self.columns(await with_owner(write, body.given()))
            changed = replace(row, **patch, updated_at=write.now)
            if not patch.keys() <= DESCRIPTIVE:
                changed = await self.checked(write, changed, row)
                if row.under_way and (fields := mixing_fields(row, changed)):
                    require_new_phase(write, row, fields)
                    changed = await begun_anew(write, row, changed)
                await self._hold(write, row, changed)
            return await self.update(write, row, changed, "update" if changed.phase == row.phase else "begin_phase")

    async def checked(self, write: WriteTransaction, row: ExperimentRow, before: ExperimentRow | None) -> ExperimentRow:
        """The row in canonical form; what it names is kept as its usages."""
        canonical = await _canonical(write, row, before)
        if before is not None:
            refuse_started(before, canonical)
        return canonical

    async def start(
        self, actor: Actor, project: str, key: str, expected: int | None, start: ExperimentStart
    ) -> Answered:
        """From now on it assigns or observes; one that observes perhaps from a moment in the past on."""
        async with self._write(actor, project, self.edit("start", key, start, expected)) as write:
            row = await self.found(write, "start", key, expected)
            environment = _environment(write, row.environment)
            start_at = beginning(start.start_at, row, round(write.now.timestamp() * 1000), self._event_age_days_max)
            running = await _canonical(write, await started(write, row, start_at))
            check_end(running)
            await self._hold(write, row, running)
            write.warnings.extend(await obstacles(write, running, environment))
            return await self.update(write, row, running, "start")

    async def stop(self, actor: Actor, project: str, key: str, expected: int | None) -> Answered:
        """From now on its flag's rules serve its units."""
        async with self._write(actor, project, self.edit("stop", key, None, expected)) as write:
            row = await self.found(write, "stop", key, expected)
            ended = stopped(write, row)
            await self._hold(write, row, ended, off=True)
            usages.activate_later(write.tx, write.scope, "experiment", key, active=False)
            return await self.update(write, row, ended, "stop")

    async def pause(self, actor: Actor, project: str, key: str, expected: int | None) -> Answered:
        """From now on it enrols and counts nobody, and serves everybody as before."""
        async with self._write(actor, project, self.edit("pause", key, None, expected)) as write:
            row = await self.found(write, "pause", key, expected)
            return await self.update(write, row, paused(write, row), "pause")

    async def resume(self, actor: Actor, project: str, key: str, expected: int | None) -> Answered:
        """From now on it counts again."""
        async with self._write(actor, project, self.edit("resume", key, None, expected)) as write:
            row = await self.found(write, "resume", key, expected)
            self._refuse_archived_environment(write, row)
            return await self.update(write, row, resumed(write, row), "resume")

    async def schedule(
        self, actor: Actor, project: str, key: str, expected: int, wanted: ExperimentSchedule
    ) -> Answered:
        """It starts and stops then, as the actor, with the rights that they have by then."""
        async with self._write(actor, project, self.edit("schedule", key, wanted, expected)) as write:
            row = await self.found(write, "schedule", key, expected)
            self.refuse_archived(row)
            self._refuse_archived_environment(write, row)
            if wanted.stop_at is not None:
                write.require(Right.EXPERIMENT_STOP, _environment(write, row.environment))
            waiting = scheduled(write, row, wanted)
            return await self.update(write, row, waiting, "schedule")

    async def unschedule(self, actor: Actor, project: str, key: str, expected: int | None) -> Answered:
        """It waits for nothing; one that hasn't started is a draft again."""
        async with self._write(actor, project, self.edit("unschedule", key, None, expected)) as write:
            row = await self.found(write, "unschedule", key, expected)
            return await self.update(write, row, unscheduled(write, row), "unschedule")

    def _right(self, action: str) -> Right:
        return super()._right(_RIGHTS.get(action, action))

    async def _hold(
        self, write: WriteTransaction, before: ExperimentRow, after: ExperimentRow, *, off: bool = False
    ) -> None:
        """For other experiments: what this one assigns is served by its flag. Raises `ExperimentAffected`."""
        if (before.under_way or after.under_way) and after.mode == "assigns" and await write.reached():
            await self._integrity.hold(write, replacement_of(before, after), off=off)

    def _refuse_archived_environment(self, write: WriteTransaction, row: ExperimentRow) -> None:
        refuse_archived_environment(archived=not self.served_by(write, row))

    def served_by(self, write: WriteTransaction, row: ExperimentRow) -> Sequence[EnvironmentRow]:
        return [each for each in write.environments if each.id == row.environment_id]

    async def serving(
        self, write: WriteTransaction, before: ExperimentRow | None, after: ExperimentRow | None
    ) -> Sequence[EnvironmentRow]:
        """An experiment changes what its environment serves while it runs, when it begins and when it ends; one that is
        scheduled will, and is agreed on before."""
        rows = [each for each in (before, after) if each is not None]
        begun = [each for each in rows if each.under_way or each.status == "scheduled"]
        return self.served_by(write, begun[0]) if begun else ()

    async def check_archive(self, write: WriteTransaction, row: ExperimentRow) -> None:
        if row.under_way:
            raise Conflict("a running experiment is not archived: stop it first", code="experiment_running")
        if row.status == "scheduled":
            raise Conflict("it is scheduled to start: take that back first", code="experiment_scheduled")
        usages.release_parts_later(write.tx, write.scope, "experiment", row.key)

    async def check_restore(self, write: WriteTransaction, row: ExperimentRow) -> None:
        self._refuse_archived_environment(write, row)
        await _canonical(write, replace(row, archived=False), row)

    async def check_delete(self, write: WriteTransaction, row: ExperimentRow) -> None:
        if not row.drafted:
            raise Conflict("it has run, and its results stay: archive it", code="experiment_started")
        usages.forget_later(write.tx, write.scope, "experiment", row.key)


async def _canonical(write: WriteTransaction, row: ExperimentRow, before: ExperimentRow | None = None) -> ExperimentRow:
    """The row in canonical form; what it names is kept as its usages."""
    subject = await subject_of(write, row.flag)
    variations = None if isinstance(subject, ConfigOutline) else subject.variations
    canonical, experiment = checked(row, variations, before)
    if variations is None:
        await keep_fitting(write, canonical, experiment.patches)
    await keep_references(write, canonical, subject, experiment.audience)
    return canonical


def _environment(write: WriteTransaction, key: str) -> EnvironmentRow:
    for environment in write.environments:
        if environment.key == key:
            return environment
    raise InvalidInput([FieldError("environment", "unknown_environment", f"there is no environment {key!r} in use")])


def _hundredths(percent: float, field: str) -> int:
    with refused_fields():
        return hundredths(percent, field)


def _layer(given: Mapping[str, Any] | None) -> dict[str, Any]:
    if given is None:
        return {"layer": None, "layer_share": None}
    share = _hundredths(given["share"], "layer.share")
    if share == 0:
        raise InvalidInput([FieldError("layer.share", "range", "must be above 0")])
    return {"layer": given["key"], "layer_share": share}
