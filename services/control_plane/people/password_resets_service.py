"""A lost password: a one-time link lets its owner choose another one. Nobody chooses it for them."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

from service_kit.logs import get_logger
from service_kit.problems import Conflict, NotFound, Problem, Unavailable

from control_plane.access import repository
from control_plane.access.actor import Actor
from control_plane.access.queries import require_holding
from control_plane.access.scopes import OrganizationScope
from control_plane.changes import Change, record
from control_plane.database import ACCOUNTS, Connection, Database
from control_plane.people import accounts_repository, password_resets_repository
from control_plane.people.courier import Courier, Letter
from control_plane.people.enforced_domains import refuse_password
from control_plane.people.one_time_links import LinkEnded, OneTimeLink, digest_of
from control_plane.people.service import Access
from control_plane.people.session_terms import Client
from control_plane.people.sessions import NewSession

_PAUSE = timedelta(minutes=5)
_REQUESTS_WAITING_MAX = 200
_log = get_logger("password_resets")


class PasswordResets:
    """What the endpoints of password resets do."""

    def __init__(self, *, database: Database, access: Access, courier: Courier) -> None:
        self._database = database
        self._access = access
        self._courier = courier
        self._requests: set[asyncio.Task[None]] = set()

    async def request(self, email: str, address: str, base_url: str) -> None:
        """Mails a link to an account's address, if there is one: the answer and its time don't say.

        Raises `Conflict` (`mail_not_configured`), `TooManyRequests`.
        """
        if not self._courier.mails:
            raise Conflict("this server sends no mail: ask an administrator for a link", code="mail_not_configured")
        self._access.limit.request(address)
        if len(self._requests) >= _REQUESTS_WAITING_MAX:
            raise Unavailable("too many ask for a link at once", retry_after_seconds=30, code="mail_unavailable")
        task = asyncio.create_task(self._mail(email, base_url))
        self._requests.add(task)
        task.add_done_callback(self._requests.discard)

    async def settle(self) -> None:
        """Returns when all that was requested is done."""
        while self._requests:
            await asyncio.gather(*self._requests)

    async def _mail(self, email: str, base_url: str) -> None:
        try:
            async with self._database.transaction(tenancy=ACCOUNTS) as tx:
                person = await accounts_repository.find_login(tx, email)
                if person is None:
                    return
                # Who asks several times at once is one after the other.
                await accounts_repository.lock_user(tx, person["id"])
                if await password_resets_repository.made_within(tx, person["id"], _PAUSE):
                    return
                link = OneTimeLink("password-reset")
                await password_resets_repository.insert(tx, person["id"], link.digest, mailed=True)
                actor = Actor(kind="user", id=person["id"], name=person["email"])
                for organization_id in await repository.organization_ids(tx, person["id"]):
                    await record(tx, _change(organization_id, actor, person["email"], "request_password_reset"))
            await self._courier.hand_over(Letter(link, to=person["email"], base_url=base_url))
        except Problem as problem:
            _log.warning("a link was asked for and not sent", code=problem.code)

    async def order(
        self, scope: OrganizationScope, actor: Actor, user_id: UUID, base_url: str
    ) -> tuple[datetime, str | None]:
        """For a member: when the link expires, and the link where nothing is mailed.

        An administrator who is shown a link could use it. So it is shown for an account that is theirs alone to
        administer; raises `Conflict` (`account_elsewhere`) for any other one.
        """
        link = OneTimeLink("password-reset")
        async with self._database.transaction(tenancy=ACCOUNTS.within([scope.organization_id])) as tx:
            await accounts_repository.lock_user(tx, user_id)
            member = await repository.find_member(tx, scope.organization_id, user_id)
            if member is None:
                raise NotFound("there is nothing at this address")
            await require_holding(tx, actor, scope, member["role"])
            if not self._courier.mails and await self._is_elsewhere(tx, user_id):
                raise Conflict(
                    "the account has rights outside of this organization, so nobody is shown its link: configure mail "
                    "(FF_SMTP_URL), or let whoever runs the server make one (control_plane password-reset)",
                    code="account_elsewhere",
                )
            row = await password_resets_repository.insert(tx, user_id, link.digest, mailed=self._courier.mails)
            await record(tx, _change(scope.organization_id, actor, member["email"], "request_password_reset"))
        letter = Letter(link, to=member["email"], base_url=base_url)
        return row["expires_at"], await self._courier.hand_over(letter)

    async def make(self, email: str, base_url: str) -> str | None:
        """For whoever runs the server: the link of any account, None where there is no such account."""
        link = OneTimeLink("password-reset")
        operator = Actor(kind="system", id=UUID(int=0), name="control_plane password-reset")
        async with self._database.transaction(tenancy=ACCOUNTS) as tx:
            person = await accounts_repository.find_login(tx, email)
            if person is None:
                return None
            await password_resets_repository.insert(tx, person["id"], link.digest, mailed=False)
            for organization_id in await repository.organization_ids(tx, person["id"]):
                await record(tx, _change(organization_id, operator, person["email"], "request_password_reset"))
        return link.address(base_url)

    async def use(self, secret: str, password: str, client: Client) -> NewSession:
        """Signs in; every session of before ends, here and in the other services. Raises `LinkEnded`,
        `SingleSignOnRequired`."""
        async with self._database.accounts() as connection:
            if await password_resets_repository.find_open(connection, digest_of(secret)) is None:
                raise LinkEnded
        password_hash = await self._access.passwords.hash(password)
        async with self._database.transaction(tenancy=ACCOUNTS) as tx:
            found = await password_resets_repository.find_open(tx, digest_of(secret), lock=True)
            if found is None:
                raise LinkEnded
            await refuse_password(tx, found["email"])
            actor = Actor(kind="user", id=found["user_id"], name=found["email"])
            await self._access.set_password(tx, actor, password_hash, "reset_password")
            return await self._access.sessions.begin(tx, actor.id, client)

    @staticmethod
    async def _is_elsewhere(tx: Connection, user_id: UUID) -> bool:
        found: bool = await tx.fetchval(
            "SELECT is_administrator OR (SELECT count(*) FROM memberships WHERE user_id = $1) > 1 "
            "FROM users WHERE id = $1",
            user_id,
        )
        return found


def _change(organization_id: UUID, actor: Actor, email: str, action: str) -> Change:
    return Change(
        organization_id=organization_id,
        project_id=None,
        entity="user",
        entity_key=email,
        action=action,
        actor=actor,
    )
