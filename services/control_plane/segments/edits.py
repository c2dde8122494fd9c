"""Edits of segments."""

from __future__ import annotations

from control_plane.entities.edits import COMMON_PARTS, EntityEdits
from control_plane.entities.merge import Parts, Whole
from control_plane.segments.service import SegmentService

_PARTS: Parts = {**COMMON_PARTS, "included": Whole.VALUES, "excluded": Whole.VALUES}


def segment_edits(service: SegmentService) -> EntityEdits:
    return EntityEdits(service, _PARTS)
