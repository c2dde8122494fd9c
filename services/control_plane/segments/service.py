"""Segments: audiences that flags, experiments and other segments name. The same in every environment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from bucketing.document import condition_to_document
from bucketing.references import find_cycle
from bucketing.validation import validate_segment
from messages.documents import segment_document
from service_kit.problems import FieldError, InvalidInput

from control_plane.entities import usages
from control_plane.entities.answers import Answered, entity_document
from control_plane.entities.errors import refused_fields
from control_plane.entities.integrity import ExperimentIntegrity, SegmentReplacement
from control_plane.entities.service import EntityService
from control_plane.entities.sizes import check_size
from control_plane.entities.transactions import ProjectTransactions, WriteTransaction
from control_plane.environments.queries import EnvironmentRow
from control_plane.quotas import Quota
from control_plane.segments.definition import segment_of
from control_plane.segments.models import SEGMENTS, SegmentRow
from control_plane.segments.queries import named_segments
from control_plane.segments.schemas import SegmentCreate, SegmentPatch

_AUDIENCE = ("included", "excluded", "condition", "archived")


class SegmentService(EntityService[SegmentRow]):
    """The segments of a project."""

    kind: ClassVar = "segment"
    resource: ClassVar = "segment"
    quota: ClassVar = Quota.SEGMENTS
    table = SEGMENTS
    creation: ClassVar = SegmentCreate
    patch: ClassVar = SegmentPatch

    def __init__(self, transactions: ProjectTransactions, integrity: ExperimentIntegrity) -> None:
        super().__init__(transactions)
        self._integrity = integrity

    def view(self, row: SegmentRow) -> Answered:
        own = {"included": row.included, "excluded": row.excluded, "if": row.condition}
        return Answered({**entity_document(row), **own})

    async def checked(
        self,
        write: WriteTransaction,
        row: SegmentRow,
        before: SegmentRow | None,
    ) -> SegmentRow:
        """The row in canonical form; what it names is kept as its usages."""
        with refused_fields():
            segment = segment_of(row)
            validate_segment(segment)
        parts = {"included": row.included, "excluded": row.excluded, "if": row.condition}
        check_size(segment_document(segment), parts)
        condition = segment.condition
        named = [] if condition is None else await named_segments(write.tx, write.scope, [("if", condition)])
        await _refuse_cycle(write, row.key, [each.key for each in named])
        if before is not None and await write.reached():
            await self._integrity.hold(write, SegmentReplacement(segment_of(before), segment))
        referrer = usages.Referrer("segment", row.key)
        usages.replace_later(write.tx, write.scope, referrer, named, active=not row.archived)
        return replace(
            row,
            included=sorted(segment.included),
            excluded=sorted(segment.excluded),
            condition=None if condition is None else condition_to_document(condition),
        )

    async def serving(
        self, write: WriteTransaction, before: SegmentRow | None, after: SegmentRow | None
    ) -> Sequence[EnvironmentRow]:
        """Those in which something in use names the segment, when who belongs to it changes."""
        if before is None or (after is not None and all(getattr(before, n) == getattr(after, n) for n in _AUDIENCE)):
            return ()
        ids = await usages.served_through(write.tx, write.scope, "segment", before.key)
        return [each for each in write.environments if each.id in ids]

    async def check_archive(self, write: WriteTransaction, row: SegmentRow) -> None:
        await super().check_archive(write, row)
        usages.activate_later(write.tx, write.scope, "segment", row.key, active=False)

    async def check_restore(self, write: WriteTransaction, row: SegmentRow) -> None:
        await self.checked(write, replace(row, archived=False), row)

    async def check_delete(self, write: WriteTransaction, row: SegmentRow) -> None:
        await super().check_delete(write, row)
        usages.forget_later(write.tx, write.scope, "segment", row.key)


async def _refuse_cycle(write: WriteTransaction, key: str, named: list[str]) -> None:
    if not named:
        # What leads nowhere is part of no circle.
        return
    edges = {**await usages.edges(write.tx, write.scope, "segment", None), key: named}
    cycle = find_cycle(edges)
    if cycle:
        raise InvalidInput([FieldError("if", "cycle", f"segments name each other: {' → '.join(cycle)}")])
