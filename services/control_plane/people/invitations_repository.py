"""Rows of invitations."""

# ruff: noqa: S608 - nothing but column names of our own is put into the statements

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import asyncpg

from control_plane.access.actor import Actor
from control_plane.database import Connection
from control_plane.people.one_time_links import LIFETIMES

_COLUMNS = (
    "id, organization_id, email, name, role_key AS role, mailed, created_by_kind, created_by, created_at, expires_at"
)


async def insert(
    tx: Connection, actor: Actor, organization_id: UUID, given: tuple[str, str | None, str], link: tuple[bytes, bool]
) -> asyncpg.Record:
    """`given` is e-mail, name and role; `link` its digest, and whether it goes by mail. An open one is replaced."""
    email, name, role = given
    await tx.execute(
        "UPDATE invitations SET ended_at = $3 WHERE organization_id = $1 AND lower(email) = lower($2) "
        "AND ended_at IS NULL",
        organization_id,
        email,
        tx.now,
    )
    row = await tx.fetchrow(
        "INSERT INTO invitations (organization_id, email, name, role_key, sha256, mailed, created_by_kind, created_by, "
        f"created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING {_COLUMNS}",
        organization_id,
        email,
        name,
        role,
        *link,
        actor.kind,
        actor.id,
        tx.now,
        tx.now + LIFETIMES["invitation"],
    )
    assert row is not None  # noqa: S101 - an insert returns its row
    return row


async def list_open(
    tx: Connection, organization_id: UUID, after: tuple[datetime, UUID] | None, limit: int
) -> list[asyncpg.Record]:
    """In the order in which they were made."""
    moment, identity = after or (None, None)
    return await tx.fetch(
        f"SELECT {_COLUMNS} FROM invitations WHERE organization_id = $1 AND ended_at IS NULL AND expires_at > $5 "
        "AND ($2::timestamptz IS NULL OR (created_at, id) > ($2, $3::uuid)) ORDER BY created_at, id LIMIT $4",
        organization_id,
        moment,
        identity,
        limit,
        tx.now,
    )


async def find_open(tx: Connection, digest: bytes, *, lock: bool = False) -> asyncpg.Record | None:
    return await tx.fetchrow(
        f"SELECT {_COLUMNS} FROM invitations WHERE sha256 = $1 AND ended_at IS NULL AND expires_at > $2"
        + (" FOR UPDATE" if lock else ""),
        digest,
        tx.now,
    )


async def find_in(tx: Connection, organization_id: UUID, invitation_id: UUID) -> asyncpg.Record | None:
    """An open one of the organization, locked."""
    return await tx.fetchrow(
        f"SELECT {_COLUMNS} FROM invitations WHERE organization_id = $1 AND id = $2 AND ended_at IS NULL FOR UPDATE",
        organization_id,
        invitation_id,
    )


async def end(tx: Connection, organization_id: UUID, invitation_id: UUID) -> None:
    await tx.execute(
        "UPDATE invitations SET ended_at = $3 WHERE organization_id = $1 AND id = $2",
        organization_id,
        invitation_id,
        tx.now,
    )
