"""Queries of what is published and what is not."""

# ruff: noqa: S608 - nothing but columns and conditions of our own is put into the statements

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import asyncpg
from service_kit.traces import LINKS_MAX

from control_plane.database import Connection

_KNOWN = "LEAST(version, GREATEST(stream_version, published_version)) AS known_version"
"""The highest version that can stand on the stream, if this database is the one that wrote it."""
_LEADS = "EXISTS (SELECT FROM leases WHERE name = 'relay' AND epoch = $3)"
_WRITING = f"UPDATE environments SET stream_version = GREATEST(stream_version, $2) WHERE id = $1 AND {_LEADS}"
# Under a lock of the lease: who takes the next term reads what was told in this one.
_TELLING = """
WITH leads AS MATERIALIZED (SELECT FROM leases WHERE name = 'relay' AND epoch = $3 FOR SHARE)
UPDATE environments SET stream_version = GREATEST(stream_version, $2), told_subjects = $4
WHERE id = $1 AND EXISTS (SELECT FROM leads)
"""
# What no longer waits is on the stream, also until somebody looks at it again.
_MARK = f"""
WITH marked AS (
    UPDATE environments SET published_version = $2, published_at = $5, told_subjects = $6,
        repair_requested_at = CASE WHEN repair_requested_at <= $4 THEN NULL ELSE repair_requested_at END
    WHERE id = $1 AND published_version <= $2 AND {_LEADS} RETURNING id
), published AS (
    DELETE FROM outbox USING marked WHERE environment_id = marked.id AND version <= $2 RETURNING growth
), counted AS (
    UPDATE config_streams SET bytes = bytes + (SELECT COALESCE(sum(growth), 0) FROM published)
    WHERE name = 'CONFIG' AND EXISTS (SELECT FROM published WHERE growth <> 0)
)
SELECT count(*) FROM marked
"""


async def all_environments(tx: Connection) -> list[asyncpg.Record]:
    """Each with its `id`, `published_version`, `known_version` and `told_subjects`."""
    return await tx.fetch(f"SELECT id, published_version, told_subjects, {_KNOWN} FROM environments ORDER BY id")


async def known_version(tx: Connection, environment_id: UUID) -> int | None:
    """The highest version of one environment that can stand on the stream; None for one that doesn't exist."""
    version: int | None = await tx.fetchval(f"SELECT {_KNOWN} FROM environments WHERE id = $1", environment_id)
    return version


async def environments_to_compare(tx: Connection, *, lock: bool = False) -> list[asyncpg.Record]:
    """Each with whose it is, its keys and versions, by id."""
    return await tx.fetch(
        "SELECT environments.id, environments.organization_id, environments.project_id, environments.key, "
        f"projects.key AS project_key, version, published_version, {_KNOWN} "
        "FROM environments JOIN projects ON projects.id = environments.project_id ORDER BY environments.id"
        + (" FOR NO KEY UPDATE OF environments" if lock else "")
    )


async def unpublished(tx: Connection) -> list[asyncpg.Record]:
    """Environments with a version or a repair to publish that nothing blocks, the longest waiting first."""
    return await tx.fetch(
        f"SELECT environments.id, version, repair_requested_at, {_KNOWN}, "
        "(SELECT sum(written) FROM segment_list_changes AS listed WHERE listed.project_id = environments.project_id "
        "AND listed.at >= since) AS list_bytes FROM environments "
        "LEFT JOIN LATERAL (SELECT min(created_at) AS since FROM outbox WHERE environment_id = environments.id) "
        "AS waiting ON true WHERE (version > published_version OR repair_requested_at IS NOT NULL) "
        "AND NOT EXISTS (SELECT FROM publication_blocks WHERE environment_id = environments.id) "
        "ORDER BY since NULLS LAST, id"
    )


async def traces_waiting(tx: Connection, environment_id: UUID, version: int) -> list[str | None]:
    """Of each change up to a version that is not published yet, the newest first; so many as a span names."""
    rows = await tx.fetch(
        "SELECT traceparent FROM outbox WHERE environment_id = $1 AND version <= $2 ORDER BY version DESC LIMIT $3",
        environment_id,
        version,
        LINKS_MAX + 1,
    )
    return [row["traceparent"] for row in rows]


async def note_writing(tx: Connection, environment_id: UUID, version: int, epoch: int) -> bool:
    """Notes that a version is about to be written to the stream; False when the epoch is no longer the leader's."""
    return (await tx.execute(_WRITING, environment_id, version, epoch)).endswith(" 1")


async def note_telling(tx: Connection, environment_id: UUID, version: int, epoch: int, subjects: list[str]) -> bool:
    """Notes that followers are about to be told of a version, with all subjects of which they may then hold something
    else than the stream; False when the epoch is no longer the leader's."""
    return (await tx.execute(_TELLING, environment_id, version, epoch, subjects)).endswith(" 1")


async def mark_published(
    tx: Connection, environment_id: UUID, version: int, epoch: int, repaired: datetime | None, told: list[str]
) -> bool:
    """Notes that a version is on the stream, and of which subjects followers may still hold something else; False when
    the epoch is no longer the leader's."""
    marked: int = await tx.fetchval(_MARK, environment_id, version, epoch, repaired, tx.now, told)
    return marked == 1


async def request_repair(tx: Connection, organization_id: UUID, environment_id: UUID) -> None:
    """By the database's clock: processes compare these moments, to see whether a repair is still asked for."""
    await tx.execute(
        "UPDATE environments SET repair_requested_at = now() WHERE organization_id = $1 AND id = $2",
        organization_id,
        environment_id,
    )
    await tx.execute("SELECT pg_notify('environment_changed', '')")
