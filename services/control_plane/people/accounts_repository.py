"""Rows of accounts."""

from __future__ import annotations

from uuid import UUID

import asyncpg

from control_plane.database import Connection


async def list_organizations(tx: Connection, user_id: UUID) -> list[asyncpg.Record]:
    """The organizations of a person with the role in each, by key."""
    return await tx.fetch(
        "SELECT organizations.id, organizations.key, organizations.name, memberships.role_key AS role FROM memberships "
        "JOIN organizations ON organizations.id = memberships.organization_id "
        "WHERE memberships.user_id = $1 AND deactivated_at IS NULL ORDER BY organizations.key",
        user_id,
    )


async def find_login(tx: Connection, email: str, network: str = "") -> asyncpg.Record | None:
    """`known`: they have signed in from this network before."""
    return await tx.fetchrow(
        "SELECT id, email, password_hash, session_generation, is_administrator, EXISTS (SELECT FROM sign_in_networks "
        "WHERE user_id = users.id AND network = $2) AS known FROM users WHERE lower(email) = lower($1)",
        email,
        network,
    )


async def lock_user(tx: Connection, user_id: UUID) -> None:
    """Until the end of the transaction."""
    await tx.execute("SELECT FROM users WHERE id = $1 FOR NO KEY UPDATE", user_id)


async def is_same_address(tx: Connection, one: str, other: str) -> bool:
    """As accounts tell their addresses apart."""
    same: bool = await tx.fetchval("SELECT lower($1::text) = lower($2::text)", one, other)
    return same


async def member_with(tx: Connection, organization_id: UUID, email: str) -> UUID | None:
    """The account of the member with this address, deactivated ones too."""
    found: UUID | None = await tx.fetchval(
        "SELECT users.id FROM memberships JOIN users ON users.id = memberships.user_id "
        "WHERE organization_id = $1 AND lower(email) = lower($2)",
        organization_id,
        email,
    )
    return found


async def insert_user(
    tx: Connection, email: str, name: str, password_hash: str | None, *, is_administrator: bool = False
) -> UUID | None:
    """The id of the new person, or None when the e-mail is taken. Without a password they come in by others' word."""
    found: UUID | None = await tx.fetchval(
        "INSERT INTO users (email, name, password_hash, is_administrator, created_at) VALUES ($1, $2, $3, $4, $5) "
        "ON CONFLICT (lower(email)) DO NOTHING RETURNING id",
        email,
        name,
        password_hash,
        is_administrator,
        tx.now,
    )
    return found


async def set_password(tx: Connection, user_id: UUID, password_hash: str | None) -> None:
    """Also ends every session of that person."""
    await tx.execute(
        "UPDATE users SET password_hash = $2, session_generation = session_generation + 1 WHERE id = $1",
        user_id,
        password_hash,
    )


async def end_sessions(tx: Connection, user_id: UUID) -> None:
    """Every session of that person."""
    await tx.execute("UPDATE users SET session_generation = session_generation + 1 WHERE id = $1", user_id)
