"""Records a change: the environments' next versions, the audit entry, the outbox rows, a word to the relay."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

import asyncpg
from service_kit.logs import current_request_id
from service_kit.origins import current_address, current_reason, current_right
from service_kit.traces import current_traceparent

from control_plane.changes.hash_chain import ALL_COLUMNS, GENESIS, canonical_json, entry_hash
from control_plane.changes.models import Change, Origin
from control_plane.changes.written import note_written
from control_plane.database import Connection, Statement, renumbered

CHANNEL = "environment_changed"

# In one round trip, and still in one order: the head is not looked for before the environments are locked.
_BEGIN = """
WITH locked AS (
    SELECT id FROM environments
    WHERE (id = ANY($1::uuid[]) OR $3) AND organization_id = $2
    ORDER BY id FOR NO KEY UPDATE
), versions AS (
    UPDATE environments SET version = version + 1 FROM locked WHERE environments.id = locked.id
    RETURNING environments.id, environments.version
), head AS (
    SELECT number, hash FROM audit_heads
    WHERE organization_id = $2 AND (SELECT count(*) FROM versions) >= 0 FOR UPDATE
)
SELECT (SELECT jsonb_object_agg(id, version) FROM versions) AS begun_versions,
    (SELECT number FROM head) AS begun_number, (SELECT hash FROM head) AS begun_hash
"""
_WANTED = 3
"""Parameters of it."""
_FIRST_HEAD = """
INSERT INTO audit_heads (organization_id, number, hash) VALUES ($1, 0, $2) ON CONFLICT (organization_id) DO NOTHING
"""
_HEAD = "SELECT number, hash FROM audit_heads WHERE organization_id = $1 FOR UPDATE"
_STORED = (*ALL_COLUMNS, "previous_hash", "hash")
_TYPES = {
    "organization_id": "uuid",
    "number": "bigint",
    "at": "timestamptz",
    "project_id": "uuid",
    "environment_versions": "jsonb",
    "act_id": "uuid",
    "previous_hash": "bytea",
    "hash": "bytea",
}
"""Of the columns that are no text."""
_VERSIONS, _CHANNEL = ALL_COLUMNS.index("environment_versions") + 1, len(ALL_COLUMNS) + 3
_NOW, _GROWTH, _HEAD_NUMBER, _HEAD_HASH, _TRACE = (_CHANNEL + each for each in range(1, 6))
_INTO_LOG = f"INSERT INTO audit_entries ({', '.join(ALL_COLUMNS)}, previous_hash, hash)"
# However many there are, by one statement: whoever waits for the head waits while they are written.
_COLUMNS_GIVEN = ", ".join(f"${index}::{_TYPES.get(name, 'text')}[]" for index, name in enumerate(_STORED, 1))
_FURTHER = f"{_INTO_LOG} SELECT * FROM unnest({_COLUMNS_GIVEN})"  # noqa: S608 - column names and types of our own
_END = f"""
WITH entry AS (
    {_INTO_LOG} VALUES ({", ".join(f"${index + 1}" for index in range(len(_STORED)))}) RETURNING organization_id, number
), head AS (
    UPDATE audit_heads SET number = ${_HEAD_NUMBER}, hash = ${_HEAD_HASH}
    FROM entry WHERE audit_heads.organization_id = entry.organization_id
), waiting AS (
    INSERT INTO outbox (environment_id, version, organization_id, audit_number, created_at, growth, traceparent)
    SELECT given.key::uuid, given.value::bigint, entry.organization_id, entry.number, ${_NOW}, ${_GROWTH}, ${_TRACE}
    FROM entry, jsonb_each_text(${_VERSIONS}) AS given
    RETURNING environment_id
), told AS (
    SELECT pg_notify(${_CHANNEL}, '') FROM (SELECT 1 FROM waiting LIMIT 1) AS one
)
SELECT (SELECT count(*) FROM told) AS told
"""  # noqa: S608 - column names of our own

_Values = tuple[object, ...]
"""Of one entry, as `_STORED` names them."""


class _Head(NamedTuple):
    """Where an organization's chain ends."""

    number: int
    hash: bytes


class Begun(NamedTuple):
    """What a record goes on from: the environments' new versions and the head, both locked. `row`: what came of the
    write that was begun with."""

    versions: dict[str, int]
    head: _Head
    row: asyncpg.Record


class Asked(NamedTuple):
    """What is asked with the record of a write that makes each of its environments larger by so many bytes: a SELECT
    that sees the write's own rows, and nothing of its record."""

    growth: int
    obstacles: Statement


async def record(tx: Connection, change: Change) -> dict[UUID, int]:
    """Ends a domain write. Answers the version that each environment of the change has now.

    Call it once per write, after the write's own rows, in the write's transaction. Versions have no gaps: the row
    of the environment stays locked until the commit. Locks are taken in one order (environments by id, then the
    organization's head), so two changes never wait for each other.
    Raises `LookupError` for an environment that isn't the organization's.
    """
    versions, _ = await record_begun(tx, [change], await _begin(tx, change, change.environment_ids), None)
    return versions


