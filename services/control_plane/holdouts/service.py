"""Holdouts, which keep a share of units out of experiments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from bucketing.document.serves import hundredths, percent

from control_plane.entities.answers import Answered, entity_document
from control_plane.entities.errors import refused_fields
from control_plane.entities.integrity import ExperimentIntegrity, HoldoutReplacement
from control_plane.entities.service import EntityService
from control_plane.entities.transactions import ProjectTransactions, WriteTransaction
from control_plane.holdouts.models import HOLDOUTS, HoldoutRow
from control_plane.holdouts.schemas import HoldoutCreate, HoldoutPatch
from control_plane.quotas import Quota


class HoldoutService(EntityService[HoldoutRow]):
    """The holdouts of a project."""

    kind: ClassVar = "holdout"
    resource: ClassVar = "holdout"
    quota: ClassVar = Quota.HOLDOUTS
    published: ClassVar = False
    table = HOLDOUTS
    creation: ClassVar = HoldoutCreate
    patch: ClassVar = HoldoutPatch

    def __init__(self, transactions: ProjectTransactions, integrity: ExperimentIntegrity) -> None:
        super().__init__(transactions)
        self._integrity = integrity

    def view(self, row: HoldoutRow) -> Answered:
        return Answered({**entity_document(row), "share": float(percent(row.share))})

    def columns(self, given: Mapping[str, Any]) -> dict[str, Any]:
        if "share" not in given:
            return dict(given)
        with refused_fields():
            return {**given, "share": hundredths(given["share"], "share")}

    async def checked(self, write: WriteTransaction, row: HoldoutRow, before: HoldoutRow | None) -> HoldoutRow:
        """Raises `ExperimentAffected` for a new share while an experiment runs with the old one."""
        if before is not None and row.share != before.share:
            await self._integrity.hold(write, HoldoutReplacement(row.key, row.share))
        return row
