"""Bodies of the long lists' endpoints."""

from __future__ import annotations

from typing import Annotated

from bucketing.limits import UNIT_KEY_BYTES_MAX
from pydantic import AfterValidator, Field
from service_kit.schemas import Input

from control_plane.entities.schemas import OnExperiments, UnitKey
from control_plane.segments.list_edits import EditMode, KeyPartition, ListEdit, Listing

EDITED_KEYS_MAX = 20_000


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


class LongListPatch(Input, strict=True):
    """What changes in each of the two lists."""

    included: KeysChanged = KeysChanged()
    excluded: KeysChanged = KeysChanged()
    on_experiments: OnExperiments = None

    def edits(self) -> list[ListEdit]:
        given = ((Listing.INCLUDED, self.included), (Listing.EXCLUDED, self.excluded))
        return [
            ListEdit(listing, mode, KeyPartition(keys))
            for listing, changed in given
            for mode, keys in ((EditMode.REMOVE, changed.remove), (EditMode.ADD, changed.add))
            if keys
        ]
