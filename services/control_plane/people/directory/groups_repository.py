"""Rows of the groups that a directory keeps: groups like all others, with the mark that they are provisioned."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from unicodedata import normalize
from uuid import UUID

import asyncpg

from control_plane.database import Connection

_ROWS = """
SELECT id, key, name, external_id, revision, created_at, updated_at,
    (SELECT jsonb_agg(jsonb_build_array(m.directory_user_id, directory_users.user_name, m.display)
            ORDER BY directory_users.created_at, directory_users.id)
        FROM directory_group_members m JOIN directory_users ON directory_users.id = m.directory_user_id
        WHERE m.group_id = groups.id) AS members
FROM groups WHERE organization_id = $1 AND provisioned
"""
COLUMNS: Mapping[str, str] = {
    "id": "id::text = lower($2)",
    "displayname": "lower(name) = lower($2)",
    "externalid": "external_id = $2",
}
"""Attributes that a row is found by, in small letters."""
_KEY_LENGTH_MAX = 64


async def find(tx: Connection, organization_id: UUID, group_id: UUID, *, lock: bool = False) -> asyncpg.Record | None:
    return await tx.fetchrow(_ROWS + " AND id = $2" + (" FOR UPDATE" if lock else ""), organization_id, group_id)


async def find_by(tx: Connection, organization_id: UUID, attribute: str, value: str) -> list[asyncpg.Record]:
    """Those whose attribute (of `COLUMNS`) is this."""
    return await tx.fetch(f"{_ROWS} AND {COLUMNS[attribute]} ORDER BY created_at, id", organization_id, value)


async def listed(tx: Connection, organization_id: UUID, *, offset: int, limit: int | None) -> list[asyncpg.Record]:
    """In the order in which they were made."""
    return await tx.fetch(f"{_ROWS} ORDER BY created_at, id OFFSET $2 LIMIT $3", organization_id, offset, limit)


async def count(tx: Connection, organization_id: UUID) -> int:
    return int(
        await tx.fetchval("SELECT count(*) FROM groups WHERE organization_id = $1 AND provisioned", organization_id)
    )


async def is_taken(tx: Connection, organization_id: UUID, name: str, *, apart_from: UUID | None = None) -> bool:
    """Whether another group of the directory has this name."""
    found: bool = await tx.fetchval(
        "SELECT EXISTS (SELECT FROM groups WHERE organization_id = $1 AND provisioned AND lower(name) = lower($2) "
        "AND id IS DISTINCT FROM $3)",
        organization_id,
        name,
        apart_from,
    )
    return found


async def insert(tx: Connection, organization_id: UUID, name: str, external_id: str | None) -> UUID:
    """Under a key made of its name; groups are made one by one, as the organization is locked by the quota."""
    taken = {row["key"] for row in await tx.fetch("SELECT key FROM groups WHERE organization_id = $1", organization_id)}
    made: UUID = await tx.fetchval(
        "INSERT INTO groups (organization_id, key, name, external_id, provisioned, created_at, updated_at) "
        "VALUES ($1, $2, $3, $4, true, $5, $5) RETURNING id",
        organization_id,
        _free_key(name, taken),
        name,
        external_id,
        tx.now,
    )
    return made


async def update(tx: Connection, organization_id: UUID, group_id: UUID, name: str, external_id: str | None) -> None:
    await tx.execute(
        "UPDATE groups SET name = $3, external_id = $4, updated_at = $5, revision = revision + 1 "
        "WHERE organization_id = $1 AND id = $2",
        organization_id,
        group_id,
        name,
        external_id,
        tx.now,
    )


async def delete(tx: Connection, organization_id: UUID, group_id: UUID) -> None:
    await tx.execute("DELETE FROM groups WHERE organization_id = $1 AND id = $2", organization_id, group_id)


async def set_members(tx: Connection, organization_id: UUID, group_id: UUID, users: Mapping[UUID, str | None]) -> None:
    """Exactly these people of the directory, as it shows them; their accounts are in the group itself."""
    await tx.execute(
        "DELETE FROM directory_group_members WHERE group_id = $1 AND NOT directory_user_id = ANY($2::uuid[])",
        group_id,
        list(users),
    )
    await tx.execute(
        "INSERT INTO directory_group_members (organization_id, group_id, directory_user_id, display) "
        "SELECT $1, $2, id, display FROM unnest($3::uuid[], $4::text[]) AS given (id, display) "
        "ON CONFLICT (group_id, directory_user_id) DO UPDATE SET display = EXCLUDED.display",
        organization_id,
        group_id,
        list(users),
        list(users.values()),
    )
    await follow(tx, organization_id, group_id)


async def follow(tx: Connection, organization_id: UUID, group_id: UUID) -> None:
    """The group's members are the accounts of those whom the directory has in it."""
    await tx.execute(
        "DELETE FROM group_members WHERE group_id = $1 AND NOT EXISTS (SELECT FROM directory_group_members m "
        "JOIN directory_users d ON d.id = m.directory_user_id WHERE m.group_id = $1 "
        "AND d.user_id = group_members.user_id)",
        group_id,
    )
    await tx.execute(
        "INSERT INTO group_members (organization_id, group_id, user_id) SELECT $1, $2, d.user_id "
        "FROM directory_group_members m JOIN directory_users d ON d.id = m.directory_user_id "
        "WHERE m.group_id = $2 AND d.user_id IS NOT NULL ON CONFLICT DO NOTHING",
        organization_id,
        group_id,
    )


async def join(tx: Connection, organization_id: UUID, user_id: UUID, account_id: UUID) -> None:
    """Somebody of the directory has an account now: it joins the groups that they are in."""
    await tx.execute(
        "INSERT INTO group_members (organization_id, group_id, user_id) SELECT $1, group_id, $3 "
        "FROM directory_group_members WHERE organization_id = $1 AND directory_user_id = $2 ON CONFLICT DO NOTHING",
        organization_id,
        user_id,
        account_id,
    )


def _free_key(name: str, taken: Collection[str]) -> str:
    plain = normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    key = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[: _KEY_LENGTH_MAX - 6].strip("-") or "group"
    if not key[0].isalpha():
        key = f"group-{key}"[:_KEY_LENGTH_MAX]
    candidate, number = key, 1
    while candidate in taken:
        number += 1
        candidate = f"{key}-{number}"
    return candidate
