"""Metrics: what an experiment is judged by. The same in every environment of the project."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from control_plane.entities.service import EntityService
from control_plane.entities.transactions import WriteTransaction
from control_plane.metrics.definition import ANALYSED, canonical_filter, check_definition
from control_plane.metrics.models import METRICS, MetricRow
from control_plane.metrics.schemas import MetricView
from control_plane.quotas import Quota


class MetricService(EntityService[MetricRow, MetricView]):
    """The metrics of a project."""

    kind: ClassVar = "metric"
    resource: ClassVar = "metric"
    quota: ClassVar = Quota.METRICS
    table = METRICS

    def view(self, row: MetricRow) -> MetricView:
        return MetricView.model_validate(row)

    async def checked(self, write: WriteTransaction, row: MetricRow, before: MetricRow | None) -> MetricRow:
        """Raises `InUse` for a change of what a running experiment is judged by."""
        row = replace(row, event=row.event or row.key, filter=canonical_filter(row.filter))
        check_definition(row)
        if before is not None and any(getattr(before, field) != getattr(row, field) for field in ANALYSED):
            await self.refuse_used(write, row.key, active_only=True)
        return row
