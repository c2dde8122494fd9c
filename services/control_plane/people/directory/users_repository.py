"""Rows of the people of a directory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import asyncpg

from control_plane.database import Connection

_ROWS = """
SELECT id, user_name, external_id, active, document, user_id, revision, created_at, updated_at,
    (SELECT jsonb_agg(jsonb_build_array(groups.id, groups.name) ORDER BY groups.name)
        FROM directory_group_members m JOIN groups ON groups.id = m.group_id
        WHERE m.directory_user_id = directory_users.id) AS groups
FROM directory_users WHERE organization_id = $1
"""
COLUMNS: Mapping[str, str] = {
    "id": "id::text = lower($2)",
    "username": "lower(user_name) = lower($2)",
    "externalid": "external_id = $2",
}
"""Attributes that a row is found by, in small letters."""


async def find(tx: Connection, organization_id: UUID, user_id: UUID, *, lock: bool = False) -> asyncpg.Record | None:
    return await tx.fetchrow(_ROWS + " AND id = $2" + (" FOR UPDATE" if lock else ""), organization_id, user_id)


async def find_by(tx: Connection, organization_id: UUID, attribute: str, value: str) -> list[asyncpg.Record]:
    """Those whose attribute (of `COLUMNS`) is this."""
    return await tx.fetch(f"{_ROWS} AND {COLUMNS[attribute]} ORDER BY created_at, id", organization_id, value)


async def listed(tx: Connection, organization_id: UUID, *, offset: int, limit: int | None) -> list[asyncpg.Record]:
    """In the order in which they were made."""
    return await tx.fetch(f"{_ROWS} ORDER BY created_at, id OFFSET $2 LIMIT $3", organization_id, offset, limit)


async def count(tx: Connection, organization_id: UUID) -> int:
    return int(await tx.fetchval("SELECT count(*) FROM directory_users WHERE organization_id = $1", organization_id))


async def is_taken(tx: Connection, organization_id: UUID, user_name: str, *, apart_from: UUID | None = None) -> bool:
    """Whether somebody else of the directory has this name."""
    found: bool = await tx.fetchval(
        "SELECT EXISTS (SELECT FROM directory_users WHERE organization_id = $1 AND lower(user_name) = lower($2) "
        "AND id IS DISTINCT FROM $3)",
        organization_id,
        user_name,
        apart_from,
    )
    return found


async def insert(tx: Connection, organization_id: UUID, document: Mapping[str, Any]) -> UUID | None:
    """None when the name is taken."""
    made: UUID | None = await tx.fetchval(
        "INSERT INTO directory_users (organization_id, user_name, external_id, active, document, created_at, "
        "updated_at) VALUES ($1, $2, $3, $4, $5, $6, $6) ON CONFLICT DO NOTHING RETURNING id",
        organization_id,
        document["userName"],
        document.get("externalId"),
        document.get("active", True),
        document,
        tx.now,
    )
    return made


async def update(tx: Connection, organization_id: UUID, user_id: UUID, document: Mapping[str, Any]) -> None:
    await tx.execute(
        "UPDATE directory_users SET user_name = $3, external_id = $4, active = $5, document = $6, updated_at = $7, "
        "revision = revision + 1 WHERE organization_id = $1 AND id = $2",
        organization_id,
        user_id,
        document["userName"],
        document.get("externalId"),
        document.get("active", True),
        document,
        tx.now,
    )


async def link(tx: Connection, organization_id: UUID, user_id: UUID, account_id: UUID) -> bool:
    """False when the account is another's of the directory already."""
    status = await tx.execute(
        "UPDATE directory_users SET user_id = $3 WHERE organization_id = $1 AND id = $2 AND NOT EXISTS "
        "(SELECT FROM directory_users WHERE organization_id = $1 AND user_id = $3)",
        organization_id,
        user_id,
        account_id,
    )
    return status.endswith(" 1")


async def delete(tx: Connection, organization_id: UUID, user_id: UUID) -> None:
    await tx.execute("DELETE FROM directory_users WHERE organization_id = $1 AND id = $2", organization_id, user_id)


async def accounts(tx: Connection, organization_id: UUID, users: Sequence[UUID]) -> dict[UUID, UUID | None]:
    """Each person of the directory among `users`, with their account."""
    rows = await tx.fetch(
        "SELECT id, user_id FROM directory_users WHERE organization_id = $1 AND id = ANY($2::uuid[])",
        organization_id,
        list(users),
    )
    return {row["id"]: row["user_id"] for row in rows}


async def unlinked_with(tx: Connection, organization_id: UUID, email: str) -> UUID | None:
    """Somebody who waits for an account and is called by this address."""
    found: UUID | None = await tx.fetchval(
        "SELECT id FROM directory_users WHERE organization_id = $1 AND user_id IS NULL "
        "AND lower(user_name) = lower($2)",
        organization_id,
        email,
    )
    return found
