"""No key is included in one list of a segment and excluded in the other, be the lists short or long."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from service_kit.problems import FieldError, InvalidInput

from control_plane.database import Connection
from control_plane.segments import list_chunks
from control_plane.segments.list_edits import Edited, EditMode, KeyPartition, ListEdit, Listing, listed
from control_plane.segments.models import SegmentRow

_OPPOSITE = {Listing.INCLUDED: Listing.EXCLUDED, Listing.EXCLUDED: Listing.INCLUDED}


def check_long_list(row: SegmentRow, fields: Mapping[str, Any], edited: Edited) -> None:
    """Raises `InvalidInput` for a key that an edit adds to the long list while the opposite short list, as it is with
    these fields, has it."""
    for short, long in _OPPOSITE.items():
        keys: Sequence[str] = fields.get(short.value, getattr(row, short.value))
        if both := set(keys).intersection(edited.delta.added[long]):
            _refuse(long, min(both), f"is {short.value} by the segment itself")


async def check_short_lists(tx: Connection, row: SegmentRow, before: SegmentRow) -> None:
    """Raises `InvalidInput` for a key that comes into a short list while the opposite long list has it."""
    if row.long_list is None:
        return
    fresh = {each: set(getattr(row, each.value)).difference(getattr(before, each.value)) for each in Listing}
    edits = [ListEdit(each, EditMode.ADD, KeyPartition(keys)) for each, keys in fresh.items() if keys]
    if not edits:
        return
    _, documents = await list_chunks.concerned(tx, row, edits)
    found = await asyncio.to_thread(listed, documents.values(), set().union(*fresh.values()))
    for short, long in _OPPOSITE.items():
        if both := fresh[short] & found[long]:
            _refuse(short, min(both), f"is {long.value} in the long list")


def _refuse(listing: Listing, key: str, reason: str) -> None:
    raise InvalidInput([FieldError(listing.value, "both_lists", f"{key!r} {reason}")])
