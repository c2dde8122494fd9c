"""Segments: audiences that flags, experiments and other segments name. The same in every environment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from types import MappingProxyType
from typing import Any, ClassVar

from bucketing.document import condition_to_document
from bucketing.limits import LONG_LIST_KEYS_MAX
from bucketing.references import find_cycle
from bucketing.validation import validate_segment
from messages.documents import chunk_of, segment_document
from service_kit.deadlines import piecewise
from service_kit.problems import Conflict, FieldError, InvalidInput

from control_plane.access import Actor
from control_plane.entities import usages
from control_plane.entities.answers import Answered, entity_document
from control_plane.entities.errors import refused_fields
from control_plane.entities.integrity import ExperimentIntegrity, SegmentReplacement
from control_plane.entities.owners import with_owner
from control_plane.entities.service import EntityService
from control_plane.entities.sizes import check_size
from control_plane.entities.transactions import ProjectTransactions, WriteTransaction, find
from control_plane.entities.usage_paths import usage_paths
from control_plane.environments.queries import EnvironmentRow
from control_plane.quotas import Quota
from control_plane.segments import list_chunks
from control_plane.segments.both_lists import check_long_list, check_short_lists
from control_plane.segments.definition import segment_of
from control_plane.segments.list_edits import (
    BothLists,
    Edited,
    ListChange,
    ListEdit,
    Listing,
    Standing,
    edited,
    listed,
)
from control_plane.segments.long_list_schemas import LONG_LIST, SegmentEdit
from control_plane.segments.models import SEGMENTS, SegmentRow
from control_plane.segments.queries import named_segments
from control_plane.segments.schemas import SegmentCreate, SegmentPatch, SegmentUsersView

Fields = Mapping[str, Any]
NONE: Fields = MappingProxyType({})
_LIST_SECONDS = 60.0
"""For a list of a million keys, on a busy machine."""
_LIST_IS_GONE = "its long list was deleted with it: create the segment, and upload the list"
_AUDIENCE = ("included", "excluded", "condition", "long_list", "archived")


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
        self._patient = transactions.patient(_LIST_SECONDS)

    def view(self, row: SegmentRow) -> Answered:
        own = {
            "included": row.included,
            "excluded": row.excluded,
            "if": row.condition,
            "long_list": row.long_list,
        }
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
        if before is not None:
            await check_short_lists(write.tx, row, before)
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

    async def edit_list(
        self, actor: Actor, project: str, key: str, expected: int | None, change: ListChange
    ) -> Answered:
        """Edits the long list, and changes other fields with it. What changes nothing leaves no version behind.

        Raises `InvalidInput` for a key in both lists and for too many keys, and `PreconditionFailed` when somebody else
        has written meanwhile."""
        with piecewise():
            return await self._edit_list(actor, project, key, expected, change)

    async def _edit_list(
        self, actor: Actor, project: str, key: str, expected: int | None, change: ListChange
    ) -> Answered:
        async with self._patient.read(actor, project, self._right("update")) as read:
            row = await find(read, SEGMENTS, key, expected)
            self.refuse_archived(row)
            numbers, documents = await list_chunks.concerned(read.tx, row, change.edits)
        outcome = await asyncio.to_thread(_edited, row, numbers, documents, change.edits)
        check_long_list(row, change.fields, outcome)
        if outcome.delta.empty and not change.fields:
            return self.view(row)
        document = change.document or {}
        edit = replace(self.edit("update", key), document=document, base_version=expected, whole=bool(document))
        right = self._right(edit.action)
        async with self._patient.write(actor, project, right, entity=self.kind, edit=edit) as write:
            found = await self.found(write, "update", key, row.version)
            return await self._with_list(write, found, outcome, change.fields)

    async def change_with_list(
        self, actor: Actor, project: str, key: str, expected: int, body: SegmentEdit
    ) -> Answered:
        """As `change`, of a long list, too, in a transaction that others wait for: of no more keys than a request
        names. Raises as `edit_list` does."""
        edits = body.long_list.edits()
        async with self._write(actor, project, self.edit("update", key, body, expected)) as write:
            row = await self.found(write, "update", key, expected)
            self.refuse_archived(row)
            numbers, documents = await list_chunks.concerned(write.tx, row, edits)
            fields = {name: value for name, value in body.given().items() if name != LONG_LIST}
            with _of_list():
                outcome = await asyncio.to_thread(_edited, row, numbers, documents, edits)
                check_long_list(row, fields, outcome)
            return await self._with_list(write, row, outcome, fields)

    async def _with_list(self, write: WriteTransaction, row: SegmentRow, outcome: Edited, fields: Fields) -> Answered:
        given = self.columns(await with_owner(write, dict(fields)))
        changed = replace(row, **given, long_list=outcome.standing.told(), updated_at=write.now)
        if not outcome.delta.empty:
            await list_chunks.store(write.tx, row, outcome, row.version + 1, write.now)
        return await self.update(write, row, await self.checked(write, changed, row))

    async def listed(self, actor: Actor, project: str, key: str, edits: Sequence[ListEdit]) -> dict[Listing, set[str]]:
        """Of the keys that edits name: those that stand in each of the two lists."""
        async with self._transactions.read(actor, project, self._right("read")) as read:
            row = await find(read, SEGMENTS, key)
            _, documents = await list_chunks.concerned(read.tx, row, edits)
        named = [name for each in edits for name in each.keys.of(1)]
        return await asyncio.to_thread(listed, documents.values(), named)

    async def check_list_edit(self, actor: Actor, project: str, key: str, expected: int | None) -> None:
        """Raises what an edit of the long list raises before its keys matter."""
        async with self._transactions.read(actor, project, self._right("update")) as read:
            self.refuse_archived(await find(read, SEGMENTS, key, expected))

    async def users(self, actor: Actor, project: str, key: str) -> SegmentUsersView:
        """What uses the segment, itself and through others."""
        async with self._transactions.read(actor, project, self._right("read")) as read:
            await find(read, SEGMENTS, key)
            found, truncated = await usage_paths(read.tx, read.scope, self.kind, key)
        return SegmentUsersView.model_validate({"items": found, "truncated": truncated}, from_attributes=True)

    async def list_keys(self, actor: Actor, project: str, key: str, listing: Listing) -> AsyncIterator[Sequence[str]]:
        """All keys of one of the two lists, a chunk at a time, as they stand at one moment."""
        async with self._patient.read(actor, project, self._right("read")) as read:
            row = await find(read, SEGMENTS, key)
            documents = await list_chunks.documents_of(read.tx, row, await list_chunks.numbers_of(read.tx, row))
        return _keys_of(documents.values(), listing)

    def authored(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """A document of before there were long lists has none."""
        return {**super().authored(document), "long_list": document.get("long_list")}

    async def bring_back(
        self, actor: Actor, project: str, key: str, expected: int, fields: Mapping[str, Any]
    ) -> Answered:
        """A list is brought back by undoing what its versions have changed since; raises `Conflict` where these are no
        longer kept."""
        others = {name: value for name, value in fields.items() if name != "long_list"}
        if "long_list" not in fields:
            return await super().bring_back(actor, project, key, expected, others)
        also = self.patch.model_validate(others).given() if others else NONE
        edits = await self._undoing(actor, project, key, (fields["long_list"] or {}).get("digest", ""))
        return await self.edit_list(actor, project, key, expected, ListChange(edits, also))

    async def _undoing(self, actor: Actor, project: str, key: str, digest: str) -> list[ListEdit]:
        edits: list[ListEdit] = []
        async with self._patient.read(actor, project, self._right("update")) as read:
            row = await find(read, SEGMENTS, key)
            if (row.long_list or {}).get("digest", "") == digest:
                return edits
            async for before, delta in list_chunks.changes_of(read.tx, row.organization_id, row.id):
                edits += delta.undone()
                if before == digest:
                    return edits
        raise Conflict("what its long list was then is no longer kept", code="long_list_not_kept")

    async def recreate(self, actor: Actor, project: str, document: Mapping[str, Any]) -> Answered:
        if document.get("long_list"):
            raise Conflict(_LIST_IS_GONE, code="not_undoable")
        given = {**super().authored(document), "key": document["key"]}
        return (await self.create(actor, project, SegmentCreate.model_validate(given))).view

    def _growth(self, before: SegmentRow | None, stored: SegmentRow) -> int:
        was_there = before is not None and not (before.archived and not stored.archived)
        grown = Standing.of(stored.long_list).bytes
        if before is not None and was_there:
            grown -= Standing.of(before.long_list).bytes
        return super()._growth(before, stored) + grown

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


def _edited(
    row: SegmentRow, numbers: Sequence[int], documents: Mapping[int, bytes], edits: Sequence[ListEdit]
) -> Edited:
    try:
        outcome = edited(Standing.of(row.long_list), numbers, documents, edits)
    except BothLists as error:
        reason = f"{error.key!r} would be included and excluded"
        raise InvalidInput([FieldError("excluded", "both_lists", reason)]) from error
    for each in Listing:
        if getattr(outcome.standing, each) > LONG_LIST_KEYS_MAX:
            reason = f"a list has at most {LONG_LIST_KEYS_MAX:,} keys"
            raise InvalidInput([FieldError(each.value, "too_many", reason)])
    return outcome


@contextmanager
def _of_list() -> Iterator[None]:
    """Fields that are refused are those of the long list."""
    try:
        yield
    except InvalidInput as problem:
        errors = [FieldError(f"{LONG_LIST}.{each.field}", each.code, each.reason) for each in problem.errors]
        raise InvalidInput(errors) from problem


async def _keys_of(documents: Iterable[bytes], listing: Listing) -> AsyncIterator[Sequence[str]]:
    for document in documents:
        yield sorted(getattr(chunk_of(document), listing))


async def _refuse_cycle(write: WriteTransaction, key: str, named: list[str]) -> None:
    if not named:
        # What leads nowhere is part of no circle.
        return
    edges = {**await usages.edges(write.tx, write.scope, "segment", None), key: named}
    cycle = find_cycle(edges)
    if cycle:
        raise InvalidInput([FieldError("if", "cycle", f"segments name each other: {' → '.join(cycle)}")])