async def begin_record(
    tx: Connection,
    organization_id: UUID,
    environment_ids: Collection[UUID],
    write: Statement | None = None,
    *,
    everywhere: bool = False,
) -> Begun:
    """Locks and counts on the environments, then locks the organization's head. In the same round trip `write`, an
    INSERT or UPDATE of one row with what it returns. Raises `LookupError` as `record` does."""
    given = (sorted(environment_ids), organization_id, everywhere)
    if write is None:
        row = await tx.fetchrow_after(_BEGIN, *given)
    else:
        row = await tx.fetchrow_after(_beginning_with(write.sql), *given, *write.values)
    assert row is not None  # noqa: S101 - a SELECT without FROM has one row
    versions: dict[str, int] = row["begun_versions"] or {}
    if not _by_id(versions).keys() >= set(environment_ids):
        raise LookupError("a change names an environment that its organization does not have")
    if row["begun_number"] is None:
        return Begun(versions, await _first_head(tx, organization_id), row)
    return Begun(versions, _Head(row["begun_number"], row["begun_hash"]), row)


async def record_begun(
    tx: Connection, changes: Sequence[Change], begun: Begun, asked: Asked | None
) -> tuple[dict[UUID, int], asyncpg.Record | None]:
    """Ends what was begun: the first change has the versions, further ones came of it in other entities, and have those
    of the environments that they name. Answers the versions, and what was asked."""
    entry, head = _entry(tx, changes[0], begun.versions, begun.head)
    further = []
    for change in changes[1:]:
        own = {str(each): begun.versions[str(each)] for each in change.environment_ids}
        values, head = _entry(tx, change, own, head)
        further.append(values)
    told = await _end(tx, entry, further, head, asked)
    versions = _by_id(begun.versions)
    note_written(changes[0].organization_id, versions)
    return versions, told


async def record_together(tx: Connection, changes: Sequence[Change], last: Change) -> dict[UUID, int]:
    """Ends writes of one organization that are made together: each environment gets one version, each write its entry,
    and `last` the one that tells of them all. Answers and raises as `record` does.
    """
    wanted = {environment for change in (*changes, last) for environment in change.environment_ids}
    begun = await _begin(tx, last, wanted)
    head, further = begun.head, []
    for change in changes:
        own = {each: begun.versions[each] for each in sorted(str(each) for each in change.environment_ids)}
        values, head = _entry(tx, change, own, head)
        further.append(values)
    entry, head = _entry(tx, last, begun.versions, head)
    await _end(tx, entry, further, head, None)
    versions = _by_id(begun.versions)
    note_written(last.organization_id, versions)
    return versions


def _by_id(given: dict[str, int]) -> dict[UUID, int]:
    return {UUID(each): given[each] for each in sorted(given)}


async def _begin(tx: Connection, change: Change, environment_ids: Collection[UUID]) -> Begun:
    return await begin_record(tx, change.organization_id, environment_ids, everywhere=change.everywhere)


@lru_cache(maxsize=64)
def _beginning_with(write: str) -> str:
    return (
        f"WITH written AS ({renumbered(write, _WANTED)}), {_BEGIN.strip().removeprefix('WITH ')}"
        ", written.* FROM (SELECT 1) AS one LEFT JOIN written ON true"
    )


async def _first_head(tx: Connection, organization_id: UUID) -> _Head:
    await tx.execute(_FIRST_HEAD, organization_id, GENESIS)
    head = await tx.fetchrow(_HEAD, organization_id)
    assert head is not None  # noqa: S101 - inserted in the statement before
    return _Head(head["number"], head["hash"])


async def _end(
    tx: Connection, entry: _Values, further: Sequence[_Values], head: _Head, asked: Asked | None
) -> asyncpg.Record | None:
    """Appends the entry of a transaction that says what waits to be published, and others; the chain ends at `head`
    then."""
    if further:
        tx.later(_FURTHER, *(list(column) for column in zip(*further, strict=True)))
    growth, trace = 0 if asked is None else asked.growth, current_traceparent() or None
    given = (*entry, CHANNEL, tx.now, growth, head.number, head.hash, trace)
    if asked is None:
        return await tx.fetchrow_after(_END, *given)
    return await tx.fetchrow_after(_asking(asked.obstacles.sql), *given, *asked.obstacles.values)


@lru_cache(maxsize=16)
def _asking(obstacles: str) -> str:
    return f"{_END.rstrip()}, asked.* FROM ({renumbered(obstacles, _TRACE)}) AS asked"


def _entry(tx: Connection, change: Change, versions: dict[str, int], head: _Head) -> tuple[_Values, _Head]:
    """What is appended after `head`, and the head that it is then."""
    origin, maker = change.origin or present_origin(), change.actor.maker
    entry = {
        "organization_id": change.organization_id,
        "number": head.number + 1,
        "at": origin.at or tx.now,
        "actor_kind": change.actor.kind,
        "actor_id": str(change.actor.id),
        "actor_name": change.actor.name,
        "project_id": change.project_id,
        "environment_versions": versions,
        "entity": change.entity,
        "entity_key": change.entity_key,
        "action": change.action,
        "before": None if change.before is None else canonical_json(change.before),
        "after": None if change.after is None else canonical_json(change.after),
        "address": origin.address,
        "request_id": origin.request_id,
        "act_id": origin.act_id,
        "reason": origin.reason,
        "used_right": origin.right,
        "behalf_kind": maker and maker.kind,
        "behalf_id": maker and str(maker.id),
        "behalf_name": maker and maker.name,
    }
    digest = entry_hash(entry, head.hash)
    values = (*(entry[name] for name in ALL_COLUMNS), head.hash, digest)
    return values, _Head(head.number + 1, digest)


def present_origin() -> Origin:
    """Of the request that is being served."""
    return Origin(
        address=current_address() or None,
        request_id=current_request_id() or None,
        reason=current_reason() or None,
        right=current_right() or None,
    )
