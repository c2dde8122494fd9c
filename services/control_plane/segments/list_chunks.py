"""The chunks of long lists as they are stored, and what each version of a list has changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from bucketing.flagset import Segment
from bucketing.long_lists import KeyTable, ListChunk, LongList, chunk_path, key_hash
from messages.documents import chunk_of

from control_plane.database import Connection
from control_plane.entities.table import Scope
from control_plane.segments.list_edits import Chunk, Edited, ListDelta, ListEdit
from control_plane.segments.models import SegmentRow

_AT_ONCE = 64
"""Documents in one statement."""
CHANGES_KEPT_MAX = 100
CHANGES_KEPT_BYTES_MAX = 64 * 1024 * 1024
_NUMBERS = "SELECT number FROM segment_chunks WHERE organization_id = $1 AND segment_id = $2 ORDER BY number"
_DOCUMENTS = """
SELECT number, document FROM segment_chunks
WHERE organization_id = $1 AND segment_id = $2 AND number = ANY($3::integer[])
"""
_DROP = "DELETE FROM segment_chunks WHERE organization_id = $1 AND segment_id = $2 AND number = ANY($3::integer[])"
_PUT = """
INSERT INTO segment_chunks (organization_id, project_id, segment_id, number, document, digest)
SELECT $1, $2, $3, given.* FROM unnest($4::integer[], $5::bytea[], $6::bytea[]) AS given
"""
_NOTE = """
INSERT INTO segment_list_changes
    (organization_id, project_id, segment_id, version, at, written, digest_before, document)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""
_FORGET = """
DELETE FROM segment_list_changes WHERE organization_id = $1 AND segment_id = $2 AND version IN (
    SELECT version FROM (
        SELECT version, row_number() OVER newest AS place, sum(octet_length(document)) OVER newest AS bytes
        FROM segment_list_changes WHERE organization_id = $1 AND segment_id = $2
        WINDOW newest AS (ORDER BY version DESC)
    ) AS kept WHERE place > $3 OR (bytes > $4 AND place > 1)
)
"""
_CHANGES = """
SELECT version, digest_before, document FROM segment_list_changes
WHERE organization_id = $1 AND segment_id = $2 AND version < $3 ORDER BY version DESC LIMIT 1
"""
_LISTING = """
SELECT s.key, c.document FROM segment_chunks c JOIN segments s ON s.id = c.segment_id
WHERE c.organization_id = $1 AND c.project_id = $2 AND ($4 OR NOT s.archived) AND c.number = ANY($3::integer[])
ORDER BY s.key
"""


async def numbers_of(tx: Connection, row: SegmentRow) -> list[int]:
    return [each["number"] for each in await tx.fetch(_NUMBERS, row.organization_id, row.id)]


async def documents_of(tx: Connection, row: SegmentRow, numbers: Sequence[int]) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    for start in range(0, len(numbers), _AT_ONCE):
        wanted = list(numbers[start : start + _AT_ONCE])
        records = await tx.fetch(_DOCUMENTS, row.organization_id, row.id, wanted)
        found |= {each["number"]: each["document"] for each in records}
    return found


async def concerned(tx: Connection, row: SegmentRow, edits: Sequence[ListEdit]) -> tuple[list[int], dict[int, bytes]]:
    """The numbers of all chunks, and the documents of those that the edits are about."""
    numbers = await numbers_of(tx, row)
    return numbers, await documents_of(
        tx, row, [each for each in numbers if any(edit.concerns(each) for edit in edits)]
    )


async def store(tx: Connection, row: SegmentRow, edited: Edited, version: int, now: datetime) -> None:
    """The list as it was edited, and what that version changed."""
    await tx.execute(_DROP, row.organization_id, row.id, list(edited.gone))
    for start in range(0, len(edited.chunks), _AT_ONCE):
        await _put(tx, row, edited.chunks[start : start + _AT_ONCE])
    before = (row.long_list or {}).get("digest", "")
    await tx.execute(
        _NOTE,
        row.organization_id,
        row.project_id,
        row.id,
        version,
        now,
        edited.written,
        bytes.fromhex(before),
        edited.delta.packed(),
    )
    await tx.execute(_FORGET, row.organization_id, row.id, CHANGES_KEPT_MAX, CHANGES_KEPT_BYTES_MAX)


async def _put(tx: Connection, row: SegmentRow, chunks: Sequence[Chunk]) -> None:
    await tx.execute(
        _PUT,
        row.organization_id,
        row.project_id,
        row.id,
        [each.number for each in chunks],
        [each.document for each in chunks],
        [each.digest.to_bytes(32, "big") for each in chunks],
    )


async def changes_of(tx: Connection, organization_id: UUID, segment_id: UUID) -> AsyncIterator[tuple[str, ListDelta]]:
    """What the versions that are kept have changed, the newest first, each with the digest before it (empty: there was
    no list)."""
    version = 2**62
    while (record := await tx.fetchrow(_CHANGES, organization_id, segment_id, version)) is not None:
        version = record["version"]
        yield record["digest_before"].hex(), await asyncio.to_thread(ListDelta.unpacked, record["document"])


async def chunk_then(
    tx: Connection, row: SegmentRow, long_list: LongList, unit: str, chunk: ListChunk | None
) -> ListChunk | None:
    """One that says of the unit what this list of the past said. `chunk`: where the unit belongs now. None: that can't
    be told any more."""
    wanted, digest = f"{long_list.digest:064x}", (row.long_list or {}).get("digest", "")
    standing = None if chunk is None else chunk.standing_of(unit)
    if digest != wanted:
        async for before, delta in changes_of(tx, row.organization_id, row.id):
            standing, digest = delta.standing_before(unit, standing), before
            if digest == wanted:
                break
    if digest != wanted:
        return None
    included, excluded = ([unit] if standing is which else [] for which in (True, False))
    return ListChunk(1, KeyTable(included), KeyTable(excluded))


async def listing(tx: Connection, scope: Scope, unit: str, *, archived: bool = False) -> dict[str, ListChunk]:
    """Of each segment with a long list, by key: the chunk that this unit belongs to. `archived`: of those, too."""
    path = chunk_path(key_hash(unit))
    records = await tx.fetch(_LISTING, scope.organization_id, scope.project_id, path, archived)
    return {each["key"]: chunk_of(each["document"]) for each in records}


async def with_chunk_of(
    tx: Connection, scope: Scope, segments: Mapping[str, Segment], unit: str | None
) -> dict[str, ListChunk]:
    """As `listing`, where it can matter: some of these have a long list, and there is a unit."""
    if unit is None or all(each.long_list is None for each in segments.values()):
        return {}
    return await listing(tx, scope, unit)
