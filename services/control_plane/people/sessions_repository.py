"""Rows of sessions."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from control_plane.access.repository import actor_statement
from control_plane.database import Connection
from control_plane.people.session_terms import Client, SessionTerms

_PER_PERSON_MAX = 500
_ENDED_KEPT = timedelta(days=1)
_SWEPT_AT_ONCE = 5000
_SESSION = """
SELECT sessions.id, sessions.user_id, sessions.kind, sessions.generation, sessions.refresh_sha256,
    sessions.tokens_until, sessions.created_at, sessions.last_used_at, sessions.idle_until, sessions.expires_at,
    sessions.user_agent, sessions.network, users.email
FROM sessions JOIN users ON users.id = sessions.user_id
"""
_IN_FORCE = """
sessions.ended_at IS NULL AND sessions.generation = users.session_generation
AND sessions.idle_until > $2 AND sessions.expires_at > $2
"""


async def insert(
    tx: Connection,
    user_id: UUID,
    generation: int,
    client: Client,
    digests: tuple[bytes, bytes | None],
    *,
    terms: SessionTerms,
) -> asyncpg.Record:
    """`digests`: of the cookie or what refresh tokens share, and of the refresh token."""
    row = await tx.fetchrow(
        "INSERT INTO sessions (user_id, kind, generation, sha256, refresh_sha256, created_at, last_used_at, "
        "idle_until, expires_at, user_agent, network) "
        "VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $8, $9, $10) RETURNING id, expires_at",
        user_id,
        client.kind,
        generation,
        *digests,
        tx.now,
        tx.now + min(terms.idle, terms.absolute),
        tx.now + terms.absolute,
        client.described,
        client.network,
    )
    assert row is not None  # noqa: S101 - an insert returns its row
    return row


async def make_room(tx: Connection, user_id: UUID) -> None:
    """Removes what has ended a while ago, and of more than 500 those that were not used for the longest time."""
    await tx.execute(
        "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE user_id = $1 AND "
        "(expires_at < $2 OR idle_until < $2 OR ended_at < $2) FOR UPDATE SKIP LOCKED)",
        user_id,
        tx.now - _ENDED_KEPT,
    )
    await tx.execute(
        "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE user_id = $1 "
        "ORDER BY last_used_at DESC, created_at DESC OFFSET $2 FOR UPDATE SKIP LOCKED)",
        user_id,
        _PER_PERSON_MAX - 1,
    )


async def sweep(tx: Connection) -> None:
    """Of people who don't come again."""
    await tx.execute(
        "DELETE FROM sessions WHERE id IN "
        "(SELECT id FROM sessions WHERE expires_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED)",
        tx.now - _ENDED_KEPT,
        _SWEPT_AT_ONCE,
    )


_WITH_PERSON = f"""
SELECT session.*, (SELECT to_jsonb(person) FROM ({actor_statement("session.user_id")}) person) AS person
FROM ({_SESSION} WHERE sessions.{{}} = $1 AND {_IN_FORCE}) session
"""  # noqa: S608 - statements of our own
_OF_TOKEN, _OF_COOKIE = _WITH_PERSON.format("id"), _WITH_PERSON.format("sha256")


async def find_with_person(
    connection: Connection, session_id: UUID | None = None, digest: bytes | None = None
) -> asyncpg.Record | None:
    """One that is in force, by its id or by what a browser holds; `person` is its person as `find_actor` tells them."""
    if session_id is not None:
        return await connection.fetchrow(_OF_TOKEN, session_id, connection.now)
    return await connection.fetchrow(_OF_COOKIE, digest, connection.now)


async def find_by_digest(connection: Connection, digest: bytes, *, lock: bool = False) -> asyncpg.Record | None:
    """One that is in force, by what a browser holds or a program's refresh tokens share."""
    statement = f"{_SESSION} WHERE sessions.sha256 = $1 AND {_IN_FORCE}"
    return await connection.fetchrow(statement + (" FOR UPDATE OF sessions" if lock else ""), digest, connection.now)


async def find(connection: Connection, session_id: UUID) -> asyncpg.Record | None:
    """One that is in force."""
    return await connection.fetchrow(f"{_SESSION} WHERE sessions.id = $1 AND {_IN_FORCE}", session_id, connection.now)


async def list_of(
    tx: Connection, user_id: UUID, after: tuple[datetime, UUID] | None = None, limit: int | None = None
) -> list[asyncpg.Record]:
    """Somebody's sessions that are in force, in the order in which they began."""
    moment, identity = after or (None, None)
    return await tx.fetch(
        f"{_SESSION} WHERE sessions.user_id = $1 AND {_IN_FORCE} "
        "AND ($3::timestamptz IS NULL OR (sessions.created_at, sessions.id) > ($3, $4::uuid)) "
        "ORDER BY sessions.created_at, sessions.id LIMIT $5",
        user_id,
        tx.now,
        moment,
        identity,
        limit,
    )


async def note_use(connection: Connection, row: asyncpg.Record, idle: timedelta) -> None:
    await connection.execute(
        "UPDATE sessions SET last_used_at = $2, idle_until = LEAST($3, expires_at) WHERE id = $1",
        row["id"],
        connection.now,
        connection.now + idle,
    )


async def renew(tx: Connection, session_id: UUID, refresh_digest: bytes) -> None:
    await tx.execute("UPDATE sessions SET refresh_sha256 = $2 WHERE id = $1", session_id, refresh_digest)


async def note_token(connection: Connection, session_id: UUID, until: datetime) -> None:
    """That an access token was given which is good until then."""
    await connection.execute(
        "UPDATE sessions SET tokens_until = GREATEST(tokens_until, $2) WHERE id = $1", session_id, until
    )


async def end(tx: Connection, session_ids: list[UUID]) -> None:
    await tx.execute(
        "UPDATE sessions SET ended_at = $2 WHERE id = ANY($1::uuid[]) AND ended_at IS NULL", session_ids, tx.now
    )


async def ended_with_tokens(tx: Connection, organization_id: UUID) -> dict[UUID, list[UUID]]:
    """By member of the organization: those that have ended before their last access token does."""
    rows = await tx.fetch(
        "SELECT sessions.user_id, array_agg(sessions.id ORDER BY sessions.id) AS ids FROM sessions "
        "JOIN memberships ON memberships.user_id = sessions.user_id AND memberships.organization_id = $1 "
        "JOIN users ON users.id = sessions.user_id "
        "WHERE sessions.ended_at IS NOT NULL AND sessions.tokens_until > $2 "
        "AND sessions.generation = users.session_generation GROUP BY sessions.user_id",
        organization_id,
        tx.now,
    )
    return {row["user_id"]: row["ids"] for row in rows}
