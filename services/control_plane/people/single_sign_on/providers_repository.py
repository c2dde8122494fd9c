"""Rows of identity providers, and of who people are to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from control_plane.database import Connection
from control_plane.people.single_sign_on.models import IdentityProvider

_COLUMNS = """id, organization_id, name, issuer, client_id, sealed_client_secret, scopes, domains, groups_claim,
    group_mappings, default_role, takes_in, enforced, enabled, revision, created_at"""
_ROWS = f"SELECT {_COLUMNS} FROM identity_providers"  # noqa: S608 - column names of our own
_OF_ORGANIZATION = """ WHERE enabled AND organization_id = (SELECT id FROM organizations
    WHERE id::text = lower($1) OR key = $1 ORDER BY id::text = lower($1) DESC LIMIT 1) ORDER BY created_at, id LIMIT 1
"""
WRITTEN = (
    "name",
    "issuer",
    "client_id",
    "sealed_client_secret",
    "scopes",
    "domains",
    "groups_claim",
    "group_mappings",
    "default_role",
    "takes_in",
    "enforced",
    "enabled",
)


async def find(
    tx: Connection, organization_id: UUID, provider_id: UUID, *, lock: bool = False
) -> asyncpg.Record | None:
    suffix = " WHERE organization_id = $1 AND id = $2" + (" FOR UPDATE" if lock else "")
    return await tx.fetchrow(_ROWS + suffix, organization_id, provider_id)


async def listed(
    tx: Connection, organization_id: UUID, after: tuple[datetime, UUID] | None, limit: int
) -> list[asyncpg.Record]:
    """In the order in which they were made."""
    moment, identity = after or (None, None)
    return await tx.fetch(
        _ROWS + " WHERE organization_id = $1 AND ($2::timestamptz IS NULL OR (created_at, id) > ($2, $3::uuid)) "
        "ORDER BY created_at, id LIMIT $4",
        organization_id,
        moment,
        identity,
        limit,
    )


async def insert(tx: Connection, organization_id: UUID, provider_id: UUID, values: Mapping[str, Any]) -> None:
    names = ", ".join(WRITTEN)
    numbers = ", ".join(f"${index + 4}" for index in range(len(WRITTEN)))
    await tx.execute(
        f"INSERT INTO identity_providers (id, organization_id, created_at, {names}) VALUES ($1, $2, $3, {numbers})",  # noqa: S608
        provider_id,
        organization_id,
        tx.now,
        *(values[name] for name in WRITTEN),
    )


async def update(tx: Connection, organization_id: UUID, provider_id: UUID, values: Mapping[str, Any]) -> None:
    changed = ", ".join(f"{name} = ${index + 3}" for index, name in enumerate(WRITTEN))
    await tx.execute(
        f"UPDATE identity_providers SET revision = revision + 1, {changed} WHERE organization_id = $1 AND id = $2",  # noqa: S608
        organization_id,
        provider_id,
        *(values[name] for name in WRITTEN),
    )


async def delete(tx: Connection, organization_id: UUID, provider_id: UUID) -> None:
    await tx.execute(
        "DELETE FROM identity_providers WHERE organization_id = $1 AND id = $2", organization_id, provider_id
    )


async def others_with(tx: Connection, organization_id: UUID, provider_id: UUID, domains: Sequence[str]) -> str | None:
    """A domain of these that another provider of the organization has."""
    found: str | None = await tx.fetchval(
        "SELECT domain FROM identity_providers, unnest(domains) AS domain "
        "WHERE organization_id = $1 AND id <> $2 AND domain = ANY($3::text[]) LIMIT 1",
        organization_id,
        provider_id,
        list(domains),
    )
    return found


async def verified_among(tx: Connection, organization_id: UUID, domains: Sequence[str]) -> set[str]:
    rows = await tx.fetch(
        "SELECT domain FROM email_domains WHERE organization_id = $1 AND domain = ANY($2::text[]) "
        "AND verified_at IS NOT NULL",
        organization_id,
        list(domains),
    )
    return {row["domain"] for row in rows}


# Before it is known who asks


async def for_domain(tx: Connection, domain: str) -> IdentityProvider | None:
    """That of the organization which has verified the domain."""
    row = await tx.fetchrow(
        _ROWS + " WHERE enabled AND $1 = ANY(domains) AND EXISTS (SELECT FROM email_domains e "
        "WHERE e.organization_id = identity_providers.organization_id AND e.domain = $1 "
        "AND e.verified_at IS NOT NULL)",
        domain,
    )
    return None if row is None else provider_of(row)


async def for_organization(tx: Connection, reference: str) -> IdentityProvider | None:
    """The first that the organization with this key or id has made."""
    row = await tx.fetchrow(
        _ROWS + _OF_ORGANIZATION,
        reference,
    )
    return None if row is None else provider_of(row)


async def enabled(tx: Connection, provider_id: UUID) -> IdentityProvider | None:
    row = await tx.fetchrow(_ROWS + " WHERE id = $1 AND enabled", provider_id)
    return None if row is None else provider_of(row)


def provider_of(row: asyncpg.Record) -> IdentityProvider:
    return IdentityProvider(
        id=row["id"],
        organization_id=row["organization_id"],
        name=row["name"],
        issuer=row["issuer"],
        client_id=row["client_id"],
        sealed_secret=row["sealed_client_secret"],
        scopes=tuple(row["scopes"]),
        domains=frozenset(row["domains"]),
        groups_claim=row["groups_claim"],
        groups={each["value"]: UUID(each["group"]) for each in row["group_mappings"]},
        default_role=row["default_role"],
        takes_in=row["takes_in"],
        enforced=row["enforced"],
    )


# Identities


async def account_of(tx: Connection, provider_id: UUID, subject: str) -> UUID | None:
    """Whose account the subject is linked to."""
    found: UUID | None = await tx.fetchval(
        "SELECT user_id FROM identities WHERE identity_provider_id = $1 AND subject = $2", provider_id, subject
    )
    return found


async def link(tx: Connection, provider: IdentityProvider, subject: str, user_id: UUID) -> bool:
    """False when the account is linked to somebody else of the provider."""
    status = await tx.execute(
        "INSERT INTO identities (organization_id, identity_provider_id, subject, user_id, created_at) "
        "VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
        provider.organization_id,
        provider.id,
        subject,
        user_id,
        tx.now,
    )
    return status.endswith(" 1")


async def unlink_all(tx: Connection, provider_id: UUID) -> None:
    """The subjects of another issuer are other people."""
    await tx.execute("DELETE FROM identities WHERE identity_provider_id = $1", provider_id)
