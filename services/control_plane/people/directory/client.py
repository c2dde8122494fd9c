"""The client of a directory: a provisioning token `vs_…` of one organization, good for its SCIM addresses alone."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
from fastapi import Request
from service_kit.credentials import require_bearer
from service_kit.problems import NotFound, Unauthorized
from service_kit.tokens import InvalidToken

from control_plane.access.actor import Actor
from control_plane.database import Connection
from control_plane.people.one_time_links import digest_of

PREFIX = "vs_"
_USE_NOTED_EVERY = timedelta(minutes=1)
_FIND = """
SELECT provisioning_tokens.id, organization_id, provisioning_tokens.name, default_role, last_used_at,
    organizations.key AS organization_key
FROM provisioning_tokens JOIN organizations ON organizations.id = organization_id
WHERE sha256 = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)
"""


@dataclass(frozen=True, slots=True)
class Client:
    """Whose directory writes. `default_role` is what people get whom it adds; `base` is its SCIM address."""

    organization_id: UUID
    actor: Actor
    default_role: str | None
    base: str


def new_token() -> str:
    return PREFIX + secrets.token_urlsafe(32)


def bearer_of(request: Request) -> str:
    """The provisioning token of a request. Raises `Unauthorized`."""
    bearer = require_bearer(request.scope["headers"])
    if not bearer.startswith(PREFIX):
        raise InvalidToken("send a provisioning token of the organization: Authorization: Bearer vs_…")
    return bearer


async def find_client(tx: Connection, bearer: str, reference: str, base_url: str) -> Client:
    """Raises `Unauthorized` for a token that is unknown, revoked or expired, `NotFound` at another's address."""
    row = await tx.fetchrow(_FIND, digest_of(bearer), tx.now)
    if row is None:
        raise Unauthorized("the provisioning token is not known, revoked or expired", code="invalid_token")
    if reference.lower() not in (str(row["organization_id"]), row["organization_key"]):
        raise NotFound("there is nothing at this address")
    await tx.enter([row["organization_id"]])
    await _note_use(tx, row)
    actor = Actor(kind="token", id=row["id"], name=row["name"])
    base = f"{base_url.rstrip('/')}/scim/v2/{reference}"
    return Client(row["organization_id"], actor, row["default_role"], base)


async def _note_use(tx: Connection, row: asyncpg.Record) -> None:
    """At most once a minute."""
    since: datetime = tx.now - _USE_NOTED_EVERY
    if row["last_used_at"] is None or row["last_used_at"] <= since:
        await tx.execute("UPDATE provisioning_tokens SET last_used_at = $2 WHERE id = $1", row["id"], tx.now)
