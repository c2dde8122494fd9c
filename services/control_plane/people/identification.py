"""Identification: from what a request carries to an actor.

An `Authorization` decides where there is one; without it a browser's cookie does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

import asyncpg
from fastapi import Request
from service_kit.actor_limits import ActorLimits
from service_kit.credentials import require_bearer
from service_kit.fair_requests import serve
from service_kit.origins import address_of
from service_kit.tokens import AccessTokens, Claims, InvalidToken, UnknownKey, WithdrawnToken

from control_plane.access import repository
from control_plane.access.actor import Actor
from control_plane.access.policy import Grant
from control_plane.database import Connection, Database
from control_plane.people import api_tokens_service
from control_plane.people.browsers import Browsers
from control_plane.people.one_time_links import digest_of
from control_plane.people.sessions import Sessions
from control_plane.people.signing_keys import SigningKeyRing


class Identification:
    """Reads sessions and roles from the database on each request: what is withdrawn is gone at once, everywhere."""

    def __init__(
        self,
        *,
        database: Database,
        tokens: AccessTokens,
        sessions: Sessions,
        browsers: Browsers,
        keys: SigningKeyRing | None = None,
        limits: ActorLimits | None = None,
    ) -> None:
        self._limits = limits
        self._keys = keys
        self._database = database
        self._tokens = tokens
        self._sessions = sessions
        self._browsers = browsers

    async def identify(self, request: Request) -> Actor:
        """Raises `Unauthorized` without a credential, or with one that is wrong, expired or withdrawn, and `Forbidden`
        for a write with a cookie from a page that may not, and `TooManyRequests`."""
        if self._limits is not None:
            self._limits.admit_address(request)
        serve("address", address_of(request))
        actor = await self._identified(request)
        serve("organization", str(min(actor.organization_ids, default=actor.id)))
        if self._limits is not None:
            self._limits.admit(actor.kind, str(actor.id), request.method)
        return actor

    async def _identified(self, request: Request) -> Actor:
        if "authorization" not in request.headers and (cookie := self._browsers.cookie(request)):
            return await self._browser(request, cookie)
        bearer = require_bearer(request.scope["headers"])
        if bearer.startswith(api_tokens_service.PREFIX):
            return await self._program(bearer)
        claims = await self._verified(bearer)
        async with self._database.accounts() as connection:
            row: Mapping[str, Any] | asyncpg.Record | None
            if claims.session_id is not None:
                request.state.session, row = await self._sessions.of_token(connection, claims)
            else:
                row = await repository.find_actor(connection, claims.subject)
        if row is None or claims.generation != row["session_generation"]:
            raise WithdrawnToken
        return actor_of(row)

    async def _verified(self, bearer: str) -> Claims:
        """Another process may have made the key a moment ago."""
        try:
            return self._tokens.verify(bearer)
        except UnknownKey:
            if self._keys is None:
                raise
        await self._keys.learn()
        return self._tokens.verify(bearer)

    async def _browser(self, request: Request, cookie: str) -> Actor:
        async with self._database.accounts() as connection:
            session, person = await self._sessions.of_cookie(connection, cookie)
        self._browsers.check_write(request)
        request.state.session = session
        return actor_of(person)

    async def _program(self, bearer: str) -> Actor:
        async with self._database.accounts() as connection:
            actor = await find_program(connection, bearer)
        if actor is None:
            raise InvalidToken("the token is not known, revoked or expired")
        return actor


async def find_program(connection: Connection, token: str) -> Actor | None:
    """Who a service token stands for; None when it is unknown, revoked or expired, or its maker has left."""
    row = await repository.find_program(connection, digest_of(token))
    actor = None if row is None else await _program_of(connection, row)
    if row is not None and actor is not None:
        await api_tokens_service.note_use(connection, row)
    return actor


async def actor_by_id(connection: Connection, kind: str, actor_id: UUID) -> Actor | None:
    """What a person or a program may do now; None for who is gone."""
    if kind == "user":
        person = await repository.find_actor(connection, actor_id)
        return None if person is None else actor_of(person)
    program = await repository.find_program(connection, None, actor_id)
    return None if program is None else await _program_of(connection, program)


async def _program_of(connection: Connection, row: asyncpg.Record) -> Actor | None:
    maker = await repository.find_actor(connection, row["created_by"])
    if maker is None or str(row["organization_id"]) not in (maker["organizations"] or ()):
        return None
    made = repository.policy_of(row)
    grants = made.grants
    if row["role_key"]:
        grants |= {Grant(row["role_key"], row["organization_id"], row["project_id"], row["environment_id"])}
    return Actor(
        kind="token",
        id=row["id"],
        name=row["name"],
        organization_ids=frozenset({row["organization_id"]}),
        policy=replace(made, grants=grants),
        rights=None if row["rights"] is None else frozenset(row["rights"]),
        maker=actor_of(maker),
    )


def actor_of(row: asyncpg.Record | Mapping[str, Any]) -> Actor:
    """The actor of a row of `access.repository.find_actor`."""
    return Actor(
        kind="user",
        id=UUID(str(row["id"])),
        name=row["email"],
        organization_ids=frozenset(UUID(each) for each in row["organizations"] or ()),
        policy=repository.policy_of(row),
        is_administrator=row["is_administrator"],
    )
