"""Whose addresses these are: the organization that has verified the domain."""

from __future__ import annotations

from uuid import UUID

from control_plane.database import Connection


def domain_of(email: str) -> str:
    """In small letters, as domains are told apart."""
    return email.rpartition("@")[2].lower()


async def speaks_for(tx: Connection, organization_id: UUID, email: str) -> bool:
    """Whether the organization has verified the address's domain."""
    found: bool = await tx.fetchval(
        "SELECT EXISTS (SELECT FROM email_domains WHERE organization_id = $1 AND domain = $2 "
        "AND verified_at IS NOT NULL)",
        organization_id,
        domain_of(email),
    )
    return found
