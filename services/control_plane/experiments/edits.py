"""Edits of experiments: drafted, changed, started, stopped, archived."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel

from control_plane.access import Actor
from control_plane.entities.edits import COMMON_PARTS, EntityEdits, read_document
from control_plane.entities.merge import Elements, Parts, Whole
from control_plane.entities.models import Edit
from control_plane.experiments.schemas import ExperimentSchedule, ExperimentStart
from control_plane.experiments.service import ExperimentService

_PARTS: Parts = {**COMMON_PARTS, "metrics": Elements("metric"), "holdouts": Whole.VALUES}


class ExperimentEdits(EntityEdits):
    """An experiment's edits; starting one is about all that it says."""

    def __init__(self, experiments: ExperimentService) -> None:
        super().__init__(experiments, _PARTS)
        self._experiments = experiments

    @property
    def actions(self) -> Sequence[str]:
        return (*super().actions, "start", "stop", "pause", "resume", "schedule", "unschedule")

    def form(self, edit: Edit) -> type[BaseModel] | None:
        forms: dict[str, type[BaseModel]] = {"start": ExperimentStart, "schedule": ExperimentSchedule}
        return forms.get(edit.action) or super().form(edit)

    def is_about_all(self, edit: Edit) -> bool:
        return edit.action == "start" or super().is_about_all(edit)

    async def make(self, actor: Actor, project: str, edit: Edit, expected: int) -> None:
        if edit.action == "start":
            start = read_document(ExperimentStart, edit.document)
            await self._experiments.start(actor, project, edit.key, expected, start)
        elif edit.action == "stop":
            await self._experiments.stop(actor, project, edit.key, expected)
        elif edit.action == "schedule":
            wanted = read_document(ExperimentSchedule, edit.document)
            await self._experiments.schedule(actor, project, edit.key, expected, wanted)
        elif edit.action == "unschedule":
            await self._experiments.unschedule(actor, project, edit.key, expected)
        elif edit.action == "pause":
            await self._experiments.pause(actor, project, edit.key, expected)
        elif edit.action == "resume":
            await self._experiments.resume(actor, project, edit.key, expected)
        else:
            await super().make(actor, project, edit, expected)
