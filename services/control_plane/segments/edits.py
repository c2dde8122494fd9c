"""Edits of segments, and of their long lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import BaseModel
from service_kit.problems import NotFound

from control_plane.access import Actor
from control_plane.entities.edits import COMMON_PARTS, EditDetails, EntityEdits, read_document
from control_plane.entities.merge import Parts, Whole
from control_plane.entities.models import Edit
from control_plane.segments.list_edits import EditMode, Listing
from control_plane.segments.long_list_schemas import LONG_LIST, ListsChanged, SegmentEdit
from control_plane.segments.service import SegmentService

_PARTS: Parts = {**COMMON_PARTS, "included": Whole.VALUES, "excluded": Whole.VALUES}
_KEYS = "long_list_keys"
Keys = Mapping[Listing, set[str]]


class SegmentEdits(EntityEdits):
    """An edit of a long list names keys that come and go, so it is laid over whatever the list is when it is made."""

    def __init__(self, service: SegmentService) -> None:
        super().__init__(service, _PARTS)
        self._segments = service

    def form(self, edit: Edit) -> type[BaseModel] | None:
        return SegmentEdit if edit.action == "update" else super().form(edit)

    def authored(self, document: Mapping[str, Any]) -> Mapping[str, Any]:
        """Without the long list: what is known of it is no field of an edit."""
        return {name: value for name, value in super().authored(document).items() if name != LONG_LIST}

    async def details(self, actor: Actor, project: str, edit: Edit) -> EditDetails:
        """Kept are the keys that it moves: one that is where it is to be is others' business until it is made. The
        audit log has their number."""
        if not _edits_list(edit):
            return EditDetails(edit)
        lists = read_document(SegmentEdit, edit.document).long_list
        try:
            before = await self._segments.listed(actor, project, edit.key, lists.edits())
        except NotFound:
            return EditDetails(edit)
        after = _applied(before, lists)
        moved = {
            each.value: {
                EditMode.ADD.value: sorted(after[each] - before[each]),
                EditMode.REMOVE.value: sorted(before[each] - after[each]),
            }
            for each in Listing
        }
        counts = {name: {mode: len(keys) for mode, keys in each.items()} for name, each in moved.items()}
        return EditDetails(
            replace(edit, document={**edit.document, LONG_LIST: moved}),
            {_KEYS: _told(before)},
            {_KEYS: _told(after)},
            {**edit.document, LONG_LIST: counts},
        )

    async def make(self, actor: Actor, project: str, edit: Edit, expected: int) -> None:
        if not _edits_list(edit):
            await super().make(actor, project, edit, expected)
            return
        body = read_document(SegmentEdit, edit.document)
        await self._segments.change_with_list(actor, project, edit.key, expected, body)


def _edits_list(edit: Edit) -> bool:
    return edit.action == "update" and LONG_LIST in edit.document


def _applied(before: Keys, lists: ListsChanged) -> Keys:
    changed = {Listing.INCLUDED: lists.included, Listing.EXCLUDED: lists.excluded}
    return {each: before[each].difference(keys.remove).union(keys.add) for each, keys in changed.items()}


def _told(keys: Keys) -> dict[str, Sequence[str]]:
    return {each.value: sorted(keys[each]) for each in Listing}
