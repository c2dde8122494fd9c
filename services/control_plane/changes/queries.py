"""Reading the audit log, and verifying its chain."""

# ruff: noqa: S608 - nothing but column names of our own is put into the statements

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import asyncpg

from control_plane.changes.hash_chain import ALL_COLUMNS, GENESIS, entry_hash
from control_plane.database import Connection

_ALL = ", ".join((*ALL_COLUMNS, "previous_hash", "hash"))
_BATCH_ROWS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryFilter:
    """None: any."""

    project_id: UUID | None = None
    entity: str | None = None
    entity_key: str | None = None
    action: str | None = None
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class Verification:
    """What a check of the hash chain found. `entries` is how many were found good before the first bad one."""

    entries: int
    first_bad: int | None = None
    reason: str | None = None


async def entries_before(
    tx: Connection, organization_id: UUID, number: int | None, limit: int, wanted: EntryFilter
) -> list[asyncpg.Record]:
    """Entries with a lower number than this one, the newest first."""
    return await tx.fetch(
        f"SELECT {_ALL} FROM audit_entries WHERE organization_id = $1 AND ($2::bigint IS NULL OR number < $2) "
        "AND ($4::uuid IS NULL OR project_id = $4) AND ($5::text IS NULL OR entity = $5) "
        "AND ($6::text IS NULL OR entity_key = $6) AND ($7::text IS NULL OR action = $7) "
        "AND ($8::text IS NULL OR $8 IN (actor_id, actor_name)) ORDER BY number DESC LIMIT $3",
        organization_id,
        number,
        limit,
        wanted.project_id,
        wanted.entity,
        wanted.entity_key,
        wanted.action,
        wanted.actor,
    )


async def has_act(tx: Connection, organization_id: UUID, act_id: UUID) -> bool:
    """Whether an act of another service is in the log."""
    found: bool = await tx.fetchval(
        "SELECT EXISTS (SELECT FROM audit_entries WHERE organization_id = $1 AND act_id = $2)", organization_id, act_id
    )
    return found


async def verify(tx: Connection, organization_id: UUID) -> Verification:
    """Recomputes the chain from its beginning to the recorded head.

    A changed entry breaks its own hash, a removed or inserted one the sequence, a cut tail the head. `tx` is best
    a repeatable read, so that the head fits the entries.
    """
    head = await tx.fetchrow("SELECT number, hash FROM audit_heads WHERE organization_id = $1", organization_id)
    last, previous = 0, GENESIS
    while True:
        rows = await tx.fetch(
            f"SELECT {_ALL} FROM audit_entries WHERE organization_id = $1 AND number > $2 ORDER BY number LIMIT $3",
            organization_id,
            last,
            _BATCH_ROWS,
        )
        for row in rows:
            if row["number"] != last + 1:
                return Verification(entries=last, first_bad=last + 1, reason="the entry is missing")
            if row["previous_hash"] != previous or entry_hash(row, previous) != row["hash"]:
                return Verification(entries=last, first_bad=row["number"], reason="the entry was changed")
            last, previous = row["number"], row["hash"]
        if len(rows) < _BATCH_ROWS:
            break
    if head is None:
        return (
            Verification(entries=last)
            if last == 0
            else Verification(entries=last, first_bad=last, reason="the head of the chain is missing")
        )
    if head["number"] > last:
        return Verification(entries=last, first_bad=last + 1, reason="the end of the log was cut off")
    if head["number"] != last or head["hash"] != previous:
        return Verification(entries=last, first_bad=last, reason="the head does not fit the last entry")
    return Verification(entries=last)
