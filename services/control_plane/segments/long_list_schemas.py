"""Bodies of the long lists' endpoints."""

from __future__ import annotations

from typing import Annotated, Any

from bucketing.limits import UNIT_KEY_BYTES_MAX
from pydantic import AfterValidator, Field
from service_kit.schemas import Input

from control_plane.entities.schemas import CHOICE_FIELD, OnExperiments, UnitKey
from control_plane.segments.list_edits import EditMode, KeyPartition, ListEdit, Listing
from control_plane.segments.schemas import SegmentPatch

EDITED_KEYS_MAX = 20_000
LONG_LIST = "long_list"
"""The field of an edit that is about the long list."""


def _fits(key: str) -> str:
    if "\0" in key:
        raise ValueError("holds NUL")
    if len(key.encode()) > UNIT_KEY_BYTES_MAX:
        raise ValueError(f"takes more than {UNIT_KEY_BYTES_MAX} bytes")
    return key


Keys = Annotated[
    list[Annotated[UnitKey, AfterValidator(_fits)]],
    Field(max_length=EDITED_KEYS_MAX, description="Targeting keys, each once."),
]


class KeysChanged(Input, strict=True):
    """Keys that come and that go. One in both comes."""

    add: Keys = Field([], description="Targeting keys; those that are there stay.")
    remove: Keys = Field([], description="Targeting keys; those that aren't there are passed over.")


class ListsChanged(Input, strict=True):
    """Keys that change in the two lists."""

    included: KeysChanged = KeysChanged()
    excluded: KeysChanged = KeysChanged()

    def edits(self) -> list[ListEdit]:
        given = ((Listing.INCLUDED, self.included), (Listing.EXCLUDED, self.excluded))
        return [
            ListEdit(listing, mode, KeyPartition(keys))
            for listing, changed in given
            for mode, keys in ((EditMode.REMOVE, changed.remove), (EditMode.ADD, changed.add))
            if keys
        ]


class LongListPatch(ListsChanged, strict=True):
    """What changes in each of the two lists."""

    on_experiments: OnExperiments = None

    def document(self) -> dict[str, Any]:
        """As an edit of the segment."""
        told = self.model_dump(exclude_unset=True)
        choice = {CHOICE_FIELD: told.pop(CHOICE_FIELD)} if CHOICE_FIELD in told else {}
        return {LONG_LIST: told, **choice}


class SegmentEdit(SegmentPatch, strict=True):
    """What an edit of a segment may change: its long list, too."""

    long_list: ListsChanged = ListsChanged()


def document_of_edit(edit: ListEdit) -> dict[str, Any] | None:
    """As an edit of the segment; None of one that names too many keys, or takes the place of all."""
    if edit.mode is EditMode.REPLACE or edit.keys.count > EDITED_KEYS_MAX:
        return None
    return {LONG_LIST: {edit.listing.value: {edit.mode.value: edit.keys.of(1)}}}
