"""Sessions: somebody is signed in, in one browser by a cookie or in one program by tokens.

A cookie is a secret of 256 bits that the database knows the SHA-256 of. A program has access tokens of some minutes,
and a refresh token that is used once: a second use shows that somebody else has it, and ends the session.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
from service_kit.logs import get_logger
from service_kit.problems import NotFound, Unauthorized
from service_kit.tokens import AUDIENCE, Claims, TokenIssuer, WithdrawnToken, audience_of

from control_plane.access import repository
from control_plane.access.actor import Actor
from control_plane.access.repository import roles_of
from control_plane.changes import Change, record
from control_plane.database import ACCOUNTS, Connection, Database
from control_plane.people import accounts_repository, sessions_repository
from control_plane.people.one_time_links import digest_of
from control_plane.people.session_terms import Client, Session, SessionTerms

REFRESH_PREFIX = "vr_"
_FOR_ONE_SERVICE = timedelta(minutes=5)
_USE_NOTED_EVERY = timedelta(minutes=1)
_log = get_logger("sessions")


class SessionEnded(Unauthorized):
    """The same answer for one that never was, has ended, or is too old."""

    default_code = "session_ended"

    def __init__(self, detail: str = "the session has ended: sign in again", *, code: str | None = None) -> None:
        super().__init__(detail, code=code)


@dataclass(frozen=True, slots=True)
class NewSession:
    """One that has just begun, or was refreshed. `secret`: the cookie, or the refresh token. `access_token`: empty
    where none is wanted."""

    session: Session
    secret: str
    expires_at: datetime
    access_token: str


class Sessions:
    """Begins, finds and ends them."""

    def __init__(self, database: Database, issuer: TokenIssuer, terms: SessionTerms) -> None:
        self._database = database
        self._issuer = issuer
        self.terms = terms

    async def begin(
        self, tx: Connection, user_id: UUID, client: Client, *, generation: int | None = None, with_token: bool = True
    ) -> NewSession:
        """In the transaction of the sign-in. Raises `Unauthorized` when the person's password is no longer that of
        `generation`."""
        person = await repository.find_actor(tx, user_id)
        assert person is not None  # noqa: S101 - people are never deleted
        present = person["session_generation"]
        if generation not in (None, present):
            raise Unauthorized("e-mail or password is wrong", code="invalid_credentials")
        await sessions_repository.make_room(tx, user_id)
        secret = secrets.token_urlsafe(32)
        refresh = secrets.token_urlsafe(32) if client.kind == "tokens" else None
        digests = digest_of(secret), None if refresh is None else digest_of(refresh)
        row = await sessions_repository.insert(tx, user_id, present, client, digests, terms=self.terms)
        session = Session(row["id"], user_id, present, client.kind)
        shown = secret if refresh is None else f"{REFRESH_PREFIX}{secret}.{refresh}"
        token = await self.access_token(tx, session) if with_token else ""
        return NewSession(session, shown, row["expires_at"], token)

    async def of_cookie(self, connection: Connection, cookie: str) -> tuple[Session, Mapping[str, Any]]:
        """The session, and the row of its person as `find_actor` has it. Raises `SessionEnded`."""
        row = await sessions_repository.find_with_person(connection, digest=digest_of(cookie))
        if row is None or row["kind"] != "cookie":
            raise SessionEnded
        return await self._used(connection, row), row["person"]

    async def of_token(self, connection: Connection, claims: Claims) -> tuple[Session, Mapping[str, Any]]:
        """The session, and the row of its person as `find_actor` has it. Raises `WithdrawnToken`."""
        assert claims.session_id is not None  # noqa: S101 - asked for such alone
        row = await sessions_repository.find_with_person(connection, claims.session_id)
        if row is None or row["user_id"] != claims.subject or row["generation"] != claims.generation:
            raise WithdrawnToken
        return await self._used(connection, row), row["person"]

    async def refresh(self, token: str) -> NewSession:
        """Raises `SessionEnded`, and ends the session when the token was used before."""
        family, _, present = token.removeprefix(REFRESH_PREFIX).partition(".")
        async with self._database.transaction(tenancy=ACCOUNTS) as tx:
            row = await sessions_repository.find_by_digest(tx, digest_of(family), lock=True)
            if row is None or row["kind"] != "tokens" or not token.startswith(REFRESH_PREFIX):
                raise SessionEnded
            session = _session_of(row)
            stolen = not secrets.compare_digest(row["refresh_sha256"], digest_of(present))
            if stolen:
                await self._end(tx, row, [row], "refuse_refresh")
            else:
                following = secrets.token_urlsafe(32)
                await sessions_repository.renew(tx, session.id, digest_of(following))
                await sessions_repository.note_use(tx, row, self.terms.idle)
                access_token = await self.access_token(tx, session)
        if stolen:
            raise SessionEnded(
                "the refresh token was used before, so the session was ended: sign in again",
                code="refresh_token_reused",
            )
        return NewSession(session, f"{REFRESH_PREFIX}{family}.{following}", row["expires_at"], access_token)

    async def access_token(self, tx: Connection, session: Session, service: str = "") -> str:
        """Of the session, for every service, or for one and then for five minutes."""
        person = await repository.find_actor(tx, session.user_id)
        assert person is not None  # noqa: S101 - people are never deleted
        lifetime = self.lifetime(service)
        await sessions_repository.note_token(tx, session.id, tx.now + lifetime)
        claims = Claims(
            subject=session.user_id,
            generation=session.generation,
            session_id=session.id,
            # For services of the version before: those of now go by what is published.
            private={"organizations": roles_of(person)},
        )
        audience = audience_of(service) if service else AUDIENCE
        return self._issuer.issue(claims, round(lifetime.total_seconds()), audience=audience)

    def lifetime(self, service: str = "") -> timedelta:
        """Of an access token."""
        return min(self.terms.token, _FOR_ONE_SERVICE) if service else self.terms.token

    async def listing(
        self, tx: Connection, user_id: UUID, after: tuple[datetime, UUID] | None, limit: int
    ) -> list[asyncpg.Record]:
        return await sessions_repository.list_of(tx, user_id, after, limit)

    async def end(self, actor: Actor, session_id: UUID, action: str = "end_session") -> None:
        """One of one's own. Raises `NotFound`."""
        async with self._database.transaction() as tx:
            row = await sessions_repository.find(tx, session_id)
            if row is None or row["user_id"] != actor.id:
                raise NotFound("there is nothing at this address")
            await self._end(tx, row, [row], action)

    async def end_others(self, actor: Actor, kept: UUID) -> None:
        """All of one's own but this one."""
        async with self._database.transaction() as tx:
            rows = [row for row in await sessions_repository.list_of(tx, actor.id) if row["id"] != kept]
            if rows:
                await self._end(tx, rows[0], rows, "end_sessions")

    async def end_all(self, actor: Actor) -> None:
        """All of one's own, and every access token that was ever given."""
        async with self._database.transaction() as tx:
            await end_all_of(tx, actor, actor, "end_sessions")

    async def sweep(self) -> None:
        """Forgets what has ended long ago."""
        async with self._database.transaction(tenancy=ACCOUNTS) as tx:
            await sessions_repository.sweep(tx)

    async def _used(self, connection: Connection, row: asyncpg.Record) -> Session:
        """Noted at most once a minute; a database that takes no writes refuses no reader for it."""
        if row["last_used_at"] <= connection.now - _USE_NOTED_EVERY:
            try:
                await sessions_repository.note_use(connection, row, self.terms.idle)
            except asyncpg.PostgresError as error:
                _log.warning("the use of a session was not noted", error=type(error).__name__)
        return _session_of(row)

    async def _end(self, tx: Connection, person: asyncpg.Record, rows: list[asyncpg.Record], action: str) -> None:
        """`person`: any row of theirs. The other services are told where a token is in somebody's hands."""
        await sessions_repository.end(tx, [row["id"] for row in rows])
        tokens = any(row["tokens_until"] is not None and row["tokens_until"] > tx.now for row in rows)
        actor = Actor(kind="user", id=person["user_id"], name=person["email"])
        await _record(tx, actor, actor, action, {"sessions": len(rows)}, everywhere=tokens)


async def end_all_of(tx: Connection, person: Actor, by: Actor, action: str) -> None:
    """Ends every session and access token of a person, here and at the other services: for whoever deactivates one."""
    await accounts_repository.end_sessions(tx, person.id)
    await _record(tx, person, by, action, None, everywhere=True)


async def _record(
    tx: Connection, person: Actor, by: Actor, action: str, after: dict[str, int] | None, *, everywhere: bool
) -> None:
    for organization_id in await repository.organization_ids(tx, person.id):
        change = Change(
            organization_id=organization_id,
            project_id=None,
            entity="user",
            entity_key=person.name,
            action=action,
            actor=by,
            after=after,
            everywhere=everywhere,
        )
        await record(tx, change)


def _session_of(row: asyncpg.Record) -> Session:
    return Session(row["id"], row["user_id"], row["generation"], row["kind"])
