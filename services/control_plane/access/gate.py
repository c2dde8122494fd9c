"""From a bearer token to an actor."""

from __future__ import annotations

from uuid import UUID

import asyncpg
from service_kit.problems import Unauthorized

from control_plane.access import repository
from control_plane.access.actor import Actor
from control_plane.access.roles import Role
from control_plane.access.tokens import Tokens
from control_plane.database import Database


class Gate:
    """Reads roles from the database on each request: a right that is withdrawn is gone at once."""

    def __init__(self, database: Database, tokens: Tokens) -> None:
        self._database = database
        self._tokens = tokens

    async def identify(self, bearer: str | None) -> Actor:
        """Raises `Unauthorized` without a token, or with one that is wrong, expired or withdrawn."""
        if bearer is None:
            raise Unauthorized("send an access token: Authorization: Bearer …", code="token_required")
        claims = self._tokens.verify(bearer)
        async with self._database.connection() as connection:
            row = await repository.find_actor(connection, claims.user_id)
        if row is None or claims.generation != row["session_generation"]:
            raise Unauthorized("the access token was withdrawn", code="token_withdrawn")
        return actor_of(row)


def actor_of(row: asyncpg.Record) -> Actor:
    return Actor(
        kind="user",
        id=row["id"],
        name=row["email"],
        organizations={UUID(each): Role(role) for each, role in row["organizations"].items()},
        project_roles={UUID(each): Role(role) for each, role in row["project_roles"].items()},
        is_administrator=row["is_administrator"],
    )
