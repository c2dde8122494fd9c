"""Queries about segments, for other features."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from bucketing.flagset import Condition, Segment
from bucketing.long_lists import ListChunk
from service_kit.problems import FieldError, InvalidInput

from control_plane.database import Connection
from control_plane.entities.models import row_of
from control_plane.entities.rows import RowCache, Unreadable, read_each
from control_plane.entities.table import Scope
from control_plane.entities.usages import Reference
from control_plane.segments import list_chunks
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
_DIGESTS = """
SELECT s.key, c.number, c.digest FROM segment_chunks c JOIN segments s ON s.id = c.segment_id
JOIN environments e ON e.organization_id = c.organization_id AND e.project_id = c.project_id
WHERE e.id = $1 AND NOT s.archived AND ($2::text[] IS NULL OR s.key = ANY($2))
"""
_CHUNKS = """
SELECT s.key, c.number, c.document FROM segment_chunks c JOIN segments s ON s.id = c.segment_id
JOIN environments e ON e.organization_id = c.organization_id AND e.project_id = c.project_id
JOIN unnest($2::text[], $3::integer[]) AS wanted (key, number) ON wanted.key = s.key AND wanted.number = c.number
WHERE e.id = $1
"""
_CHUNKS_AT_ONCE = 64

Named = tuple[str, int]
"""A chunk by the key of its segment and its number."""


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
    listed = {record["key"]: record["listed"] for record in records}
    for key, chunk in (await list_chunks.listing(tx, scope, unit)).items():
        standing = chunk.standing_of(unit)
        if standing is not None and listed.get(key) != "excluded":
            listed[key] = "included" if standing else "excluded"
    return sorted(listed.items())[:limit]


async def with_lists(
    tx: Connection, scope: Scope, segments: Mapping[str, Segment], unit: str | None
) -> dict[str, Segment]:
    """The same segments, with what decides of their long lists whether this unit is in them."""
    chunks = await list_chunks.with_chunk_of(tx, scope, segments, unit)
    return {key: _with_chunk(segment, chunks.get(key)) for key, segment in segments.items()}


async def with_past_lists(
    tx: Connection, scope: Scope, segments: Mapping[str, Segment], unit: str | None
) -> dict[str, Segment]:
    """The same segments, with whether this unit was in their long lists when these were what is said of them. Of a list
    whose changes since then are no longer kept nothing can be told."""
    listed = {key for key, segment in segments.items() if segment.long_list is not None}
    if unit is None or not listed:
        return dict(segments)
    chunks = await list_chunks.listing(tx, scope, unit, archived=True)
    rows = await SEGMENTS.of_keys(tx, scope, listed)
    found = dict(segments)
    for key, row in rows.items():
        long_list = segments[key].long_list
        assert long_list is not None  # noqa: S101 - those that have one were asked for
        chunk = await list_chunks.chunk_then(tx, row, long_list, unit, chunks.get(key))
        found[key] = _with_chunk(segments[key], chunk)
    return found


def _with_chunk(segment: Segment, chunk: ListChunk | None) -> Segment:
    if segment.long_list is None or chunk is None:
        return segment
    return replace(segment, long_list=segment.long_list.with_chunks({chunk.number: chunk}))


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


async def chunk_digests(tx: Connection, environment_id: UUID, keys: Collection[str] | None) -> dict[Named, bytes]:
    """Of all chunks that the environment is to serve, or of those of some segments."""
    records = await tx.fetch(_DIGESTS, environment_id, None if keys is None else list(keys))
    return {(each["key"], each["number"]): each["digest"] for each in records}


async def chunk_documents(tx: Connection, environment_id: UUID, wanted: Sequence[Named]) -> dict[Named, bytes]:
    """The documents of these chunks."""
    found: dict[Named, bytes] = {}
    for start in range(0, len(wanted), _CHUNKS_AT_ONCE):
        some = wanted[start : start + _CHUNKS_AT_ONCE]
        records = await tx.fetch(_CHUNKS, environment_id, [key for key, _ in some], [number for _, number in some])
        found |= {(each["key"], each["number"]): each["document"] for each in records}
    return found
