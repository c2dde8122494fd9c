"""Segments as JSON."""

from __future__ import annotations

from bucketing.document.conditions import condition_from_document, condition_to_document
from bucketing.document.fields import at, expect, optional, required
from bucketing.flagset import Json, Segment


def segment_from_document(document: Json, path: str = "") -> Segment:
    """Read `{"key", "included": [keys], "excluded": [keys], "if": condition}`; all but the key may be absent."""
    fields = expect(document, dict, path)
    condition = fields.get("if")
    return Segment(
        key=required(fields, "key", str, path),
        included=_keys(fields, "included", path),
        excluded=_keys(fields, "excluded", path),
        condition=None if condition is None else condition_from_document(condition, at(path, "if")),
    )


def _keys(fields: dict[str, Json], name: str, path: str) -> frozenset[str]:
    entries = optional(fields, name, list, path, [])
    return frozenset(expect(key, str, f"{at(path, name)}[{index}]") for index, key in enumerate(entries))


def segment_to_document(segment: Segment) -> dict[str, Json]:
    """Write a segment; its key lists are sorted."""
    document: dict[str, Json] = {
        "key": segment.key,
        "included": sorted(segment.included),
        "excluded": sorted(segment.excluded),
    }
    if segment.condition is not None:
        document["if"] = condition_to_document(segment.condition)
    return document
