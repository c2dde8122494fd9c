"""Queries about segments, for other features."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

from bucketing.flagset import Condition, Segment
from service_kit.problems import FieldError, InvalidInput

from control_plane.database import Connection
from control_plane.entities.models import row_of
from control_plane.entities.rows import RowCache, Unreadable, read_each
from control_plane.entities.table import Scope
from control_plane.entities.usages import Reference
from control_plane.segments.definition import segment_of
from control_plane.segments.models import SEGMENTS, SegmentRow
from control_plane.segments.references import segments_in

ARCHIVED = """
(SELECT jsonb_object_agg(key, archived) FROM segments
WHERE organization_id = $1 AND project_id = $2 AND key = ANY($3::text[]))
"""
"""By key, whether a segment is archived, of those keys that there are; for a statement that asks for more."""
_LISTING = """
SELECT key, CASE WHEN included::jsonb ? $3 THEN 'included' ELSE 'excluded' END AS listed FROM segments
WHERE organization_id = $1 AND project_id = $2 AND NOT archived AND (included::jsonb ? $3 OR excluded::jsonb ? $3)
ORDER BY key LIMIT $4
"""


async def named_segments(tx: Connection, scope: Scope, conditions: Iterable[tuple[str, Condition]]) -> list[Reference]:
    """The segments that these conditions (with their field paths) name, to be kept as usages.

    Raises `InvalidInput`, with the path of each, for a segment that is absent or archived.
    """
    named = segments_named(conditions)
    if not named:
        return []
    keys = sorted({key for _, key in named})
    archived = await tx.fetchval(f"SELECT {ARCHIVED}", scope.organization_id, scope.project_id, keys)
    return checked_segments(named, archived or {})


def segments_named(conditions: Iterable[tuple[str, Condition]]) -> list[tuple[str, str]]:
    """The path and the key of each segment that the conditions (with their field paths) name."""
    return [found for path, condition in conditions for found in segments_in(condition, path)]


def checked_segments(named: Iterable[tuple[str, str]], archived: Mapping[str, bool]) -> list[Reference]:
    """As `named_segments`, by what `ARCHIVED` has told."""
    errors: list[FieldError] = []
    found: dict[str, Reference] = {}
    for path, key in named:
        if key not in archived:
            errors.append(FieldError(path, "unknown_segment", f"there is no segment {key!r}"))
        elif archived[key]:
            errors.append(FieldError(path, "archived_segment", f"the segment {key!r} is archived"))
        found[key] = Reference("segment", key)
    if errors:
        raise InvalidInput(errors)
    return list(found.values())


async def segments_listing(tx: Connection, scope: Scope, unit: str, limit: int) -> list[tuple[str, str]]:
    """The segments in whose lists this targeting key stands, by key, each with `included` or `excluded`."""
    records = await tx.fetch(_LISTING, scope.organization_id, scope.project_id, unit, limit)
    return [(record["key"], record["listed"]) for record in records]


async def compiled(tx: Connection, environment_id: UUID, cache: RowCache[Segment | None]) -> list[Segment | Unreadable]:
    """The segments of the environment's project that aren't archived; only those that changed are read."""
    stamps = await SEGMENTS.stamps_of_environment(tx, environment_id)
    changed = cache.changed(stamps)
    found = cache.updated(stamps, await of_keys(tx, environment_id, changed) if changed else {})
    return [each for each in found if each is not None]


async def of_keys(
    tx: Connection, environment_id: UUID, keys: Collection[str]
) -> dict[str, Segment | Unreadable | None]:
    """Those of these keys that there are; None for one that is archived."""
    rows = await SEGMENTS.of_environment(tx, environment_id, keys)
    fresh = read_each(rows, lambda row: row.key, lambda row: None if row.archived else segment_of(row))
    return dict(zip((row.key for row in rows), fresh, strict=True))


def segment_of_document(scope: Scope, document: Mapping[str, Any]) -> Segment | None:
    """The segment as it was served, from what the audit log has kept; None for one that was archived."""
    row = row_of(SegmentRow, scope, document, condition=document["if"])
    return None if row.archived else segment_of(row)
