"""From a stored or requested segment to the rule engine's."""

from __future__ import annotations

from bucketing.document import segment_from_document
from bucketing.flagset import Segment

from control_plane.segments.models import SegmentRow


def segment_of(row: SegmentRow) -> Segment:
    """Raises `InvalidConfig` for a condition of a wrong shape."""
    return segment_from_document(
        {
            "key": row.key,
            "included": row.included,
            "excluded": row.excluded,
            "if": row.condition,
            "long_list": row.long_list,
        }
    )
