"""Members that an identity provider or a directory brings and takes away, by the addresses it speaks for.

A tenant manages its own memberships. An account that exists is touched only when its address is of a domain that the
organization has verified: then whoever holds the domain says who the person is, and a password that was set by nobody
of theirs is forgotten. Administrators of the installation are never taken in.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import asyncpg
from service_kit.problems import Conflict

from control_plane.access import repository
from control_plane.access.actor import Actor
from control_plane.access.roles import Role
from control_plane.access.scopes import OrganizationScope
from control_plane.changes import Change, record
from control_plane.database import Connection
from control_plane.people import accounts_repository, api_tokens_service, email_domains, password_resets_repository
from control_plane.people.members import membership
from control_plane.quotas import Quota, Quotas


@dataclass(frozen=True, slots=True)
class Host:
    """Who takes people in, and where. `default_role`: None is no role of their own."""

    organization_id: UUID
    actor: Actor
    default_role: str | None

    @property
    def scope(self) -> OrganizationScope:
        return OrganizationScope(self.organization_id)


async def take_in(tx: Connection, quotas: Quotas, host: Host, email: str, name: str) -> UUID | None:
    """The account of somebody with this address who was no member, and is one from now on. None for an administrator
    of the installation. The address must be of a verified domain of the organization.

    Raises `QuotaExceeded`.
    """
    account = await accounts_repository.find_login(tx, email)
    if account is None:
        shown_as = name or email.partition("@")[0]
        user_id = await accounts_repository.insert_user(tx, email, shown_as, None)
        if user_id is None:
            raise Conflict("somebody has just made an account of this address, try again", code="account_exists")
    elif account["is_administrator"]:
        return None
    else:
        user_id = UUID(str(account["id"]))
        await _forget_password(tx, host, user_id, account["email"])
    await quotas.claim(tx, Quota.MEMBERS, host.organization_id, host.organization_id)
    await repository.insert_member(tx, host.organization_id, user_id, host.default_role)
    member = await repository.find_member(tx, host.organization_id, user_id)
    await record(tx, membership(host.scope, host.actor, "create", None, member))
    return user_id


async def deactivate(tx: Connection, host: Host, user_id: UUID) -> None:
    """Out at once: what the membership gave is gone at the next request, their tokens are revoked, their sessions end
    unless they are at home elsewhere. Raises `Conflict` (`last_owner`)."""
    member = await _leaving(tx, host, user_id)
    if member is None or member["deactivated_at"] is not None:
        return
    tokens = await api_tokens_service.lock_those_of(tx, host.scope, user_id)
    await _set_deactivated(tx, host, user_id, deactivated=True)
    await _end_sessions(tx, host, user_id, member["email"])
    await record(tx, membership(host.scope, host.actor, "deactivate", member, await _member(tx, host, user_id)))
    for token in tokens:
        await api_tokens_service.revoke(tx, host.actor, host.scope, token)


async def reactivate(tx: Connection, host: Host, user_id: UUID) -> None:
    member = await _member(tx, host, user_id, lock=True)
    if member is None or member["deactivated_at"] is None:
        return
    await _set_deactivated(tx, host, user_id, deactivated=False)
    await record(tx, membership(host.scope, host.actor, "reactivate", member, await _member(tx, host, user_id)))


async def take_out(tx: Connection, host: Host, user_id: UUID) -> None:
    """The end of a membership; the account stays. Raises `Conflict` (`last_owner`)."""
    member = await _leaving(tx, host, user_id)
    if member is None:
        return
    tokens = await api_tokens_service.lock_those_of(tx, host.scope, user_id)
    await _end_sessions(tx, host, user_id, member["email"])
    await repository.delete_member(tx, host.organization_id, user_id)
    await record(tx, membership(host.scope, host.actor, "delete", member, None))
    for token in tokens:
        await api_tokens_service.revoke(tx, host.actor, host.scope, token)


async def _leaving(tx: Connection, host: Host, user_id: UUID) -> asyncpg.Record | None:
    owners = await repository.lock_owners(tx, host.organization_id)
    member = await _member(tx, host, user_id, lock=True)
    if member is not None and member["role"] == Role.OWNER and member["deactivated_at"] is None and owners < 2:
        raise Conflict("an organization keeps at least one owner", code="last_owner")
    return member


async def _member(tx: Connection, host: Host, user_id: UUID, *, lock: bool = False) -> asyncpg.Record | None:
    return await repository.find_member(tx, host.organization_id, user_id, lock=lock)


async def _set_deactivated(tx: Connection, host: Host, user_id: UUID, *, deactivated: bool) -> None:
    await tx.execute(
        "UPDATE memberships SET deactivated_at = $3, revision = revision + 1 "
        "WHERE organization_id = $1 AND user_id = $2",
        host.organization_id,
        user_id,
        tx.now if deactivated else None,
    )


async def _end_sessions(tx: Connection, host: Host, user_id: UUID, email: str) -> None:
    """Those of somebody whose address the organization speaks for, or who belongs to no other."""
    elsewhere = [each for each in await repository.organization_ids(tx, user_id) if each != host.organization_id]
    if not elsewhere or await email_domains.speaks_for(tx, host.organization_id, email):
        await accounts_repository.end_sessions(tx, user_id)
        for organization_id in elsewhere:
            await record(tx, _of_account(organization_id, host.actor, email, "end_sessions"))


async def _forget_password(tx: Connection, host: Host, user_id: UUID, email: str) -> None:
    await accounts_repository.set_password(tx, user_id, None)
    await password_resets_repository.end_all(tx, user_id)
    for organization_id in await repository.organization_ids(tx, user_id):
        await record(tx, _of_account(organization_id, host.actor, email, "forget_password"))


def _of_account(organization_id: UUID, actor: Actor, email: str, action: str) -> Change:
    """Everywhere: the other services refuse the old tokens when they are told."""
    return Change(
        organization_id=organization_id,
        project_id=None,
        entity="user",
        entity_key=email,
        action=action,
        actor=actor,
        everywhere=True,
    )
