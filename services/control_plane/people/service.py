"""Accounts: signing in by password, and new passwords."""

from __future__ import annotations

from uuid import UUID

import asyncpg
from service_kit.logs import get_logger
from service_kit.problems import Forbidden, TooManyRequests, Unauthorized

from control_plane.access import repository
from control_plane.access.actor import Actor
from control_plane.changes import Change, record
from control_plane.database import ACCOUNTS, Connection, Database
from control_plane.people import accounts_repository, password_resets_repository, sign_ins_repository
from control_plane.people.enforced_domains import refuse_password
from control_plane.people.login_limit import Attempt, LoginLimit
from control_plane.people.passwords import Passwords
from control_plane.people.session_terms import Client
from control_plane.people.sessions import NewSession, Sessions
from control_plane.people.sign_in_trace import SignInTrace

_log = get_logger("access")


class Access:
    """What a person does with their own account."""

    def __init__(
        self,
        *,
        database: Database,
        sessions: Sessions,
        passwords: Passwords,
        limit: LoginLimit,
        trace: SignInTrace,
    ) -> None:
        self._database = database
        self._trace = trace
        self.sessions = sessions
        self.passwords = passwords
        self.limit = limit

    async def ensure_administrator(self, connection: Connection, email: str, password: str) -> None:
        """Creates the first administrator; leaves somebody who has this e-mail already as they are."""
        if await accounts_repository.find_login(connection, email) is not None:
            return
        password_hash = await self.passwords.hash(password)
        name = email.partition("@")[0]
        if await accounts_repository.insert_user(connection, email, name, password_hash, is_administrator=True):
            _log.info("first administrator created")

    async def login(self, email: str, password: str, client: Client) -> NewSession:
        """Raises `Unauthorized`, `TooManyRequests` after too many attempts, or `SingleSignOnRequired`."""
        network = client.network
        async with self._database.accounts() as connection:
            row = await accounts_repository.find_login(connection, email, network)
        if not await self._is_right(row, email, password, network):
            raise Unauthorized("e-mail or password is wrong", code="invalid_credentials")
        assert row is not None  # noqa: S101 - nobody has no fitting password
        actor = Actor(kind="user", id=row["id"], name=row["email"])
        async with self._database.transaction(tenancy=ACCOUNTS) as tx:
            # Told to whoever knows the password alone.
            await refuse_password(tx, row["email"])
            count = await sign_ins_repository.note(tx, actor.id, network)
            for organization_id in await repository.organization_ids(tx, actor.id) if count else ():
                await record(tx, _of_account(organization_id, actor, "sign_in", {"sign_ins": count}))
            return await self.sessions.begin(
                tx, actor.id, client, generation=row["session_generation"], with_token=client.kind == "tokens"
            )

    async def change_password(self, actor: Actor, current: str, new: str, client: Client) -> NewSession:
        """A new session; every one of before ends."""
        network = client.network
        async with self._database.accounts() as connection:
            row = await accounts_repository.find_login(connection, actor.name, network)
        if not await self._is_right(row, actor.name, current, network):
            raise Forbidden("the current password is wrong", code="wrong_password")
        new_hash = await self.passwords.hash(new)
        async with self._database.transaction() as tx:
            await self.set_password(tx, actor, new_hash, "change_password")
            return await self.sessions.begin(tx, actor.id, client)

    async def set_password(self, tx: Connection, actor: Actor, password_hash: str, action: str) -> None:
        """Ends every session and every open link of the person, everywhere."""
        await accounts_repository.set_password(tx, actor.id, password_hash)
        await password_resets_repository.end_all(tx, actor.id)
        for organization_id in await repository.organization_ids(tx, actor.id):
            # Everywhere: the other services refuse the old tokens when they are told.
            await record(tx, _of_account(organization_id, actor, action, None, everywhere=True))

    async def _is_right(self, row: asyncpg.Record | None, email: str, password: str, network: str) -> bool:
        """Whether it is this person's password. Nobody takes as long as somebody. Raises `TooManyRequests`."""
        account = str(row["id"]) if row else email.lower()
        attempt = Attempt(network, account, known=row is not None and row["known"])
        try:
            await self.limit.begin(attempt)
        except TooManyRequests:
            self._trace.refused(row, network)
            raise
        try:
            stored, stranger = row["password_hash"] if row else None, "" if attempt.known else network
            fits = await self.passwords.verify(stored, password, stranger_from=stranger)
        except BaseException:
            self.limit.withdraw(attempt)
            raise
        if fits:
            self.limit.succeeded(attempt)
        else:
            self._trace.failed(row, network)
        return fits


def _of_account(
    organization_id: UUID, actor: Actor, action: str, after: dict[str, int] | None, *, everywhere: bool = False
) -> Change:
    return Change(
        organization_id=organization_id,
        project_id=None,
        entity="user",
        entity_key=actor.name,
        action=action,
        actor=actor,
        after=after,
        everywhere=everywhere,
    )
