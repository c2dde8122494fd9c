"""Records a change: the environments' next versions, the audit entry, the outbox rows, a word to the relay."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

import asyncpg
from service_kit.logs import current_request_id
from service_kit.origins import current_address, current_reason, current_right

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
SELECT (SELECT jsonb_object_agg(id, version) FROM versions) AS versions,
    (SELECT number FROM head) AS number, (SELECT hash FROM head) AS hash
"""
_FIRST_HEAD = """
INSERT INTO audit_heads (organization_id, number, hash) VALUES ($1, 0, $2) ON CONFLICT (organization_id) DO NOTHING
"""
_HEAD = "SELECT number, hash FROM audit_heads WHERE organization_id = $1 FOR UPDATE"
_VERSIONS, _CHANNEL = ALL_COLUMNS.index("environment_versions") + 1, len(ALL_COLUMNS) + 3
_NOW, _GROWTH = _CHANNEL + 1, _CHANNEL + 2
_APPEND = f"""
WITH entry AS (
    INSERT INTO audit_entries ({", ".join(ALL_COLUMNS)}, previous_hash, hash)
    VALUES ({", ".join(f"${index + 1}" for index in range(len(ALL_COLUMNS) + 2))})
    RETURNING organization_id, number, hash
), head AS (
    UPDATE audit_heads SET number = entry.number, hash = entry.hash
    FROM entry WHERE audit_heads.organization_id = entry.organization_id
)
"""  # noqa: S608 - column names of our own
_END = f"""{_APPEND.rstrip()}, waiting AS (
    INSERT INTO outbox (environment_id, version, organization_id, audit_number, created_at, growth)
    SELECT given.key::uuid, given.value::bigint, entry.organization_id, entry.number, ${_NOW}, ${_GROWTH}
    FROM entry, jsonb_each_text(${_VERSIONS}) AS given
    RETURNING environment_id
), told AS (
    SELECT pg_notify(${_CHANNEL}, '') FROM (SELECT 1 FROM waiting LIMIT 1) AS one
)
SELECT (SELECT count(*) FROM told) AS told
"""  # noqa: S608 - column names of our own


class _Head(NamedTuple):
    """Where an organization's chain ends."""

    number: int
    hash: bytes


async def record(tx: Connection, change: Change) -> dict[UUID, int]:
    """Ends a domain write. Answers the version that each environment of the change has now.

    Call it once per write, after the write's own rows, in the write's transaction. Versions have no gaps: the row
    of the environment stays locked until the commit. Locks are taken in one order (environments by id, then the
    organization's head), so two changes never wait for each other.
    Raises `LookupError` for an environment that isn't the organization's.
    """
    versions, _ = await _record(tx, change, 0, None)
    return versions


async def record_asking(
    tx: Connection, change: Change, growth: int, question: Statement
) -> tuple[dict[UUID, int], asyncpg.Record]:
    """As `record`, of a write that makes each of its environments larger by so many bytes, and what else was asked in
    the same round trip: a SELECT that sees the write's own rows, and nothing of its record."""
    versions, told = await _record(tx, change, growth, question)
    assert told is not None  # noqa: S101 - asked for
    return versions, told


async def _record(
    tx: Connection, change: Change, growth: int, question: Statement | None
) -> tuple[dict[UUID, int], asyncpg.Record | None]:
    given, head = await _begin(tx, change, set(change.environment_ids))
    values, _ = _entry(tx, change, given, head)
    told = await _end(tx, values, growth, question)
    versions = _by_id(given)
    note_written(change.organization_id, versions)
    return versions, told


async def record_together(tx: Connection, changes: Sequence[Change], last: Change) -> dict[UUID, int]:
    """Ends writes of one organization that are made together: each environment gets one version, each write its entry,
    and `last` the one that tells of them all. Answers and raises as `record` does.
    """
    wanted = {environment for change in (*changes, last) for environment in change.environment_ids}
    given, head = await _begin(tx, last, wanted)
    for change in changes:
        own = {each: given[each] for each in sorted(str(each) for each in change.environment_ids)}
        values, head = _entry(tx, change, own, head)
        await tx.execute(f"{_APPEND} SELECT FROM entry", *values)
    values, _ = _entry(tx, last, given, head)
    await _end(tx, values, 0, None)
    versions = _by_id(given)
    note_written(last.organization_id, versions)
    return versions


def _by_id(given: dict[str, int]) -> dict[UUID, int]:
    return {UUID(each): given[each] for each in sorted(given)}


async def _begin(tx: Connection, change: Change, wanted: set[UUID]) -> tuple[dict[str, int], _Head]:
    """Locks and counts on the environments, then locks the organization's head."""
    begun = await tx.fetchrow_after(_BEGIN, sorted(wanted), change.organization_id, change.everywhere)
    assert begun is not None  # noqa: S101 - a SELECT without FROM has one row
    given: dict[str, int] = begun["versions"] or {}
    if not _by_id(given).keys() >= wanted:
        raise LookupError("a change names an environment that its organization does not have")
    head = begun if begun["number"] is not None else await _first_head(tx, change.organization_id)
    return given, _Head(head["number"], head["hash"])


async def _first_head(tx: Connection, organization_id: UUID) -> asyncpg.Record:
    await tx.execute(_FIRST_HEAD, organization_id, GENESIS)
    head = await tx.fetchrow(_HEAD, organization_id)
    assert head is not None  # noqa: S101 - inserted in the statement before
    return head


async def _end(
    tx: Connection, values: tuple[object, ...], growth: int, question: Statement | None
) -> asyncpg.Record | None:
    """Appends the last entry of a transaction, which says what waits to be published."""
    given = (*values, CHANNEL, tx.now, growth)
    if question is None:
        return await tx.fetchrow(_END, *given)
    return await tx.fetchrow(_asking(question.sql), *given, *question.values)


@lru_cache(maxsize=16)
def _asking(question: str) -> str:
    return f"{_END.rstrip()}, asked.* FROM ({renumbered(question, _GROWTH)}) AS asked"


def _entry(tx: Connection, change: Change, versions: dict[str, int], head: _Head) -> tuple[tuple[object, ...], _Head]:
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
