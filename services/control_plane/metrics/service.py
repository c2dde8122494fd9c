"""Metrics: what an experiment is judged by. The same in every environment of the project."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from control_plane.entities.answers import Answered, entity_document
from control_plane.entities.schemas import EntityView
from control_plane.entities.service import EntityService
from control_plane.entities.transactions import WriteTransaction
from control_plane.metrics.definition import ANALYSED, canonical_filter, check_definition
from control_plane.metrics.models import METRICS, MetricRow
from control_plane.metrics.schemas import MetricCreate, MetricPatch, MetricView
from control_plane.quotas import Quota

_OWN = tuple(name for name in MetricView.model_fields if name not in EntityView.model_fields)


class MetricService(EntityService[MetricRow]):
    """The metrics of a project."""

    kind: ClassVar = "metric"
    resource: ClassVar = "metric"
    quota: ClassVar = Quota.METRICS
    table = METRICS
    creation: ClassVar = MetricCreate
    patch: ClassVar = MetricPatch

    def view(self, row: MetricRow) -> Answered:
        return Answered({**entity_document(row), **{name: getattr(row, name) for name in _OWN}})

    async def checked(self, write: WriteTransaction, row: MetricRow, before: MetricRow | None) -> MetricRow:
        """Raises `InUse` for a change of what a running experiment is judged by."""
        row = replace(row, event=_event(row, before), filter=canonical_filter(row.filter))
        check_definition(row)
        if before is not None and any(getattr(before, field) != getattr(row, field) for field in ANALYSED):
            await self.refuse_used(write, row.key, active_only=True)
        return row


def _event(row: MetricRow, before: MetricRow | None) -> str:
    """A funnel's is its last step, unless another one was given, which is refused."""
    if row.steps and (not row.event or (before is not None and row.event == before.event)):
        return row.steps[-1]
    return row.event or row.key
