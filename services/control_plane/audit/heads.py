"""Heads of the audit log's chains, signed every hour and on demand, so that what was written stays what was written.

Whoever holds a head outside finds a chain that was written anew, even by whoever owns the database: the key that signs
is sealed with a secret that the database doesn't hold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, timedelta
from uuid import UUID

from service_kit.sealing import Sealer

from control_plane.access import Actor
from control_plane.audit.schemas import AuditHeadView
from control_plane.audit.signing_keys import NotSigned, PublicKey, public_keys, signing_key, verified
from control_plane.changes import Author, Change, record
from control_plane.database import EVERY_TENANT, Connection, Database, of_tenants

SIGNED_EVERY = timedelta(hours=1)
AUTOMATION = Actor(kind="system", id=UUID(int=0), name="audit log")
ENTITY = "audit_head"
_HEADS = """
SELECT h.organization_id, o.key AS organization, h.number, h.hash, h.at, h.kid, h.jws
FROM audit_signed_heads h JOIN organizations o ON o.id = h.organization_id
WHERE h.organization_id = $1 AND ($2::bigint IS NULL OR h.number < $2) ORDER BY h.number DESC LIMIT $3
"""
# What came last was the entry of its signing: nothing has happened since.
_DUE = """
SELECT head.organization_id FROM audit_heads head
LEFT JOIN LATERAL (
    SELECT number, at FROM audit_signed_heads s WHERE s.organization_id = head.organization_id
    ORDER BY number DESC LIMIT 1
) signed ON true
WHERE head.number > COALESCE(signed.number + 1, 0) AND (signed.at IS NULL OR signed.at <= $1)
    AND ($2::uuid IS NULL OR head.organization_id = $2)
ORDER BY head.organization_id
"""


class SignedHeads:
    """Of all organizations."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    async def sign(self, tx: Connection, organization_id: UUID, author: Author) -> AuditHeadView:
        """Signs where the chain ends now, and records that."""
        key = await signing_key(tx, self._sealer)
        head = await tx.fetchrow(
            "SELECT head.number, head.hash, o.key FROM audit_heads head JOIN organizations o "
            "ON o.id = head.organization_id WHERE head.organization_id = $1 FOR UPDATE OF head",
            organization_id,
        )
        assert head is not None  # noqa: S101 - an organization's first entry is that of its creation
        document = {
            "organization_id": str(organization_id),
            "organization": head["key"],
            "number": head["number"],
            "hash": head["hash"].hex(),
            "at": tx.now.astimezone(UTC).isoformat(),
        }
        await tx.execute(
            "INSERT INTO audit_signed_heads (organization_id, number, hash, at, kid, jws) "
            "VALUES ($1, $2, $3, $4, $5, $6)",
            organization_id,
            head["number"],
            head["hash"],
            tx.now,
            key.kid,
            key.signed(document),
        )
        [signed] = await heads_before(tx, organization_id, None, 1)
        change = Change(
            organization_id=organization_id,
            project_id=None,
            entity=ENTITY,
            entity_key=str(signed.number),
            action="sign",
            actor=author,
            after=signed.audited(),
        )
        await record(tx, change)
        return signed

    async def sign_due(self) -> None:
        """Signs what an hour has gone by for, an organization at a time. Any number of processes may. Raises
        `Unavailable`; then it is signed another time."""
        async with self._database.transaction(tenancy=EVERY_TENANT) as tx:
            due = await tx.fetch(_DUE, tx.now - SIGNED_EVERY, None)
        for row in due:
            await self._sign_if_due(row["organization_id"])

    async def _sign_if_due(self, organization_id: UUID) -> None:
        async with self._database.transaction(tenancy=of_tenants([organization_id])) as tx:
            # Another process may be about it, or have done it since it was found.
            await tx.execute("SELECT FROM audit_heads WHERE organization_id = $1 FOR UPDATE", organization_id)
            if await tx.fetch(_DUE, tx.now - SIGNED_EVERY, organization_id):
                await self.sign(tx, organization_id, AUTOMATION)


async def heads_before(tx: Connection, organization_id: UUID, before: int | None, limit: int) -> list[AuditHeadView]:
    """Those below this number, the newest first."""
    rows = await tx.fetch(_HEADS, organization_id, before, limit)
    return [AuditHeadView(**{**dict(row), "hash": row["hash"].hex()}) for row in rows]


async def stored_heads(tx: Connection, organization_id: UUID) -> tuple[list[str], dict[str, PublicKey]]:
    """The signed heads that the database holds, and the keys to verify them by."""
    rows = await tx.fetch("SELECT jws FROM audit_signed_heads WHERE organization_id = $1", organization_id)
    return [row["jws"] for row in rows], {key.kid: key for key in await public_keys(tx)}


def good_heads(signed: Sequence[str], keys: Mapping[str, PublicKey], organization_id: UUID) -> dict[int, bytes]:
    """The hash by the number of its entry, of each head with a good signature."""
    found: dict[int, bytes] = {}
    for jws in signed:
        with suppress(NotSigned):
            number, digest = head_in(verified(jws, keys), organization_id)
            found[number] = digest
    return found


def head_in(document: dict[str, object], organization_id: UUID | None = None) -> tuple[int, bytes]:
    """The number and the hash that a signed document tells, of this organization. Raises `NotSigned`."""
    number, digest = document.get("number"), document.get("hash")
    if not (isinstance(number, int) and isinstance(digest, str) and len(digest) == 64):
        raise NotSigned("what is signed is no head of an audit log")
    if organization_id is not None and document.get("organization_id") != str(organization_id):
        raise NotSigned("it is another organization's head")
    try:
        return number, bytes.fromhex(digest)
    except ValueError:
        raise NotSigned("what is signed is no head of an audit log") from None
