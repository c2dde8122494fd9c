"""E-mail domains of an organization: named by anybody, verified by one organization at a time.

It is verified by a record that only the holder of the domain can make, or by the word of an administrator of the
installation. Until then nothing follows from it.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence

import asyncpg
from service_kit.problems import Conflict, NotFound

from control_plane.access.actor import Actor
from control_plane.access.scopes import OrganizationScope
from control_plane.changes import Audited, record
from control_plane.database import Connection
from control_plane.people.email_domain_schemas import EmailDomainView
from control_plane.quotas import Quota, Quotas

RECORD_PREFIX = "_verdict"
VALUE_PREFIX = "verdict-domain="
_ROWS = "SELECT domain, challenge, verified_at, verified_by, created_at FROM email_domains WHERE organization_id = $1"
_AUDITED = Audited[asyncpg.Record](
    entity="email_domain", key=lambda row: str(row["domain"]), shown=lambda row: email_domain_view(row).audited()
)


async def listing(tx: Connection, scope: OrganizationScope) -> list[asyncpg.Record]:
    """By domain; they are as few as the quota says."""
    return await tx.fetch(_ROWS + " ORDER BY domain", scope.organization_id)


async def add(tx: Connection, quotas: Quotas, actor: Actor, scope: OrganizationScope, domain: str) -> asyncpg.Record:
    """Raises `Conflict` (`already_exists`), `QuotaExceeded`."""
    await quotas.claim(tx, Quota.EMAIL_DOMAINS, scope.organization_id, scope.organization_id)
    status = await tx.execute(
        "INSERT INTO email_domains (organization_id, domain, challenge, created_at) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT DO NOTHING",
        scope.organization_id,
        domain,
        secrets.token_urlsafe(24),
        tx.now,
    )
    if not status.endswith(" 1"):
        raise Conflict("the organization has this domain already", code="already_exists")
    made = await found(tx, scope, domain)
    await record(tx, _AUDITED.change(scope.organization_id, actor, "create", None, made))
    return made


async def verify(
    tx: Connection, actor: Actor, scope: OrganizationScope, domain: str, records: Sequence[str] | None
) -> asyncpg.Record:
    """The domain is this organization's from now on. `records`: what its name server says; None where an administrator
    of the installation gives their word.

    Raises `Conflict` (`record_missing`, `domain_taken`).
    """
    row = await found(tx, scope, domain, lock=True)
    if row["verified_at"] is not None:
        return row
    if records is not None and VALUE_PREFIX + row["challenge"] not in [each.strip() for each in records]:
        raise Conflict(f"there is no such TXT record at {RECORD_PREFIX}.{domain} (yet)", code="record_missing")
    try:
        await tx.execute(
            "UPDATE email_domains SET verified_at = $3, verified_by = $4 WHERE organization_id = $1 AND domain = $2",
            scope.organization_id,
            domain,
            tx.now,
            "administrator" if records is None else "dns",
        )
    except asyncpg.UniqueViolationError:
        raise Conflict("another organization has verified this domain", code="domain_taken") from None
    verified = await found(tx, scope, domain)
    await record(tx, _AUDITED.change(scope.organization_id, actor, "verify", row, verified))
    return verified


async def remove(tx: Connection, actor: Actor, scope: OrganizationScope, domain: str) -> None:
    """Raises `Conflict` (`in_use`) while an identity provider signs its people in."""
    row = await found(tx, scope, domain, lock=True)
    used = await tx.fetchval(
        "SELECT name FROM identity_providers WHERE organization_id = $1 AND $2 = ANY(domains) LIMIT 1",
        scope.organization_id,
        domain,
    )
    if used is not None:
        raise Conflict(f"the identity provider {used} signs in people of this domain", code="in_use")
    await tx.execute(
        "DELETE FROM email_domains WHERE organization_id = $1 AND domain = $2", scope.organization_id, domain
    )
    await record(tx, _AUDITED.change(scope.organization_id, actor, "delete", row, None))


async def found(tx: Connection, scope: OrganizationScope, domain: str, *, lock: bool = False) -> asyncpg.Record:
    """Raises `NotFound`."""
    suffix = " AND domain = $2" + (" FOR UPDATE" if lock else "")
    row = await tx.fetchrow(_ROWS + suffix, scope.organization_id, domain.lower())
    if row is None:
        raise NotFound("there is nothing at this address")
    return row


def email_domain_view(row: asyncpg.Record) -> EmailDomainView:
    return EmailDomainView(
        domain=row["domain"],
        record_name=f"{RECORD_PREFIX}.{row['domain']}",
        record_value=VALUE_PREFIX + row["challenge"],
        verified_at=row["verified_at"],
        verified_by=row["verified_by"],
        created_at=row["created_at"],
    )
