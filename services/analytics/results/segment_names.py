"""What a segment is called: its key in a query's answer, as people and programs read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from analytics.warehouse.scopes import OF_EXPOSURES

SegmentValue = str | int | float | bool | list[Any] | dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class SegmentName:
    """`segment`: as text, None for the units without the attribute (an empty text is a value). `value`: as JSON, where
    a text differs from a number or a truth value that reads the same."""

    segment: str | None
    value: SegmentValue


def name_of(by: str, key: str) -> SegmentName:
    """Days, SDK keys and config versions are plain text; an attribute is JSON, empty where there is none."""
    if by in OF_EXPOSURES:
        return SegmentName(key, key)
    if not key:
        return SegmentName(None, None)
    try:
        value = msgspec.json.decode(key)
    except msgspec.MsgspecError:
        return SegmentName(key, key)
    return SegmentName(value if isinstance(value, str) else key, value)
