"""Queries about people, for what publishes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from service_kit.token_keys import VerificationKey

from control_plane.database import Connection
from control_plane.people import sessions_repository, signing_keys_repository
from control_plane.people.signing_keys import verification_key


async def published_signing_keys(tx: Connection) -> list[VerificationKey]:
    """What access tokens are verified by."""
    return [verification_key(each) for each in await signing_keys_repository.list_verifying(tx)]


async def ended_sessions(tx: Connection, organization_id: UUID) -> Mapping[UUID, Sequence[UUID]]:
    """By member: the sessions that have ended, of which somebody may still hold an access token."""
    return await sessions_repository.ended_with_tokens(tx, organization_id)
