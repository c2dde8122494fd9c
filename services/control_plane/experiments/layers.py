"""Layers, in which experiments share no unit, and holdouts, which keep a share of units out of experiments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from bucketing.document.serves import hundredths

from control_plane.access import Actor
from control_plane.entities.invalid import refused_fields
from control_plane.entities.service import EntityService, Written
from control_plane.entities.writing import find, writing
from control_plane.experiments.models import HOLDOUTS, LAYERS, HoldoutRow, LayerRow
from control_plane.experiments.schemas import HoldoutCreate, HoldoutPatch, LayerCreate, LayerPatch, LayerView
from control_plane.experiments.views import holdout_view


class LayerService(EntityService[LayerRow]):
    kind: ClassVar = "layer"
    resource: ClassVar = "experiment"
    count_max: ClassVar = 1_000
    table = LAYERS

    def document(self, row: LayerRow) -> Mapping[str, Any]:
        return LayerView.model_validate(row).audited()

    async def create(self, actor: Actor, project: str, body: LayerCreate) -> Written[LayerRow]:
        async with writing(self._context, actor, project, "create", self.resource, entity=self.kind) as write:
            row = LayerRow(
                **{**body.model_dump(), "name": body.name or body.key},
                **write.first(),
            )
            return await self.insert(write, row)

    async def change(self, actor: Actor, project: str, key: str, expected: int, body: LayerPatch) -> Written[LayerRow]:
        async with writing(self._context, actor, project, "update", self.resource, entity=self.kind) as write:
            row = await find(write, LAYERS, key, expected)
            changed = replace(row, **body.given(), updated_at=write.now)
            return await self.update(write, row, changed)


class HoldoutService(EntityService[HoldoutRow]):
    kind: ClassVar = "holdout"
    resource: ClassVar = "experiment"
    count_max: ClassVar = 1_000
    table = HOLDOUTS

    def document(self, row: HoldoutRow) -> Mapping[str, Any]:
        return holdout_view(row).audited()

    async def create(self, actor: Actor, project: str, body: HoldoutCreate) -> Written[HoldoutRow]:
        async with writing(self._context, actor, project, "create", self.resource, entity=self.kind) as write:
            row = HoldoutRow(
                **{**body.model_dump(), "name": body.name or body.key, "share": _share(body.share)},
                **write.first(),
            )
            return await self.insert(write, row)

    async def change(
        self, actor: Actor, project: str, key: str, expected: int, body: HoldoutPatch
    ) -> Written[HoldoutRow]:
        """Raises `InUse` for a new share while an experiment runs with the old one."""
        async with writing(self._context, actor, project, "update", self.resource, entity=self.kind) as write:
            row = await find(write, HOLDOUTS, key, expected)
            patch = body.given()
            if "share" in patch:
                patch["share"] = _share(body.share)
            changed = replace(row, **patch, updated_at=write.now)
            if changed.share != row.share:
                await self.refuse_used(write, key, active_only=True)
            return await self.update(write, row, changed)


def _share(percent: float) -> int:
    with refused_fields():
        return hundredths(percent, "share")
