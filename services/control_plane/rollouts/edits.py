"""Edits of rollouts: the start of one, so that people can agree on all of its steps before the first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from service_kit.problems import NotFound

from control_plane.access import Actor
from control_plane.entities.edits import PlainEdits, Standing, read_document
from control_plane.entities.merge import Parts
from control_plane.entities.models import Edit
from control_plane.rollouts.records import ENTITY
from control_plane.rollouts.schemas import RolloutStart
from control_plane.rollouts.service import RolloutPath, RolloutService


class RolloutEdits(PlainEdits):
    """Whoever reads flags reads rollouts. A start is about all that the rollout says: who changes it takes the
    approvals away."""

    entity: ClassVar[str] = ENTITY
    noun: ClassVar[str] = "flag"
    actions: ClassVar[Sequence[str]] = ("start",)
    in_environment: ClassVar[bool] = True
    parts: ClassVar[Parts] = {}

    def __init__(self, rollouts: RolloutService) -> None:
        self._rollouts = rollouts

    def checked(self, edit: Edit) -> Edit:
        read_document(RolloutStart, edit.document)
        return edit

    def is_about_all(self, edit: Edit) -> bool:
        return edit.action == "start"

    def authored(self, document: Mapping[str, Any]) -> Mapping[str, Any]:  # noqa: ARG002 - there are no updates
        return {}

    async def standing(self, actor: Actor, project: str, edit: Edit) -> Standing | None:
        try:
            view = await self._rollouts.read(actor, _path(project, edit))
        except NotFound:
            return None
        return Standing(view.audited(), view.version)

    async def make(self, actor: Actor, project: str, edit: Edit, expected: int) -> None:
        body = read_document(RolloutStart, edit.document)
        await self._rollouts.start(actor, _path(project, edit), expected, body)


def _path(project: str, edit: Edit) -> RolloutPath:
    return RolloutPath(project=project, environment=edit.environment or "", key=edit.key)
