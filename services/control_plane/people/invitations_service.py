"""Inviting people: a membership begins when the person who was invited accepts it, by the link."""

from __future__ import annotations

from uuid import UUID

import asyncpg
from service_kit.problems import Conflict, Forbidden, NotFound

from control_plane.access import repository
from control_plane.access.actor import Actor
from control_plane.access.queries import require_holding, rights_of_role
from control_plane.access.rights import Right
from control_plane.access.scopes import OrganizationScope
from control_plane.changes import Change, record
from control_plane.database import ACCOUNTS, Connection, Database
from control_plane.people import accounts_repository, invitations_repository, password_resets_repository
from control_plane.people.courier import Courier, Letter
from control_plane.people.enforced_domains import refuse_password
from control_plane.people.identification import actor_by_id
from control_plane.people.members import membership
from control_plane.people.one_time_links import LinkEnded, OneTimeLink, digest_of
from control_plane.people.schemas import InvitationCreate
from control_plane.people.service import Access
from control_plane.people.session_terms import Client
from control_plane.people.sessions import NewSession
from control_plane.people.views import invitation_view
from control_plane.quotas import Quota, Quotas


class Invitations:
    """What the endpoints of invitations do."""

    def __init__(self, *, database: Database, access: Access, courier: Courier, quotas: Quotas) -> None:
        self._database = database
        self._quotas = quotas
        self._access = access
        self._courier = courier

    async def invite(
        self, scope: OrganizationScope, actor: Actor, given: InvitationCreate, base_url: str
    ) -> tuple[asyncpg.Record, str | None]:
        """The invitation, and the link where nothing is mailed. Says nothing about who has an account already.

        Raises `Conflict` (`already_member`), `QuotaExceeded`, `Unavailable` when mail can't be sent: invite again then.
        """
        link = OneTimeLink("invitation")
        async with self._database.transaction() as tx:
            await require_holding(tx, actor, scope, given.role)
            if await repository.is_member(tx, scope.organization_id, given.email):
                raise Conflict("this person is a member already", code="already_member")
            wanted = given.email, given.name, given.role
            row = await invitations_repository.insert(
                tx, actor, scope.organization_id, wanted, (link.digest, self._courier.mails)
            )
            await self._quotas.claim(tx, Quota.MEMBERS, scope.organization_id, scope.organization_id, inserted=True)
            organization = await repository.organization_name(tx, scope.organization_id)
            await record(tx, _change(scope.organization_id, actor, "create", row))
        letter = Letter(link, to=given.email, base_url=base_url, by=actor.name, organization=organization)
        return row, await self._courier.hand_over(letter)

    async def withdraw(self, tx: Connection, scope: OrganizationScope, actor: Actor, invitation_id: UUID) -> None:
        row = await invitations_repository.find_in(tx, scope.organization_id, invitation_id)
        if row is None:
            raise NotFound("there is nothing at this address")
        await invitations_repository.end(tx, scope.organization_id, invitation_id)
        await record(tx, _change(scope.organization_id, actor, "withdraw", row))

    async def accept_anew(self, secret: str, password: str, name: str | None, client: Client) -> NewSession:
        """Makes the account of somebody new, and the membership, and signs them in.

        Raises `LinkEnded`, `SingleSignOnRequired`, and `Conflict` (`account_exists`): whoever has an account shows that
        it is theirs.
        """
        async with self._database.accounts() as connection:
            found = await _valid(connection, secret)
            await refuse_password(connection, found["email"])
            if await accounts_repository.find_login(connection, found["email"]) is not None:
                raise _account_exists()
        password_hash = await self._access.passwords.hash(password)
        async with self._database.transaction(tenancy=ACCOUNTS) as tx:
            invitation = await _valid(tx, secret, lock=True)
            shown_as = name or invitation["name"] or invitation["email"].partition("@")[0]
            user_id = await accounts_repository.insert_user(tx, invitation["email"], shown_as, password_hash)
            if user_id is None:
                raise _account_exists()
            await _join(tx, invitation, Actor(kind="user", id=user_id, name=invitation["email"]))
            return await self._access.sessions.begin(tx, user_id, client)

    async def accept_as(self, actor: Actor, secret: str) -> asyncpg.Record:
        """The membership of somebody who is signed in. Raises `LinkEnded`, `Forbidden` for another's invitation."""
        async with self._database.transaction(tenancy=ACCOUNTS) as tx:
            invitation = await _valid(tx, secret, lock=True)
            if not await accounts_repository.is_same_address(tx, invitation["email"], actor.name):
                raise Forbidden("the invitation is for another e-mail address", code="invitation_of_another")
            # An administrator of the account's only organization may have been shown one; now there are others.
            await accounts_repository.lock_user(tx, actor.id)
            await password_resets_repository.end_all(tx, actor.id)
            return await _join(tx, invitation, actor)


def _account_exists() -> Conflict:
    return Conflict("this address has an account: sign in, then accept the invitation", code="account_exists")


async def _valid(tx: Connection, secret: str, *, lock: bool = False) -> asyncpg.Record:
    """Raises `LinkEnded`, also when whoever invited may no longer give this role."""
    invitation = await invitations_repository.find_open(tx, digest_of(secret), lock=lock)
    if invitation is None:
        raise LinkEnded
    scope = OrganizationScope(invitation["organization_id"])
    maker = await actor_by_id(tx, invitation["created_by_kind"], invitation["created_by"])
    if maker is None or not maker.may(Right.MEMBER_MANAGE, scope):
        raise LinkEnded
    given = await rights_of_role(tx, scope.organization_id, invitation["role"])
    if not all(maker.may(right, scope) for right in given):
        raise LinkEnded
    return invitation


async def _join(tx: Connection, invitation: asyncpg.Record, person: Actor) -> asyncpg.Record:
    organization_id, role = invitation["organization_id"], invitation["role"]
    await tx.enter([organization_id])
    if not await repository.insert_member(tx, organization_id, person.id, role):
        raise Conflict("you are a member already", code="already_member")
    await invitations_repository.end(tx, organization_id, invitation["id"])
    member = await repository.find_member(tx, organization_id, person.id)
    assert member is not None  # noqa: S101 - inserted above
    await record(tx, membership(OrganizationScope(organization_id), person, "create", None, member))
    return member


def _change(organization_id: UUID, actor: Actor, action: str, row: asyncpg.Record) -> Change:
    shown = invitation_view(row).audited()
    return Change(
        organization_id=organization_id,
        project_id=None,
        entity="invitation",
        entity_key=row["email"],
        action=action,
        actor=actor,
        before=shown if action == "withdraw" else None,
        after=None if action == "withdraw" else shown,
    )
