"""Sign in, change a password, and say who belongs to an organization."""

from __future__ import annotations

import secrets
from uuid import UUID

import asyncpg
from service_kit.logs import get_logger
from service_kit.problems import Conflict, Forbidden, NotFound, Unauthorized
from service_kit.tokens import AccessTokens, Claims
from service_kit.versions import check_version

from control_plane.access import repository
from control_plane.access.actor import Actor
from control_plane.access.authenticator import actor_of
from control_plane.access.login_limit import LoginLimit
from control_plane.access.passwords import Passwords
from control_plane.access.roles import Role
from control_plane.access.scopes import OrganizationScope
from control_plane.access.views import member_view
from control_plane.changes import Change, record
from control_plane.database import Connection, Database

_log = get_logger("access")


class Access:
    """What the access endpoints do. Each method that takes `tx` runs in the caller's transaction."""

    def __init__(
        self,
        *,
        database: Database,
        tokens: AccessTokens,
        passwords: Passwords,
        limit: LoginLimit,
        token_lifetime_seconds: int,
    ) -> None:
        self._database = database
        self._tokens = tokens
        self._passwords = passwords
        self._limit = limit
        self.token_lifetime_seconds = token_lifetime_seconds

    async def ensure_administrator(self, connection: Connection, email: str, password: str) -> None:
        """Creates the first administrator; leaves somebody who has this e-mail already as they are."""
        if await repository.find_login(connection, email) is not None:
            return
        password_hash = await self._passwords.hash(password)
        name = email.partition("@")[0]
        if await repository.insert_user(connection, email, name, password_hash, is_administrator=True):
            _log.info("first administrator created")

    async def login(self, email: str, password: str, address: str) -> str:
        """An access token. Raises `Unauthorized`, or `TooManyRequests` after too many attempts."""
        self._limit.begin(address, email)
        async with self._database.connection() as connection:
            row = await repository.find_login(connection, email)
        if not await self._passwords.verify(row["password_hash"] if row else None, password):
            raise Unauthorized("e-mail or password is wrong", code="invalid_credentials")
        assert row is not None  # noqa: S101 - nobody has no fitting password
        self._limit.succeeded(address, email)
        return await self._token(row["id"])

    async def change_password(self, actor: Actor, current: str, new: str, address: str) -> str:
        """A fresh token; every other session of this person ends."""
        self._limit.begin(address, actor.name)
        async with self._database.connection() as connection:
            row = await repository.find_login(connection, actor.name)
        if not await self._passwords.verify(row["password_hash"] if row else None, current):
            raise Forbidden("the current password is wrong", code="wrong_password")
        self._limit.succeeded(address, actor.name)
        new_hash = await self._passwords.hash(new)
        async with self._database.transaction() as tx:
            await repository.set_password(tx, actor.id, new_hash)
            for organization_id in sorted(actor.organizations):
                # Everywhere: the other services refuse the old tokens when they are told.
                change = Change(
                    organization_id=organization_id,
                    project_id=None,
                    entity="user",
                    entity_key=actor.name,
                    action="change_password",
                    actor=actor,
                    everywhere=True,
                )
                await record(tx, change)
        return await self._token(actor.id)

    async def add_member(
        self, scope: OrganizationScope, actor: Actor, email: str, name: str | None, role: Role
    ) -> tuple[asyncpg.Record, str | None]:
        """The membership, and for somebody who had no account the initial password."""
        initial = secrets.token_urlsafe(15)
        initial_hash = await self._passwords.hash(initial)
        async with self._database.transaction() as tx:
            _guard_owner(actor, scope, role)
            user_id = await repository.insert_user(tx, email, name or email.partition("@")[0], initial_hash)
            is_new = user_id is not None
            if user_id is None:
                found = await repository.find_login(tx, email)
                assert found is not None  # noqa: S101 - the insert met it, and people are never deleted
                user_id = found["id"]
            if not await repository.insert_member(tx, scope.organization_id, user_id, role):
                raise Conflict("this person is a member already", code="already_member")
            member = await _member(tx, scope, user_id)
            await record(tx, _membership(scope, actor, "create", None, member))
        return member, initial if is_new else None

    async def change_role(
        self, tx: Connection, scope: OrganizationScope, actor: Actor, user_id: UUID, role: Role, expected: int
    ) -> asyncpg.Record:
        """The membership with its new role. Raises `Conflict` (`last_owner`)."""
        member = await self._changeable(tx, scope, actor, user_id, role)
        check_version(expected, member["revision"])
        await repository.update_member(tx, scope.organization_id, user_id, role)
        changed = await _member(tx, scope, user_id)
        await record(tx, _membership(scope, actor, "update", member, changed))
        return changed

    async def remove_member(self, tx: Connection, scope: OrganizationScope, actor: Actor, user_id: UUID) -> None:
        """Raises `Conflict` (`last_owner`)."""
        member = await self._changeable(tx, scope, actor, user_id, None)
        await repository.delete_member(tx, scope.organization_id, user_id)
        await record(tx, _membership(scope, actor, "delete", member, None))

    async def _changeable(
        self, tx: Connection, scope: OrganizationScope, actor: Actor, user_id: UUID, new_role: Role | None
    ) -> asyncpg.Record:
        owners = await repository.lock_owners(tx, scope.organization_id)
        member = await _member(tx, scope, user_id)
        _guard_owner(actor, scope, Role(member["role"]), new_role)
        if member["role"] == Role.OWNER and new_role != Role.OWNER and owners < 2:
            raise Conflict("an organization keeps at least one owner", code="last_owner")
        return member

    async def _token(self, user_id: UUID) -> str:
        async with self._database.connection() as connection:
            row = await repository.find_actor(connection, user_id)
        assert row is not None  # noqa: S101 - people are never deleted
        # As they are now; the other services correct them by what is published.
        roles = {str(each): role.value for each, role in actor_of(row).organizations.items()}
        claims = Claims(subject=user_id, generation=row["session_generation"], private={"organizations": roles})
        return self._tokens.issue(claims, self.token_lifetime_seconds)


async def _member(tx: Connection, scope: OrganizationScope, user_id: UUID) -> asyncpg.Record:
    member = await repository.find_member(tx, scope.organization_id, user_id, lock=True)
    if member is None:
        raise NotFound("there is nothing at this address")
    return member


def _membership(
    scope: OrganizationScope,
    actor: Actor,
    action: str,
    before: asyncpg.Record | None,
    after: asyncpg.Record | None,
) -> Change:
    """Concerns every environment: each publishes who belongs to the organization."""
    known = after or before
    assert known is not None  # noqa: S101 - a change has at least one side
    return Change(
        organization_id=scope.organization_id,
        project_id=None,
        entity="member",
        entity_key=known["email"],
        action=action,
        actor=actor,
        before=None if before is None else member_view(before).audited(),
        after=None if after is None else member_view(after).audited(),
        everywhere=True,
    )


def _guard_owner(actor: Actor, scope: OrganizationScope, *roles: Role | None) -> None:
    if Role.OWNER in roles and actor.role_in(scope) != Role.OWNER:
        raise Forbidden("only an owner may make, change or remove an owner")
