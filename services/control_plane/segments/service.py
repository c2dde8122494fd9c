"""Segments: audiences that flags, experiments and other segments name. The same in every environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from bucketing.document import condition_to_document
from bucketing.references import find_cycle
from bucketing.validation import validate_segment
from messages.wire import segment_to_wire
from service_kit.problems import FieldError, InvalidInput

from control_plane.access import Actor
from control_plane.entities import usages
from control_plane.entities.invalid import refused_fields
from control_plane.entities.service import EntityService, Written
from control_plane.entities.sizes import check_size
from control_plane.entities.writing import Writing, find, writing
from control_plane.segments.definition import segment_of
from control_plane.segments.models import SEGMENTS, SegmentRow
from control_plane.segments.queries import named_segments
from control_plane.segments.schemas import SegmentCreate, SegmentPatch, SegmentView


class SegmentService(EntityService[SegmentRow]):
    kind: ClassVar = "segment"
    resource: ClassVar = "segment"
    count_max: ClassVar = 10_000
    table = SEGMENTS

    def document(self, row: SegmentRow) -> Mapping[str, Any]:
        return SegmentView.model_validate(row).audited()

    async def create(self, actor: Actor, project: str, body: SegmentCreate) -> Written[SegmentRow]:
        async with writing(self._context, actor, project, "create", self.resource) as write:
            row = SegmentRow(
                **{**body.model_dump(), "name": body.name or body.key},
                **write.first(),
            )
            return await self.insert(write, await self._checked(write, row))

    async def change(
        self, actor: Actor, project: str, key: str, expected: int, body: SegmentPatch
    ) -> Written[SegmentRow]:
        async with writing(self._context, actor, project, "update", self.resource) as write:
            row = await find(write, SEGMENTS, key, expected)
            changed = replace(row, **body.given(), updated_at=write.now)
            return await self.update(write, row, await self._checked(write, changed))

    async def check_archive(self, write: Writing, row: SegmentRow) -> None:
        await super().check_archive(write, row)
        await usages.activate(write.tx, write.scope, "segment", row.key, active=False)

    async def check_restore(self, write: Writing, row: SegmentRow) -> None:
        await self._checked(write, replace(row, archived=False))

    async def check_delete(self, write: Writing, row: SegmentRow) -> None:
        await super().check_delete(write, row)
        await usages.forget(write.tx, write.scope, "segment", row.key)

    async def _checked(self, write: Writing, row: SegmentRow) -> SegmentRow:
        """The row in canonical form; what it names is kept as its usages."""
        with refused_fields():
            segment = segment_of(row)
            validate_segment(segment)
        check_size(segment_to_wire(segment), "included")
        condition = segment.condition
        named = [] if condition is None else await named_segments(write.tx, write.scope, [("if", condition)])
        await self._refuse_cycle(write, row.key, [each.key for each in named])
        user = usages.User("segment", row.key)
        await usages.replace(write.tx, write.scope, user, named, active=not row.archived)
        return replace(
            row,
            included=sorted(segment.included),
            excluded=sorted(segment.excluded),
            condition=None if condition is None else condition_to_document(condition),
        )

    async def _refuse_cycle(self, write: Writing, key: str, named: list[str]) -> None:
        edges = {**await usages.edges(write.tx, write.scope, "segment", None), key: named}
        cycle = find_cycle(edges)
        if cycle:
            raise InvalidInput([FieldError("if", "cycle", f"segments name each other: {' → '.join(cycle)}")])
