"""Queries about recorded changes, for other features."""

# ruff: noqa: S608 - nothing but column names of our own is put into the statements

from __future__ import annotations

from uuid import UUID

import asyncpg

from control_plane.changes.hash_chain import ALL_COLUMNS
from control_plane.database import Connection

_ALL = ", ".join((*ALL_COLUMNS, "previous_hash", "hash"))


async def entries_after(tx: Connection, organization_id: UUID, number: int, limit: int) -> list[asyncpg.Record]:
    """Entries with a higher number than this one, the oldest first. Numbers are committed in their order, so none comes
    later that is lower than one of these."""
    return await tx.fetch(
        f"SELECT {_ALL} FROM audit_entries WHERE organization_id = $1 AND number > $2 ORDER BY number LIMIT $3",
        organization_id,
        number,
        limit,
    )


async def entry_of(tx: Connection, organization_id: UUID, number: int) -> asyncpg.Record | None:
    """One entry by its number."""
    return await tx.fetchrow(
        f"SELECT {_ALL} FROM audit_entries WHERE organization_id = $1 AND number = $2", organization_id, number
    )


async def last_number(tx: Connection, organization_id: UUID) -> int:
    """That of the newest entry, 0 without one."""
    found = await tx.fetchval("SELECT number FROM audit_heads WHERE organization_id = $1", organization_id)
    return found or 0


async def entry_number(tx: Connection, organization_id: UUID, entity: str, key: str) -> int | None:
    """The first entry about something; None where there is none."""
    number: int | None = await tx.fetchval(
        "SELECT number FROM audit_entries WHERE organization_id = $1 AND entity = $2 AND entity_key = $3 "
        "ORDER BY number LIMIT 1",
        organization_id,
        entity,
        key,
    )
    return number


async def has_act(tx: Connection, organization_id: UUID, act_id: UUID) -> bool:
    """Whether an act of another service is in the log."""
    found: bool = await tx.fetchval(
        "SELECT EXISTS (SELECT FROM audit_entries WHERE organization_id = $1 AND act_id = $2)", organization_id, act_id
    )
    return found


async def last_author(tx: Connection, organization_id: UUID, entity: str, key: str, *, but: str) -> str | None:
    """The name of who wrote last to one entity, other than this actor; None where nobody did."""
    name: str | None = await tx.fetchval(
        "SELECT actor_name FROM audit_entries WHERE organization_id = $1 AND entity = $2 AND entity_key = $3 "
        "AND actor_id <> $4 ORDER BY at DESC, number DESC LIMIT 1",
        organization_id,
        entity,
        key,
        but,
    )
    return name
