"""Identification: from what a request carries to an actor.

An `Authorization` decides where there is one; without it a browser's cookie does.
"""

from __future__ import annotations

from uuid import UUID

import asyncpg
from fastapi import Request
from service_kit.credentials import require_bearer
from service_kit.tokens import AccessTokens, InvalidToken, WithdrawnToken

from control_plane.access import repository
from control_plane.access.actor import Actor
from control_plane.access.roles import Role
from control_plane.database import Database
from control_plane.people import api_tokens_service
from control_plane.people.browsers import Browsers
from control_plane.people.sessions import Sessions


class Identification:
    """Reads sessions and roles from the database on each request: what is withdrawn is gone at once, everywhere."""

    def __init__(self, *, database: Database, tokens: AccessTokens, sessions: Sessions, browsers: Browsers) -> None:
        self._database = database
        self._tokens = tokens
        self._sessions = sessions
        self._browsers = browsers

    async def identify(self, request: Request) -> Actor:
        """Raises `Unauthorized` without a credential, or with one that is wrong, expired or withdrawn, and `Forbidden`
        for a write with a cookie from a page that may not."""
        if "authorization" not in request.headers and (cookie := self._browsers.cookie(request)):
            return await self._browser(request, cookie)
        bearer = require_bearer(request.scope["headers"])
        if bearer.startswith(api_tokens_service.PREFIX):
            return await self._program(bearer)
        claims = self._tokens.verify(bearer)
        async with self._database.connection() as connection:
            if claims.session_id is not None:
                request.state.session = await self._sessions.of_token(connection, claims)
            row = await repository.find_actor(connection, claims.subject)
        if row is None or claims.generation != row["session_generation"]:
            raise WithdrawnToken
        return actor_of(row)

    async def _browser(self, request: Request, cookie: str) -> Actor:
        async with self._database.connection() as connection:
            session = await self._sessions.of_cookie(connection, cookie)
            row = await repository.find_actor(connection, session.user_id)
        assert row is not None  # noqa: S101 - people are never deleted
        self._browsers.check_write(request)
        request.state.session = session
        return actor_of(row)

    async def _program(self, bearer: str) -> Actor:
        async with self._database.connection() as connection:
            actor = await api_tokens_service.find_actor(connection, bearer)
        if actor is None:
            raise InvalidToken("the token is not known, revoked or expired")
        return actor


def actor_of(row: asyncpg.Record) -> Actor:
    """The actor of a row of `access.repository.find_actor`."""
    return Actor(
        kind="user",
        id=row["id"],
        name=row["email"],
        organizations={UUID(each): Role(role) for each, role in row["organizations"].items()},
        project_roles={UUID(each): Role(role) for each, role in row["project_roles"].items()},
        is_administrator=row["is_administrator"],
    )
