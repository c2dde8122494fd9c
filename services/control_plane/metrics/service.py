"""Metrics: what an experiment is judged by. The same in every environment of the project."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from control_plane.access import Actor
from control_plane.entities.service import EntityService, Written
from control_plane.entities.writing import find, writing
from control_plane.metrics.definition import ANALYSED, check_definition
from control_plane.metrics.models import METRICS, MetricRow
from control_plane.metrics.schemas import MetricCreate, MetricPatch, MetricView


class MetricService(EntityService[MetricRow]):
    kind: ClassVar = "metric"
    resource: ClassVar = "metric"
    count_max: ClassVar = 5_000
    table = METRICS

    def document(self, row: MetricRow) -> Mapping[str, Any]:
        return MetricView.model_validate(row).audited()

    async def create(self, actor: Actor, project: str, body: MetricCreate) -> Written[MetricRow]:
        async with writing(self._context, actor, project, "create", self.resource) as write:
            given = {**body.model_dump(), "name": body.name or body.key, "event": body.event or body.key}
            row = MetricRow(
                **given,
                **write.first(),
            )
            check_definition(row)
            return await self.insert(write, row)

    async def change(
        self, actor: Actor, project: str, key: str, expected: int, body: MetricPatch
    ) -> Written[MetricRow]:
        """Raises `InUse` for a change of what a running experiment is judged by."""
        async with writing(self._context, actor, project, "update", self.resource) as write:
            row = await find(write, METRICS, key, expected)
            patch = body.given()
            if "event" in patch:
                patch["event"] = patch["event"] or key
            changed = replace(row, **patch, updated_at=write.now)
            check_definition(changed)
            if any(getattr(row, field) != getattr(changed, field) for field in ANALYSED):
                await self.refuse_used(write, key, active_only=True)
            return await self.update(write, row, changed)
