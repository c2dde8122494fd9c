"""A segment as it is stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from control_plane.entities.models import EntityRow
from control_plane.entities.table import EntityTable


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentRow(EntityRow):
    """A segment as it is stored.

    `condition` is a document in the authoring form, None for a segment of listed keys alone. `long_list`: how many keys
    it has further, how many bytes their chunks take, and their digest; None: it has none."""

    included: list[str]
    excluded: list[str]
    condition: dict[str, Any] | None
    long_list: dict[str, Any] | None = None


SEGMENTS = EntityTable("segments", SegmentRow)
