"""Experiments: drafted, changed, started, stopped, archived."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from bucketing.document.serves import hundredths
from service_kit.problems import Conflict, FieldError, InvalidInput

from control_plane.access import Actor
from control_plane.entities import usages
from control_plane.entities.invalid import refused_fields
from control_plane.entities.service import EntityService, Written
from control_plane.entities.writing import Writing, find, writing
from control_plane.environments.queries import EnvironmentRow
from control_plane.experiments.definition import DESCRIPTIVE, checked, refuse_started
from control_plane.experiments.models import EXPERIMENTS, ExperimentRow
from control_plane.experiments.references import flag_of_experiment, keep_references
from control_plane.experiments.running import started, stopped
from control_plane.experiments.schemas import ExperimentCreate, ExperimentPatch, LayerShare
from control_plane.experiments.views import experiment_view


class ExperimentService(EntityService[ExperimentRow]):
    kind: ClassVar = "experiment"
    resource: ClassVar = "experiment"
    count_max: ClassVar = 10_000
    table = EXPERIMENTS

    def document(self, row: ExperimentRow) -> Mapping[str, Any]:
        return experiment_view(row).audited()

    async def create(self, actor: Actor, project: str, body: ExperimentCreate) -> Written[ExperimentRow]:
        async with writing(self._context, actor, project, "create", self.resource) as write:
            environment = _environment(write, body.environment)
            given = body.model_dump(exclude={"environment", "layer"})
            row = ExperimentRow(
                **{
                    **given,
                    "name": body.name or body.key,
                    "control": body.control or body.variations[0].key,
                    "traffic": _hundredths(body.traffic, "traffic"),
                    **_layer(body.layer),
                },
                **write.first(),
                environment_id=environment.id,
                environment=environment.key,
                status="draft",
                slot_start=None,
                slot_end=None,
                start_at=None,
                stop_at=None,
            )
            return await self.insert(write, await _checked(write, row))

    async def change(
        self, actor: Actor, project: str, key: str, expected: int, body: ExperimentPatch
    ) -> Written[ExperimentRow]:
        """A draft changes freely, a started experiment as far as its analysis allows."""
        async with writing(self._context, actor, project, "update", self.resource) as write:
            row = await find(write, EXPERIMENTS, key, expected)
            patch = body.given()
            if "traffic" in patch:
                patch["traffic"] = _hundredths(body.traffic, "traffic")
            if "layer" in patch:
                patch.update(_layer(body.layer))
            changed = replace(row, **patch, updated_at=write.now)
            if not patch.keys() <= DESCRIPTIVE:
                if row.archived:
                    raise Conflict("an archived experiment is restored before it changes", code="archived")
                changed = await _checked(write, changed)
                refuse_started(row, changed)
            return await self.update(write, row, changed)

    async def start(self, actor: Actor, project: str, key: str, expected: int | None) -> Written[ExperimentRow]:
        """From now on it assigns or observes."""
        async with writing(self._context, actor, project, "start", self.resource) as write:
            row = await find(write, EXPERIMENTS, key, expected)
            _environment(write, row.environment)
            running = await _checked(write, await started(write, row))
            return await self.update(write, row, running, "start")

    async def stop(self, actor: Actor, project: str, key: str, expected: int | None) -> Written[ExperimentRow]:
        """From now on its flag's rules serve its units."""
        async with writing(self._context, actor, project, "stop", self.resource) as write:
            row = await find(write, EXPERIMENTS, key, expected)
            ended = stopped(write, row)
            await usages.activate(write.tx, write.scope, "experiment", key, active=False)
            return await self.update(write, row, ended, "stop")

    def served_by(self, write: Writing, row: ExperimentRow) -> Sequence[EnvironmentRow]:
        return [each for each in write.environments if each.id == row.environment_id]

    async def check_archive(self, write: Writing, row: ExperimentRow) -> None:
        if row.status == "running":
            raise Conflict("a running experiment is not archived: stop it first", code="experiment_running")
        await usages.release_parts(write.tx, write.scope, "experiment", row.key)

    async def check_restore(self, write: Writing, row: ExperimentRow) -> None:
        await _checked(write, replace(row, archived=False))

    async def check_delete(self, write: Writing, row: ExperimentRow) -> None:
        if row.status != "draft":
            raise Conflict("it has run, and its results stay: archive it", code="experiment_started")
        await usages.forget(write.tx, write.scope, "experiment", row.key)


async def _checked(write: Writing, row: ExperimentRow) -> ExperimentRow:
    """The row in canonical form; what it names is kept as its usages."""
    flag = await flag_of_experiment(write, row.flag)
    canonical, experiment = checked(row, flag.variations)
    await keep_references(write, canonical, experiment.audience)
    return canonical


def _environment(write: Writing, key: str) -> EnvironmentRow:
    for environment in write.environments:
        if environment.key == key:
            return environment
    raise InvalidInput([FieldError("environment", "unknown_environment", f"there is no environment {key!r} in use")])


def _hundredths(percent: float, field: str) -> int:
    with refused_fields():
        return hundredths(percent, field)


def _layer(given: LayerShare | None) -> dict[str, Any]:
    if given is None:
        return {"layer": None, "layer_share": None}
    share = _hundredths(given.share, "layer.share")
    if share == 0:
        raise InvalidInput([FieldError("layer.share", "range", "must be above 0")])
    return {"layer": given.key, "layer_share": share}
